"""What all actions share: their name on the wire and how values become text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from django_directmail.api.encoding import is_unicode
from django_directmail.api.errors import UnsupportedMessage
from django_directmail.api.fields import wire_texts

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
        found = wire_texts(self)
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
