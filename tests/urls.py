"""The admin, and views that fail, for the tests of error reports."""

from django.contrib import admin
from django.core.mail import send_mail
from django.urls import path


def send(request):
    """Send a mail and let the error out."""
    password = request.GET.get("password", "")
    send_mail("Subject", f"Body {password}", None, ["bob@example.com"])


urlpatterns = [path("send/", send), path("admin/", admin.site.urls)]
