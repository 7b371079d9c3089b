"""
SMS through the account that sends the mail: ``send_sms()``, ``query_send_details()``.

Errors are those of :mod:`django_directmail.api.errors`. Of the settings,
those apply that are about calls: credentials, endpoint, signature, time-out, pace and
number of tries. The rest, such as ``DEFAULTS``, is about mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

from django.utils.functional import Promise
from django.views.decorators.debug import sensitive_variables

from django_directmail.api.actions.sms import (
    MAX_NUMBERS,
    MAX_PAGE,
    QuerySendDetails,
    SendSms,
    SmsDetails,
    SmsResult,
)
from django_directmail.api.client import Client
from django_directmail.api.errors import UnsupportedMessage
from django_directmail.mailers import find_mailer

__all__ = ["query_send_details", "send_sms"]


@sensitive_variables()
def send_sms(
    phone_numbers: str | Iterable[str],
    sign_name: str,
    template_code: str,
    template_params: Mapping[str, str] | None = None,
    *,
    out_id: str | None = None,
    using: str | None = None,
) -> SmsResult:
    """
    Send one SMS to up to 1000 phone numbers, and return its ids.

    A number is digits, with or without a ``+``; those abroad have their country code.
    ``template_params`` is text for each variable of the template. ``out_id`` comes
    back in the details. ``using`` names a mailer of Django 6.1, in place of the
    default one.

    Raise :exc:`~django_directmail.api.errors.UnsupportedMessage`, a
    :exc:`ValueError`, before any call for what cannot be sent;
    :exc:`~django.core.exceptions.ImproperlyConfigured` if the mailer is not ours; and
    else what :meth:`~django_directmail.api.Client.call` raises. Where ``accepted`` is
    ``"unknown"``, as after a time-out, the SMS may have gone out.
    """
    numbers = [phone_numbers] if isinstance(phone_numbers, str) else [*phone_numbers]
    if not 1 <= len(numbers) <= MAX_NUMBERS:
        raise UnsupportedMessage(
            f"phone_numbers has {len(numbers)} numbers; one SMS goes to 1 to"
            f" {MAX_NUMBERS}. Call send_sms() for each part of a longer list."
        )
    for place, number in enumerate(numbers):
        if not _is_number(number):
            raise UnsupportedMessage(_not_a_number(f"phone_numbers[{place}]"))
    action = SendSms(
        phone_numbers=",".join(numbers),
        sign_name=sign_name,
        template_code=template_code,
        template_param=_as_text(template_params or {}) or None,
        out_id=out_id,
    )
    return _client(using).call(action)


@sensitive_variables()
def query_send_details(
    phone_number: str,
    send_date: date | str,
    *,
    biz_id: str | None = None,
    page_size: int = 10,
    current_page: int = 1,
    using: str | None = None,
) -> SmsDetails:
    """
    Return what was sent to ``phone_number`` on a day, and what became of it.

    ``send_date`` is a date or ``"20260102"``, of the last 30 days. ``biz_id``, from
    the result of :func:`send_sms`, picks one SMS. ``page_size`` is 1 to 50;
    ``current_page`` counts from 1. ``using`` as in :func:`send_sms`, and so are the
    errors; :exc:`ValueError` for an argument that cannot be.
    """
    day = f"{send_date:%Y%m%d}" if isinstance(send_date, date) else send_date
    if not _is_number(phone_number):
        raise ValueError(_not_a_number("phone_number"))
    if not isinstance(day, str) or not re.fullmatch("[0-9]{8}", day):
        raise ValueError(
            f'send_date is {send_date!r}; it must be a date, or text like "20260102".'
        )
    if not 1 <= page_size <= MAX_PAGE:
        raise ValueError(f"page_size is {page_size}; it must be 1 to {MAX_PAGE}.")
    if current_page < 1:
        raise ValueError(f"current_page is {current_page}; the first page is 1.")
    action = QuerySendDetails(
        phone_number=phone_number,
        send_date=day,
        page_size=page_size,
        current_page=current_page,
        biz_id=biz_id,
    )
    return _client(using).call(action)


def _is_number(number: object) -> bool:
    # Which numbers exist is for the service to say.
    return isinstance(number, str) and bool(re.fullmatch(r"\+?[0-9]+", number))


def _not_a_number(name: str) -> str:
    return (
        f"{name} is not a phone number: it must be text of digits, with or without a"
        " + before them. Several numbers are a list."
    )


@sensitive_variables()
def _as_text(template_params: Mapping[str, str]) -> dict[str, str]:
    for name, value in template_params.items():
        if not isinstance(value, (str, Promise)):
            raise UnsupportedMessage(
                f"template_params[{name!r}] is of type {type(value).__name__}; the"
                " service takes text only. Make it text with str()."
            )
    return {name: str(value) for name, value in template_params.items()}


def _client(using: str | None) -> Client:
    # Where mail goes nowhere, in tests or to a console, SMS must not cost money.
    return find_mailer(
        using,
        "So no SMS goes out either. Name one that does with using=..., or call"
        " django_directmail.api.Client with SendSms.",
    ).client
