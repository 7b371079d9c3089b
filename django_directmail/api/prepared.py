"""A call that is signed and ready to go out, once or again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from math import inf
from typing import Generic, TypeVar
from urllib.parse import parse_qsl

from django_directmail.api.actions.action import Action
from django_directmail.api.signing import SignedRequest

__all__ = ["PreparedCall"]

ResultT = TypeVar("ResultT")

#: What proves the sender, in parameters and in headers.
_SECRET_NAMES = {
    "AccessKeyId",
    "SecurityToken",
    "Signature",
    "authorization",
    "x-acs-security-token",
}


@dataclass(frozen=True)
class PreparedCall(Generic[ResultT]):
    """An action and its signed request, which may be sent, and replayed."""

    action: Action[ResultT]
    request: SignedRequest

    @property
    def signed_at(self) -> float:
        """Return the time of the request in seconds since 1970."""
        try:
            moment = datetime.strptime(
                self.request.data.timestamp, "%Y-%m-%dT%H:%M:%SZ"
            )
        except ValueError:
            # No time that DirectMail would take, and so none to replay within.
            return -inf
        return moment.replace(tzinfo=timezone.utc).timestamp()

    @property
    def lane(self) -> tuple[str, ...]:
        """Return what shares one pace: an action of one AccessKey at one endpoint."""
        data = self.request.data
        return (data.endpoint, self.request.proof[0], data.action)

    def masked_lines(self) -> list[tuple[str, str]]:
        """Return headers and parameters for people to read, with secrets masked."""
        parameters = parse_qsl(self.request.body.decode(), keep_blank_values=True)
        return [
            (name, "****" if name in _SECRET_NAMES else value)
            for name, value in (*self.request.headers.items(), *parameters)
        ]
