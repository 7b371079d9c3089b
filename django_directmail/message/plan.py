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
from django_directmail.message.builder import MessageReader
from django_directmail.message.fallback import write_letter
from django_directmail.message.policy import Judge, MessageOptions, NeedsRoute
from django_directmail.message.recipients import Envelope, read_recipients

__all__ = ["Plan", "PlannedCall", "build_plan"]


@dataclass(frozen=True)
class PlannedCall:
    """
    One call to make, and whose mail it carries, as those people spell themselves.

    ``kinds`` says of each recipient where it stood: ``"to"``, ``"cc"`` or ``"bcc"``.
    ``files`` are uploaded before. ``redirected_to`` gets the mail in their place. With
    ``is_withheld`` no call is made: nobody may get this mail. A ``letter`` is what
    ``SMTP_FALLBACK`` sends instead; then the action only tells what is in it.
    """

    action: MailAction
    recipients: tuple[str, ...] = field(repr=False)
    kinds: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    redirected_to: str = ""
    is_withheld: bool = False
    letter: EmailMessage | None = field(default=None, repr=False)


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
        return _by_api(message, options)
    except NeedsRoute:
        pass
    return _by_route(message, options)


def _by_api(message: EmailMessage, options: MessageOptions) -> Plan:
    judge = Judge(options.policy)
    recipients = read_recipients(message, judge)
    reader = MessageReader(message, options, judge)
    files = read_attachments(message, judge)
    calls = [
        _call(envelope, reader.action(envelope), files)
        for envelope in reader.envelopes(recipients)
    ]
    if files or len(calls) > 1:
        # What cannot be said in one of them is found before anything leaves.
        for call in calls:
            call.action.parameters()
    return _plan(calls, judge)


def _by_route(message: EmailMessage, options: MessageOptions) -> Plan:
    """Return the calls as letters: the other mailer has no limits that we know."""
    judge = Judge.of_route(options.policy)
    recipients = read_recipients(message, judge)
    reader = MessageReader(message, options, judge)
    files = read_attachments(message, judge)
    found = list(reader.envelopes(recipients, together=True))
    calls = []
    for envelope in found:
        action = reader.action(envelope)
        letter = None
        if not envelope.is_withheld:
            letter = write_letter(
                message,
                envelope=envelope,
                action=action,
                headers=reader.personal_headers(envelope),
                data=reader.data_for(envelope),
                is_shared=len(found) == 1,
            )
        calls.append(_call(envelope, action, files, letter))
    return _plan(calls, judge)


def _plan(calls: list[PlannedCall], judge: Judge) -> Plan:
    withheld = sum(len(call.recipients) for call in calls if call.is_withheld)
    if withheld:
        judge.warn(
            f"{withheld} of its recipients get nothing, as ALLOWED_DOMAINS does not"
            " list their domains."
        )
    return Plan(tuple(calls), tuple(judge.warnings))


def _call(
    envelope: Envelope,
    action: SingleSendMail,
    files: tuple[File, ...],
    letter: EmailMessage | None = None,
) -> PlannedCall:
    return PlannedCall(
        action,
        recipients=tuple(r.address.spec for r in envelope.everybody),
        kinds=tuple(r.kind for r in envelope.everybody),
        files=files,
        redirected_to=envelope.redirect,
        is_withheld=envelope.is_withheld,
        letter=letter,
    )
