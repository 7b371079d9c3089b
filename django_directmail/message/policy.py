"""
What to do with a part of a message that the API cannot carry.

Each feature has a policy. Nothing is dropped without a warning: a part is refused, or
dropped with a warning, or another mailer sends the whole message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django_directmail.api.errors import UnsupportedMessage

__all__ = ["POLICIES", "MessageOptions", "NeedsFallback", "Policies"]

#: Feature to the policies that it knows; the first one is the default.
POLICIES = {
    "alternatives": ("error", "warn", "smtp"),
    "attachments": ("upload", "error", "smtp"),
    "cc": ("to", "warn", "error", "smtp"),
    "headers": ("error", "warn", "smtp"),
    "inline_images": ("error", "warn", "smtp"),
    "reply_to": ("first", "warn", "error", "smtp"),
    "tags": ("first", "warn", "error"),
    "tracking": ("error", "warn"),
}
#: Policies under which the part goes out after all, in another place.
KEEPING = ("to", "upload")
#: What goes missing where a policy does not refuse; of other features it is all.
LOSSES = {
    "cc": "they get no mail",
    "reply_to": "the others are dropped",
    "tags": "the others are dropped",
    "tracking": "the mail goes out without it",
}


@dataclass(frozen=True)
class MessageOptions:
    """
    What the settings say about the calls of a message.

    ``account_name`` is the sender in place of ``from_email``. ``defaults`` are
    parameters of each call that says nothing else. ``split_recipients`` gives each
    recipient a call. ``policy`` has one of :data:`POLICIES` for each feature.
    ``redirect_all_to`` gets the mail of all whose domain is not in
    ``allowed_domains``; without it they get none.
    """

    account_name: str | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict, repr=False)
    split_recipients: bool = False
    policy: Mapping[str, str] = field(
        default_factory=lambda: {name: values[0] for name, values in POLICIES.items()}
    )
    redirect_all_to: str | None = None
    allowed_domains: tuple[str, ...] | None = None


class NeedsFallback(Exception):
    """A policy is ``"smtp"``: ``SMTP_FALLBACK`` has to send the whole message."""


class Policies:
    """Applies the policies of an account to one message; collects ``warnings``."""

    def __init__(self, policy: Mapping[str, str]) -> None:
        self.policy = policy
        self.warnings: list[str] = []

    @classmethod
    def for_fallback(cls, policy: Mapping[str, str]) -> Policies:
        """
        Return the policies for a message that another mailer carries as a whole.

        What does not fit into a call is not lost there, and needs no warning.
        """
        carried = {
            feature: "drop" for feature, known in POLICIES.items() if "smtp" in known
        }
        return cls({**policy, **carried, "attachments": "upload", "cc": "to"})

    def warn(self, text: str) -> None:
        """Remember a warning, once."""
        if text not in self.warnings:
            self.warnings.append(text)

    def apply(self, feature: str, problem: str, way_out: str) -> bool:
        """
        Apply the policy for ``feature``; return ``True`` if the part is to be dropped.

        Raise :exc:`~django_directmail.api.errors.UnsupportedMessage` where the policy
        is ``"error"``, and :exc:`NeedsFallback` where it is ``"smtp"``.
        """
        policy = self.policy[feature]
        if policy == "drop":
            return True
        if policy == "smtp":
            raise NeedsFallback
        if policy == "error":
            raise UnsupportedMessage(
                f'{problem}. Either {way_out}, or change POLICY["{feature}"].'
            )
        if policy not in KEEPING:
            loss = LOSSES.get(feature, "it is dropped")
            self.warn(f'{problem}; {loss} by POLICY["{feature}"].')
        return policy == "warn"
