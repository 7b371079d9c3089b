"""The app: a form, and no model."""

from django.apps import AppConfig


class ContactConfig(AppConfig):
    """Lets visitors write to the owners of the site."""

    name = "contact"
