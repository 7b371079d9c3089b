"""
SingleSendMail parameters that people write by hand, in settings and on messages.

Names are the fields of :class:`~django_directmail.api.SingleSendMail`. What a message
says by itself (recipients, subject, bodies, attachments) is not among them: a second
place for it could only contradict the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

from django.utils.functional import Promise

from django_directmail.api.actions.mail import (
    MAX_ALIAS,
    SingleSendMail,
    Template,
)
from django_directmail.api.errors import UnsupportedMessage
from django_directmail.api.fields import wire_names
from django_directmail.api.spelling import suggest
from django_directmail.message.headers import Headers
from django_directmail.message.text import one_line, to_text

__all__ = [
    "PARAMETERS",
    "DirectMailParameters",
    "clean_data",
    "clean_parameters",
    "make_template",
    "shorten_alias",
]

FROM_MESSAGE = {
    "to_address": "message.to",
    "bcc_address": "message.bcc",
    "subject": "message.subject",
    "html_body": "message.body or an alternative",
    "text_body": "message.body",
    "attachments": "message.attach()",
}
#: The parameters that DEFAULTS, ``message.directmail`` and ``esp_extra`` may hold.
PARAMETERS = tuple(
    name for name in wire_names(SingleSendMail) if name not in FROM_MESSAGE
)
BOOLEANS = ("reply_to_address", "domain_auth")


class DirectMailParameters(TypedDict, total=False):
    """
    What ``message.directmail``, ``message.esp_extra`` and ``DEFAULTS`` may hold.

    ``None`` cancels a parameter of ``DEFAULTS``. The docs have a table of them.
    """

    account_name: str | None
    address_type: Literal[0, 1] | None
    reply_to_address: bool | None
    from_alias: str | None
    reply_address: str | None
    reply_address_alias: str | None
    tag_name: str | None
    click_trace: bool | Literal["0", "1"] | None
    headers: Mapping[str, str] | None
    template: Template | Mapping[str, Any] | None
    un_subscribe_link_type: Literal["disabled", "default"] | None
    un_subscribe_filter_level: (
        Literal["disabled", "default", "mailfrom", "mailfrom_domain", "edm_id"] | None
    )
    domain_auth: bool | None
    ip_pool_id: str | None


def shorten_alias(name: str, alias: str) -> tuple[str, str | None]:
    """
    Return ``alias`` cut to what DirectMail accepts, and a warning if it was cut.

    ``name`` is the parameter. The alias itself is not in the warning: it may be the
    name of a person.
    """
    if len(alias) <= MAX_ALIAS:
        return alias, None
    return alias[:MAX_ALIAS].rstrip(), (
        f"{name} has {len(alias)} characters; DirectMail accepts {MAX_ALIAS} and gets"
        f" the first {MAX_ALIAS}. Shorten the display name, or set"
        f' message.directmail["{name}"].'
    )


def clean_parameters(values: Any) -> dict[str, Any]:
    """
    Return ``values`` with each in the type that the action wants; ``None`` stays.

    Raise :exc:`ValueError` for an unknown name, with a suggestion, and for a value of
    the wrong type.
    """
    if not isinstance(values, Mapping):
        raise UnsupportedMessage(
            f"it is a {type(values).__name__}; it must be a dict of parameters."
        )
    return {str(name): _clean(str(name), value) for name, value in values.items()}


def _clean(name: str, value: Any) -> Any:
    if name in FROM_MESSAGE:
        raise UnsupportedMessage(
            f'"{name}" comes from the message itself: set {FROM_MESSAGE[name]}.'
        )
    if name not in PARAMETERS:
        raise UnsupportedMessage(
            f'"{name}" is not a parameter of SingleSendMail.'
            f"{suggest(name, PARAMETERS)} It takes {', '.join(PARAMETERS)}."
        )
    if value is None:
        return None
    if name in BOOLEANS:
        return _boolean(name, value)
    if name == "click_trace":
        return "1" if _boolean(name, value) else "0"
    if name == "headers":
        return _headers(value)
    if name == "template":
        return _template(value)
    if not isinstance(value, (str, int, Promise)) or isinstance(value, bool):
        raise UnsupportedMessage(
            f'"{name}" is a {type(value).__name__}; it must be text.'
        )
    text = one_line(value, f'"{name}"')
    if name == "address_type":
        if text not in ("0", "1"):
            raise UnsupportedMessage(f'"address_type" is {text!r}; it must be 0 or 1.')
        return int(text)
    return text


def _boolean(name: str, value: Any) -> bool:
    words = {"true": True, "1": True, "false": False, "0": False}
    if str(value).lower() not in words:
        raise UnsupportedMessage(f'"{name}" is {value!r}; it must be True or False.')
    return words[str(value).lower()]


def _headers(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise UnsupportedMessage(
            f'"headers" is a {type(value).__name__}; it must be a dict.'
        )
    return dict(Headers.read(value))


def _template(value: Any) -> Template:
    if isinstance(value, Template):
        return value
    if not isinstance(value, Mapping) or not set(value) <= {
        "template_id",
        "template_data",
    }:
        raise UnsupportedMessage(
            '"template" must be a dict with "template_id" and "template_data".'
        )
    return make_template(value.get("template_id"), value.get("template_data"))


def make_template(template_id: Any, data: Any) -> Template:
    """Return the template parameter; raise :exc:`ValueError` unless all is text."""
    if template_id in (None, ""):
        raise UnsupportedMessage("The template has no id. Set template_id.")
    return Template(
        template_id=one_line(template_id, "template_id"),
        template_data=clean_data(data),
    )


def clean_data(data: Any, where: str = "template_data") -> dict[str, str] | None:
    """
    Return the texts for the variables of a template, ``None`` if there are none.

    Raise :exc:`~django_directmail.api.errors.UnsupportedMessage` for a value that is no
    text: what a number or a date should look like, only its author knows. Text that is
    marked as safe HTML stays so. ``where`` it stands is for the error.
    """
    if data is not None and not isinstance(data, Mapping):
        raise UnsupportedMessage(f"{where} is a {type(data).__name__}; make it a dict.")
    for name, text in (data or {}).items():
        if not isinstance(text, (str, Promise)):
            raise UnsupportedMessage(
                f"The template variable {str(name)!r} in {where} is a"
                f" {type(text).__name__}; it must be text. Convert it with str()."
            )
    return {
        str(name): text if hasattr(text, "__html__") else to_text(text)
        for name, text in (data or {}).items()
    } or None
