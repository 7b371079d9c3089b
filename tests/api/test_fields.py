"""Dataclass fields, and what they read from the fields of an answer."""

import sys
import typing
from dataclasses import fields

import pytest

from django_directmail.api.actions.account import AccountSummary
from django_directmail.api.fields import wire_names
from django_directmail.api.responses import Page, SendResult


class TestAccountSummary:
    def test_numbers_may_come_as_text(self):
        found = {"RequestId": "R", "DailyQuota": "2000", "UserStatus": 0}

        summary = AccountSummary.from_fields(found)

        assert (summary.daily_quota, summary.user_status) == (2000, 0)

    @pytest.mark.parametrize("value", ["", "many", None, [], {}, float("inf")])
    def test_what_is_no_number_becomes_minus_one(self, value):
        summary = AccountSummary.from_fields({"DailyQuota": value})

        assert summary.daily_quota == -1

    def test_every_field_has_its_own_name_on_the_wire(self):
        found = {"RequestId": "R", "IpChannelType": "normal"}
        names = [f.metadata["wire"] for f in fields(AccountSummary)]
        found |= {name: n for n, name in enumerate(names) if name not in found}

        summary = AccountSummary.from_fields(found)

        assert dict(summary.wire_items()) == found


def test_wire_names_leave_out_fields_that_do_not_travel():
    assert wire_names(Page) == {
        "request_id": "RequestId",
        "total_count": "TotalCount",
        "page_number": "PageNumber",
        "page_size": "PageSize",
    }


def test_annotations_are_not_evaluated_for_each_answer():
    """It takes as long as all else that is done with an answer."""
    evaluated = []

    def watch(frame, event, argument):
        if event == "call" and frame.f_code is typing.get_type_hints.__code__:
            evaluated.append(frame)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        for _ in range(50):
            SendResult.from_fields({"EnvId": "1", "RequestId": "2"})
    finally:
        sys.setprofile(before)

    assert len(evaluated) <= 1
