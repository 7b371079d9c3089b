"""The dashboard: figures of the log, and the state of the account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from django_directmail.admin.account_quota import quotas
from django_directmail.admin.admin_page import page_url, render_page
from django_directmail.admin.bar_chart import draw, segments
from django_directmail.admin.safe_display import clock, quote
from django_directmail.api.error_codes import find_rule
from django_directmail.conf import get_log
from django_directmail.log.statistics import Day, ErrorCount, Share, Statistics, collect
from django_directmail.models import MailLog

__all__ = ["dashboard"]

#: The periods that can be chosen, in days.
PERIODS, DEFAULT_PERIOD = (7, 30, 90), 30
#: How many mails are counted by mailer, tag and sender: it takes tenths of a second.
AT_MOST = 50_000
#: From the base of a bar upwards. Failures are at the base, where heights compare best.
ORDER = (
    "rejected",
    "failed",
    "unconfirmed",
    "suppressed",
    "cancelled",
    "queued",
    "sending",
    "accepted",
)
#: The width of the bar of the largest share.
SHARE_WIDTH = 120


def dashboard(
    model_admin: admin.ModelAdmin[MailLog], request: HttpRequest
) -> TemplateResponse:
    """Return the page with the figures of ``?days=``, 30 if that is no known period."""
    period = _period(request.GET.get("days", ""))
    figures = collect(period, at_most=AT_MOST)
    styles = forms.Media(css={"all": ["django_directmail/dashboard.css"]})
    list_url = page_url(model_admin, "changelist")
    return render_page(
        model_admin,
        request,
        "dashboard.html",
        title=_("Sending overview"),
        media=model_admin.media + styles,
        periods=_periods(period),
        period=_in_days(period),
        quotas=quotas(),
        time_zone=figures.time_zone,
        log_is_on=get_log().enabled,
        **(_figures(figures, list_url) if figures.total else {}),
    )


def _figures(figures: Statistics, list_url: str) -> dict[str, Any]:
    """Return what the template shows of ``figures`` if they count any mail."""
    counts = figures.counts
    words = dict(MailLog.Status.choices)
    # In texts and tables, "accepted" comes first, then the failures.
    present = [name for name in (ORDER[-1], *ORDER[:-1]) if counts.get(name)]
    return {
        "chart": draw(
            [
                (_axis_label(day), _day_title(day, present), day.counts)
                for day in figures.days
            ],
            ORDER,
            number=_number,
        ),
        "summary": _sum_up(figures.total, counts, present),
        "legend": [(name, words[name], _number(counts[name])) for name in present],
        "rows": [_row(day, present, list_url) for day in reversed(figures.days)],
        "totals": [_number(counts[name]) for name in present],
        "total": _number(figures.total),
        "errors": [_error(error) for error in figures.errors],
        "shares": list(_share_tables(figures)),
        "since": _since(figures),
    }


def _row(day: Day, present: Iterable[str], list_url: str) -> dict[str, Any]:
    """Return a row of the table: the day, all its mails, and those by status."""
    of_the_day = {"created_at__gte": day.start, "created_at__lt": day.end}
    cells = [_cell(sum(day.counts.values()), list_url, of_the_day)]
    for name in present:
        query = {**of_the_day, "status__exact": name}
        cells.append(_cell(day.counts.get(name, 0), list_url, query))
    return {"date": date_format(day.date, "DATE_FORMAT"), "cells": cells}


def _cell(count: int, list_url: str, query: Mapping[str, Any]) -> tuple[str, str]:
    """Return a number, and the address of the list of these mails."""
    return _number(count), f"{list_url}?{urlencode(query)}" if count else ""


def _period(text: str) -> int:
    return next((days for days in PERIODS if text == str(days)), DEFAULT_PERIOD)


def _periods(chosen: int) -> list[tuple[str, str, bool]]:
    return [(f"?days={days}", _in_days(days), days == chosen) for days in PERIODS]


def _in_days(days: int) -> str:
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)


def _axis_label(day: Day) -> str:
    # Translators: a day on the axis of a chart, as short as can be, as a date format
    # of Django's templates.
    return date_format(day.date, _("M j"))


def _day_title(day: Day, present: Iterable[str]) -> str:
    date = date_format(day.date, "DATE_FORMAT")
    counts = _sum_up(sum(day.counts.values()), day.counts, present)
    return _("%(name)s: %(value)s") % {"name": date, "value": counts}


def _mails(count: int) -> str:
    text = ngettext("%(count)s mail", "%(count)s mails", count)
    return text % {"count": _number(count)}


def _sum_up(total: int, counts: Mapping[str, int], present: Iterable[str]) -> str:
    """Return the numbers as text: "5 mails: 4 accepted, 1 failed"."""
    words = dict(MailLog.Status.choices)
    parts = [
        _("%(count)s %(status)s")
        % {"count": _number(counts[name]), "status": words[name]}
        for name in present
        if counts.get(name)
    ]
    mails = _mails(total)
    if not parts:
        return mails
    return _("%(name)s: %(value)s") % {"name": mails, "value": _(", ").join(parts)}


def _error(error: ErrorCount) -> dict[str, Any]:
    remedy = ""
    if error.http_status is not None:
        remedy = _(find_rule(error.code, error.http_status).remedy)
    return {
        "code": quote(error.code),
        "count": _mails(error.count),
        "remedy": remedy,
    }


def _share_tables(figures: Statistics) -> Iterable[dict[str, Any]]:
    tables = [
        ("tags", _("By tag"), _("Tag"), figures.tags),
        ("senders", _("By sender"), _("Sender"), figures.senders),
    ]
    if len(figures.mailers) > 1:
        mailers = tuple(
            Share.of(alias, counts) for alias, counts in figures.mailers.items()
        )
        tables.insert(0, ("mailers", _("By mailer"), _("Mailer"), mailers))
    for name, title, heading, shares in tables:
        if shares:
            yield {
                "name": name,
                "title": title,
                "heading": heading,
                "waiting": any(share.waiting for share in shares),
                "rows": _share_rows(shares),
            }


def _share_rows(shares: tuple[Share, ...]) -> list[dict[str, Any]]:
    unit = SHARE_WIDTH / max(share.total for share in shares)
    return [
        {
            "name": quote(share.name),
            "total": _number(share.total),
            "accepted": _number(share.accepted),
            "not_accepted": _number(share.not_accepted),
            "unconfirmed": _number(share.unconfirmed),
            "waiting": _number(share.waiting),
            "segments": segments(
                [
                    ("rejected", share.not_accepted),
                    ("unconfirmed", share.unconfirmed),
                    ("queued", share.waiting),
                    ("accepted", share.accepted),
                ],
                unit,
            ),
        }
        for share in shares
    ]


def _since(figures: Statistics) -> str:
    """Say since when mails are counted in the shares, if not all are."""
    if figures.since == figures.start:
        return ""
    return _(
        "There are too many mails to break down: this table covers only those since"
        " %(time)s. To count them all: python manage.py directmail_stats"
    ) % {"time": clock(figures.since)}
