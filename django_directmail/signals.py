"""
Signals around each message.

``pre_send(sender, message, alias)`` comes before a message is read. A receiver may edit
the message, or raise :exc:`CancelSend`: then it is not sent, which is not an error.

``post_send(sender, message, status, alias)`` comes after each message on every
outcome: accepted, rejected, failed, unconfirmed, cancelled, or refused as it cannot be
expressed. ``status`` is :class:`~django_directmail.status.SendStatus`. What a receiver
raises is logged, because the mail has left. ``sender`` is the backend class, ``alias``
the mailer's name or ``None``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

from django.dispatch import Signal

__all__ = [
    "CancelSend",
    "post_send",
    "pre_send",
    "quiet_when_nested",
]


class CancelSend(Exception):
    """Raised by a receiver of ``pre_send`` to keep a message from being sent."""


pre_send = Signal()
post_send = Signal()

# How deep receivers of post_send are within each other.
_depth: ContextVar[int] = ContextVar("directmail_post_send_depth", default=0)


def _demote(record: logging.LogRecord) -> bool:
    """Log an error of Django's dispatcher as a warning of ours, within the second."""
    if _depth.get() < 2:
        return True
    logging.getLogger("django_directmail").warning(record.getMessage())
    return False


@contextmanager
def quiet_when_nested() -> Iterator[None]:
    """
    Keep a second failing receiver of ``post_send`` from causing a third mail.

    Django logs a failed receiver as an error, and may mail that to the admins through
    this very backend; the receivers hear of that mail, too, and would fail again.
    """
    token = _depth.set(_depth.get() + 1)
    dispatch = logging.getLogger("django.dispatch")
    # One of its own each time, so that another thread does not take it away.
    demote = partial(_demote)
    if _depth.get() > 1:
        dispatch.addFilter(demote)
    try:
        yield
    finally:
        dispatch.removeFilter(demote)
        _depth.reset(token)
