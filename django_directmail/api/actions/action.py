"""What all actions share: their name on the wire and how values become text."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar, Generic, TypeVar

from django_directmail.api.encoding import is_unicode
from django_directmail.api.errors import UnsupportedMessage
from django_directmail.api.fields import cache_per_class, wire_names

__all__ = ["Action"]

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, kw_only=True)
class Action(ABC, Generic[ResultT]):
    """One call of the API: the parameters as fields, ``None`` where not given."""

    #: 2015-11-23 in every region; the 2017-06-22 of old samples is deprecated
    #: (help.aliyun.com/document_detail/29430.html).
    version: ClassVar[str] = "2015-11-23"
    #: Where Alibaba Cloud answers this action; ``None``: at DirectMail's own endpoint.
    host: ClassVar[str | None] = None
    #: What a repetition would send twice, such as ``"mail"``; ``None``: nothing. Then a
    #: call without an answer may be made anew, and no error advises to look for it.
    sends: ClassVar[str | None] = None

    @classmethod
    def action_name(cls) -> str:
        """Return the name of the operation, which is the name of the class."""
        return cls.__name__

    def parameters(self) -> dict[str, str]:
        """
        Return the parameters as DirectMail reads them: names and text only.

        ``True`` becomes ``true``, a mapping becomes compact JSON, and a sequence
        becomes ``Name.1.Key``, ``Name.2.Key`` and so on, unless its field says that
        it is JSON, too. Raise :exc:`~django_directmail.api.errors.UnsupportedMessage`
        for text that UTF-8 cannot express.
        """
        found: dict[str, str] = {}
        as_json = _names_as_json(type(self))
        for wire_name, value in _wire_values(self).items():
            if isinstance(value, (list, tuple)) and wire_name not in as_json:
                for number, item in enumerate(value, start=1):
                    for key, part in _wire_values(item).items():
                        found[f"{wire_name}.{number}.{key}"] = _to_text(part)
            else:
                found[wire_name] = _to_text(value)
        for wire_name, text in found.items():
            if not is_unicode(text):
                raise UnsupportedMessage(
                    f"{wire_name} holds half of a surrogate pair, which is no character"
                    " and cannot be sent. Decode the text that it came from as UTF-8."
                )
        return found

    @abstractmethod
    def read(self, answer: Mapping[str, Any]) -> ResultT:
        """Return the result that the fields of a successful ``answer`` hold."""


@cache_per_class
def _names_as_json(cls: Any) -> frozenset[str]:
    marked = [f for f in fields(cls) if f.metadata.get("as_json")]
    return frozenset(f.metadata["wire"] for f in marked)


def _wire_values(item: Any) -> dict[str, Any]:
    names = wire_names(type(item))
    values = {wire: getattr(item, name) for name, wire in names.items()}
    return {wire: value for wire, value in values.items() if value is not None}


def _to_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_dataclass(value) or isinstance(value, (Mapping, list, tuple)):
        return json.dumps(
            value, ensure_ascii=False, separators=(",", ":"), default=_to_json
        )
    return str(value)


def _to_json(value: Any) -> dict[str, Any]:
    """Return what stands in JSON for a dataclass, or a mapping that is no dict."""
    return _wire_values(value) if is_dataclass(value) else dict(value)
