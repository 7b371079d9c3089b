"""The tags that mail is counted and tracked by: QueryTagByParam, CreateTag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django_directmail.api.actions.action import Action
from django_directmail.api.fields import Row, wire
from django_directmail.api.responses import Page, Result

__all__ = ["CreateTag", "CreatedTag", "QueryTagByParam", "Tag"]


@dataclass(frozen=True, kw_only=True)
class Tag(Row):
    """One tag."""

    tag_id: str = wire("TagId", default="")
    tag_name: str = wire("TagName", default="")
    tag_description: str = wire("TagDescription", default="")


@dataclass(frozen=True, kw_only=True)
class QueryTagByParam(Action[Page[Tag]]):
    """Tags whose name holds ``key_word``, 50 characters at most."""

    key_word: str | None = wire("KeyWord", default=None)
    page_no: int | None = wire("PageNo", default=None)
    page_size: int | None = wire("PageSize", default=None)

    def read(self, answer: Mapping[str, Any]) -> Page[Tag]:
        """Return one page of tags."""
        return Page.of(Tag, answer, "data", "tag")


@dataclass(frozen=True, kw_only=True)
class CreatedTag(Result):
    """The id of a new tag."""

    tag_id: str = wire("TagId", default="")


@dataclass(frozen=True, kw_only=True)
class CreateTag(Action[CreatedTag]):
    """A new tag; 30 calls in 10 s. The name: 1 to 128 letters, digits and ``_``."""

    tag_name: str = wire("TagName")
    tag_description: str | None = wire("TagDescription", default=None)

    def read(self, answer: Mapping[str, Any]) -> CreatedTag:
        """Return the id."""
        return CreatedTag.from_fields(answer)
