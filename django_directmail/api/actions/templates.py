"""The templates of the console: QueryTemplateByParam, DescTemplate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django_directmail.api.actions.action import Action
from django_directmail.api.fields import Row, wire
from django_directmail.api.responses import Page, Result

__all__ = [
    "DescTemplate",
    "QueryTemplateByParam",
    "TemplateDetails",
    "TemplateSummary",
]


@dataclass(frozen=True, kw_only=True)
class TemplateSummary(Row):
    """
    One template, without its text.

    ``template_status``: 0 draft, 1 in review, 2 approved, 3 rejected.
    ``utc_createtime`` is in seconds since 1970.
    """

    template_id: str = wire("TemplateId", default="")
    template_name: str = wire("TemplateName", default="")
    template_status: int = wire("TemplateStatus", default=-1)
    template_type: int = wire("TemplateType", default=-1)
    template_comment: str = wire("TemplateComment", default="")
    create_time: str = wire("CreateTime", default="")
    utc_createtime: int = wire("UtcCreatetime", default=-1)


@dataclass(frozen=True, kw_only=True)
class QueryTemplateByParam(Action[Page[TemplateSummary]]):
    """Templates whose name holds ``key_word``; 20 calls/s."""

    key_word: str | None = wire("KeyWord", default=None)
    page_no: int | None = wire("PageNo", default=None)
    page_size: int | None = wire("PageSize", default=None)

    def read(self, answer: Mapping[str, Any]) -> Page[TemplateSummary]:
        """Return one page of templates."""
        return Page.of(TemplateSummary, answer, "data", "template")


@dataclass(frozen=True, kw_only=True)
class TemplateDetails(Result):
    """Subject and text of a template; the states are those of the summary."""

    template_name: str = wire("TemplateName", default="")
    template_status: int = wire("TemplateStatus", default=-1)
    template_subject: str = wire("TemplateSubject", default="")
    template_text: str = wire("TemplateText", default="")
    create_time: str = wire("CreateTime", default="")


@dataclass(frozen=True, kw_only=True)
class DescTemplate(Action[TemplateDetails]):
    """What is in the template with this id; 20 calls/s."""

    template_id: int | str = wire("TemplateId")

    def read(self, answer: Mapping[str, Any]) -> TemplateDetails:
        """Return the template."""
        return TemplateDetails.from_fields(answer)
