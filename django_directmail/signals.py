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

from django.dispatch import Signal

__all__ = ["CancelSend", "post_send", "pre_send"]


class CancelSend(Exception):
    """Raised by a receiver of ``pre_send`` to keep a message from being sent."""


pre_send = Signal()
post_send = Signal()
