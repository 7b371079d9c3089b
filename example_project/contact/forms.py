"""The contact form."""

import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError


def validate_one_line(text):
    """
    Refuse line breaks and other control characters.

    Browsers do not send them from a one-line field. Somebody who does may want to add
    headers to the mail.
    """
    if any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in text):
        raise ValidationError("Write this on one line, without line breaks or tabs.")


def validate_display_name(text):
    """Refuse RFC 2047's encoded words, which can hide a line break in an address."""
    if re.search(r"=\?.*\?=", text):
        raise ValidationError("Write your name without =? and ?=.")


class ContactForm(forms.Form):
    """The form. Only programs fill in ``website``, which is hidden from people."""

    error_css_class = "invalid"

    name = forms.CharField(
        label="Your name",
        max_length=80,
        validators=[validate_one_line, validate_display_name],
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label="Your email address",
        max_length=190,
        help_text="We answer to this address and use it for nothing else.",
        validators=[validate_one_line],
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    subject = forms.CharField(max_length=120, validators=[validate_one_line])
    message = forms.CharField(max_length=5000, widget=forms.Textarea({"rows": 8}))
    website = forms.CharField(
        label="Leave this field empty",
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)

    @property
    def is_trapped(self):
        """Say whether the hidden field was filled in."""
        return bool(self.cleaned_data.get("website"))
