"""The contact form."""

import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError


def validate_one_line(text):
    """
    Refuse line breaks and other control characters.

    A browser's one-line field cannot hold them: only somebody who wants to add headers
    to the mail sends them.
    """
    if any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in text):
        raise ValidationError("Write this on one line, without line breaks or tabs.")


def validate_display_name(text):
    """Refuse RFC 2047's encoded words, which can hide a line break in an address."""
    if re.search(r"=\?.*\?=", text):
        raise ValidationError("Write your name without =? and ?=.")


class ContactForm(forms.Form):
    """Who writes, and what; ``website`` is a trap for programs that fill in forms."""

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
        """Say whether the field that people do not see was filled in."""
        return bool(self.cleaned_data.get("website"))
