"""What became of a message: ``message.directmail_status``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django_directmail.api.errors import storable
from django_directmail.api.responses import SendResult

__all__ = ["SEVERITY", "RecipientStatus", "SendStatus", "combine", "status_of"]

#: All words for the status of a message, the most severe first. What may have arrived
#: must not be sent again, so it comes first. A final "no" comes before one that may be
#: tried again, and what has ended before what is on its way.
SEVERITY = (
    "unconfirmed",
    "partial",
    "rejected",
    "failed",
    "cancelled",
    "sending",
    "queued",
    "accepted",
    "suppressed",
)


@dataclass
class RecipientStatus:
    """
    One recipient: ``status`` as in :class:`SendStatus`, ``env_id`` of its call.

    Accepted is not delivered: that comes later, in the delivery events.
    """

    status: str | None = None
    env_id: str | None = None


@dataclass
class SendStatus:
    """
    One message, after it was handed to the backend.

    ``status`` is ``None`` (not tried), ``"accepted"``, ``"rejected"`` (a final no),
    ``"failed"`` (never arrived; may be sent again), ``"unconfirmed"`` (may have
    arrived), ``"partial"`` (it took several calls, of which some were accepted and
    others not: see ``recipients`` before sending again), ``"suppressed"``
    (``ALLOWED_DOMAINS`` has none of the recipients) or ``"cancelled"``.
    ``recipients`` is keyed by the bare address as it was written. ``error`` is what was
    or would have been raised.
    """

    status: str | None = None
    results: list[SendResult] = field(default_factory=list)
    recipients: dict[str, RecipientStatus] = field(default_factory=dict, repr=False)
    error: Exception | None = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "error": storable(self.error)}

    @property
    def env_ids(self) -> list[str]:
        """Return the env id of each accepted call; delivery events carry it."""
        return [result.env_id for result in self.results]

    @property
    def request_ids(self) -> list[str]:
        """Return the id of each accepted call that Alibaba's support asks for."""
        return [result.request_id for result in self.results]

    @property
    def message_id(self) -> str | None:
        """Return the first env id, under the name that django-anymail has for it."""
        return self.env_ids[0] if self.env_ids else None

    def note(
        self, addresses: Iterable[str], status: str, env_id: str | None = None
    ) -> None:
        """Write down what is known of some recipients."""
        for address in addresses:
            self.recipients[address] = RecipientStatus(status, env_id)


def combine(statuses: Iterable[str]) -> str | None:
    """
    Return the status of a message from those of its calls, ``None`` for no calls.

    It is the most severe one, in the order of :data:`SEVERITY`. Where only some calls
    are accepted and none is in doubt, the message is ``"partial"``.
    """
    found = set(statuses)
    if len(found) > 1:
        # Recipients without a mail on purpose say nothing about the others.
        found.discard("suppressed")
    if "accepted" in found and len(found) > 1:
        found.add("partial")
    return min(found, key=SEVERITY.index, default=None)


def status_of(error: Exception) -> str:
    """Return the word for a call or message that ended in ``error``."""
    if getattr(error, "accepted", "no") != "no":
        return "unconfirmed"
    return "failed" if getattr(error, "retryable", False) else "rejected"
