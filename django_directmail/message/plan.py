"""
``EmailMessage`` -> :class:`Plan`: which calls to make for one message.

No settings, database or network in here. Every part of a message either gets into a
call, or is handled by a policy of the account, or is refused: nothing is dropped
without a word.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.core.mail import EmailMessage

from django_directmail.api.actions.batch import MailAction
from django_directmail.api.actions.mail import SingleSendMail
from django_directmail.api.uploads import File
from django_directmail.message.addresses import refuse_other_recipients
from django_directmail.message.attachments import read_attachments, read_files
from django_directmail.message.builder import ActionBuilder
from django_directmail.message.fallback import build_fallback
from django_directmail.message.policy import MessageOptions, NeedsFallback, Policies
from django_directmail.message.recipients import Envelope, read_recipients

__all__ = ["Plan", "PlannedCall", "build_plan"]


@dataclass(frozen=True)
class PlannedCall:
    """
    One call to make, and whose mail it carries, as those people spell themselves.

    ``kinds`` says of each recipient where it stood: ``"to"``, ``"cc"`` or ``"bcc"``.
    ``files`` are uploaded before. ``redirected_to`` gets the mail in their place. With
    ``is_withheld`` no call is made: nobody may get this mail. ``fallback_message`` is
    what ``SMTP_FALLBACK`` sends instead; then the action only tells what is in it.
    """

    action: MailAction
    recipients: tuple[str, ...] = field(repr=False)
    kinds: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    redirected_to: str = ""
    is_withheld: bool = False
    fallback_message: EmailMessage | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Plan:
    """All calls of one message, and what to tell the log about it."""

    calls: tuple[PlannedCall, ...]
    warnings: tuple[str, ...] = ()


def build_plan(message: EmailMessage, options: MessageOptions) -> Plan:
    """
    Return the calls that carry ``message``; the message is not changed.

    Raise :exc:`TypeError` or :exc:`ValueError`, mostly
    :exc:`~django_directmail.api.errors.UnsupportedMessage`, for what cannot be sent.
    """
    refuse_other_recipients(message)
    message = read_files(message)
    try:
        return _plan_calls(message, options)
    except NeedsFallback:
        pass
    return _plan_fallback(message, options)


def _plan_calls(message: EmailMessage, options: MessageOptions) -> Plan:
    policies = Policies(options.policy)
    recipients = read_recipients(message, policies)
    builder = ActionBuilder(message, options, policies)
    files = read_attachments(message, policies)
    calls = [
        _call(envelope, builder.action(envelope), files)
        for envelope in builder.envelopes(recipients)
    ]
    if files or len(calls) > 1:
        # What cannot be said in one of them is found before anything leaves.
        for call in calls:
            call.action.parameters()
    return _finish(calls, policies)


def _plan_fallback(message: EmailMessage, options: MessageOptions) -> Plan:
    """Return calls that carry fallback messages, of any size: no limit is known."""
    policies = Policies.for_fallback(options.policy)
    recipients = read_recipients(message, policies)
    builder = ActionBuilder(message, options, policies)
    files = read_attachments(message, policies)
    envelopes = list(builder.envelopes(recipients, together=True))
    calls = []
    for envelope in envelopes:
        action = builder.action(envelope)
        fallback = None
        if not envelope.is_withheld:
            fallback = build_fallback(
                message,
                envelope=envelope,
                action=action,
                headers=builder.personal_headers(envelope),
                data=builder.data_for(envelope),
                is_shared=len(envelopes) == 1,
            )
        calls.append(_call(envelope, action, files, fallback))
    return _finish(calls, policies)


def _finish(calls: list[PlannedCall], policies: Policies) -> Plan:
    """Return the plan of ``calls``, with all warnings."""
    withheld = sum(len(call.recipients) for call in calls if call.is_withheld)
    if withheld:
        policies.warn(
            f"{withheld} of its recipients get nothing, as ALLOWED_DOMAINS does not"
            " list their domains."
        )
    return Plan(tuple(calls), tuple(policies.warnings))


def _call(
    envelope: Envelope,
    action: SingleSendMail,
    files: tuple[File, ...],
    fallback: EmailMessage | None = None,
) -> PlannedCall:
    return PlannedCall(
        action,
        recipients=tuple(r.address.spec for r in envelope.everybody),
        kinds=tuple(r.kind for r in envelope.everybody),
        files=files,
        redirected_to=envelope.redirect,
        is_withheld=envelope.is_withheld,
        fallback_message=fallback,
    )
