"""Headers of a message, and which of them the API carries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from django_directmail.api.actions.mail import (
    CARRIED_HEADERS,
    CUSTOM_HEADER_PREFIX,
    MAX_HEADERS,
)
from django_directmail.api.errors import UnsupportedMessage
from django_directmail.message.text import one_line

__all__ = ["Headers", "is_carried"]

# RFC 9110's token, which is narrower than what RFC 5322 allows and safe everywhere.
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class Headers(MutableMapping[str, str]):
    """
    Headers in their order; case makes no difference in their names.

    ``Headers(first, second)`` has the headers of both, each name once. The later one
    wins, with its spelling.
    """

    def __init__(self, *groups: Mapping[str, str]) -> None:
        #: Name and value, by the name in lower case.
        self._headers: dict[str, tuple[str, str]] = {}
        for group in groups:
            self.update(group)

    @classmethod
    def read(cls, written: Any) -> Headers:
        """
        Return the headers that somebody has ``written`` into a dict.

        Raise :exc:`ValueError` for a malformed one, and for two that are the same
        header.
        """
        if not isinstance(written, Mapping):
            raise UnsupportedMessage(
                f"The headers are of type {type(written).__name__}; make them a dict."
            )
        headers = cls()
        for given_name, value in written.items():
            name = one_line(given_name, "The name of a header")
            if not _TOKEN.fullmatch(name):
                raise UnsupportedMessage(
                    f"{name!r} is not the name of a header. Use letters, digits and"
                    " '-'."
                )
            line = one_line(value, f"The header {name}")
            if name in headers:
                raise UnsupportedMessage(
                    f"The header {name} is there twice: case makes no difference in"
                    " names. Remove one."
                )
            headers[name] = line
        return headers

    def for_api(self) -> dict[str, str]:
        """
        Return the headers as the API takes them.

        Raise :exc:`~django_directmail.api.errors.UnsupportedMessage` if DirectMail
        would drop some of them.
        """
        for name in self:
            if not is_carried(name):
                raise UnsupportedMessage(
                    f"The API does not carry the header {name}. Use X-User-* or remove"
                    " it."
                )
        if len(self) > MAX_HEADERS:
            raise UnsupportedMessage(
                f"The message has {len(self)} headers, metadata included; DirectMail"
                f" keeps {MAX_HEADERS} and drops the others. Remove some."
            )
        return dict(self)

    def __getitem__(self, name: str) -> str:
        return self._headers[name.lower()][1]

    def __setitem__(self, name: str, value: str) -> None:
        self._headers[name.lower()] = (name, value)

    def __delitem__(self, name: str) -> None:
        del self._headers[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._headers.values())

    def __len__(self) -> int:
        return len(self._headers)


def is_carried(name: str) -> bool:
    """Say whether the API carries a header of this name."""
    lower = name.lower()
    return lower in CARRIED_HEADERS or lower.startswith(CUSTOM_HEADER_PREFIX)
