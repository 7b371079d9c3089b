"""
One message for many, with data for each: the ``merge_...`` attributes.

The names are those of django-anymail. With a template, DirectMail fills in the data;
without one, ``{name}`` in the subject and the bodies is filled in here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.mail import EmailMessage
from django.utils.html import conditional_escape

from django_directmail.api.errors import UnsupportedMessage
from django_directmail.message.addresses import parse_address
from django_directmail.message.attributes import get_attribute
from django_directmail.message.headers import Headers
from django_directmail.message.parameters import clean_data

__all__ = ["Merge", "fill", "read_merge"]

#: A name in braces. CSS and JSON, where other characters follow a brace, are no such.
PLACEHOLDER = re.compile(r"\{(\w+)\}")
PER_RECIPIENT = ("merge_data", "merge_metadata", "merge_headers")


@dataclass(frozen=True)
class Merge:
    """
    The data of one message: ``shared`` by all, and by the key of each address.

    ``is_personal`` says that each recipient gets a call of their own, ``is_filling``
    that placeholders are to be filled in.
    """

    shared: dict[str, str]
    data: dict[str, dict[str, str]]
    metadata: dict[str, Mapping[Any, Any]]
    headers: dict[str, Headers]
    is_personal: bool = False
    is_filling: bool = False

    def data_for(self, key: str | None) -> dict[str, str]:
        """Return what is filled in for one recipient; ``None`` stands for all."""
        return {**self.shared, **self.data.get(key or "", {})}


def read_merge(message: EmailMessage) -> Merge:
    """
    Return the data of ``message``.

    Raise :exc:`~django_directmail.api.errors.UnsupportedMessage` for a value that is no
    text.
    """
    shared = get_attribute(message, "merge_global_data")
    personal = {name: get_attribute(message, name) for name in PER_RECIPIENT}
    return Merge(
        shared=clean_data(shared, "merge_global_data") or {},
        data={
            key: clean_data(values, "merge_data") or {}
            for key, values in _by_address(personal["merge_data"], "merge_data").items()
        },
        metadata=_by_address(personal["merge_metadata"], "merge_metadata"),
        headers={
            key: Headers.read(values)
            for key, values in _by_address(
                personal["merge_headers"], "merge_headers"
            ).items()
        },
        is_personal=any(value is not None for value in personal.values()),
        is_filling=shared is not None or personal["merge_data"] is not None,
    )


def _by_address(value: Any, name: str) -> dict[str, Mapping[Any, Any]]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UnsupportedMessage(
            f"{name} is a {type(value).__name__}; make it a dict, from the address of"
            " each recipient to a dict."
        )
    found: dict[str, Mapping[Any, Any]] = {}
    for address, values in value.items():
        if not isinstance(values, Mapping):
            raise UnsupportedMessage(
                f"{name} has a {type(values).__name__} for one address; make it a dict."
            )
        key = parse_address(address, name).key
        if key in found:
            raise UnsupportedMessage(
                f"{name} has one address twice, in two spellings. Remove one."
            )
        found[key] = values
    return found


def fill(
    text: str, data: Mapping[str, str], where: str, *, is_html: bool = False
) -> str:
    """
    Return ``text`` with each ``{name}`` replaced by its data, escaped in HTML.

    Raise :exc:`~django_directmail.api.errors.UnsupportedMessage` for a name without
    data: a mail to "Dear {name}" is worse than none. Data is not looked through
    again, so it may hold braces.
    """

    def replace(match: re.Match[str]) -> str:
        try:
            value = data[match[1]]
        except KeyError:
            raise UnsupportedMessage(
                f"{where} has the placeholder {match[0]}, and there is no data for it."
                " Add it to merge_data or merge_global_data."
            ) from None
        return str(conditional_escape(value)) if is_html else str(value)

    return PLACEHOLDER.sub(replace, text)
