"""Questions about the account, asked by the package and by the official SDK."""

from dataclasses import fields

import pytest
from alibabacloud_dm20151123 import models

from django_directmail.api import DescAccountSummary, QueryMailAddressByParam
from django_directmail.api.actions.account import AccountSummary, MailAddress
from django_directmail.api.fields import wire_names
from tests.support.official_sdk import (
    as_texts,
    parameters_of,
    row_texts,
    sdk_client,
    wire_names_of,
)


def test_the_summary_is_what_the_sdk_reads(sandbox, client, signature):
    theirs = sdk_client(sandbox, signature=signature).desc_account_summary(
        models.DescAccountSummaryRequest()
    )
    ours = client.call(DescAccountSummary())

    read = theirs.body.to_map()
    shown = dict(ours.wire_items())
    assert {**read, "RequestId": None} == {**shown, "RequestId": None}
    assert ours.daily_quota > 0


def test_no_number_of_the_summary_has_another_name_than_in_the_sdk():
    known = set(wire_names(AccountSummary).values())

    assert known <= wire_names_of(models.DescAccountSummaryResponseBody())


def test_no_field_of_an_address_has_another_name_than_in_the_sdk():
    known = set(wire_names(MailAddress).values())

    assert known <= wire_names_of(
        models.QueryMailAddressByParamResponseBodyDataMailAddress()
    )


def test_no_parameter_of_the_query_is_missing():
    theirs = parameters_of(models.QueryMailAddressByParamRequest())
    ours = {field.name for field in fields(QueryMailAddressByParam)}

    assert ours == theirs - {"sendtype"} | {"send_type"}


def test_names_and_values_of_the_query_are_those_of_the_sdk():
    ours = QueryMailAddressByParam(
        key_word="news@example.com", page_no=2, page_size=5, send_type="trigger"
    )
    theirs = models.QueryMailAddressByParamRequest(
        key_word="news@example.com", page_no=2, page_size=5, sendtype="trigger"
    )

    assert ours.parameters() == {k: str(v) for k, v in theirs.to_map().items()}


@pytest.mark.parametrize(
    "asked", [{}, {"key_word": "news@example.com"}, {"page_no": 2, "page_size": 1}]
)
def test_the_addresses_are_what_the_sdk_reads(sandbox, client, signature, asked):
    theirs = sdk_client(sandbox, signature=signature).query_mail_address_by_param(
        models.QueryMailAddressByParamRequest(**asked)
    )
    ours = client.call(QueryMailAddressByParam(**asked))

    read = theirs.body.to_map()
    names = wire_names(MailAddress).values()
    assert [row_texts(item) for item in ours.items] == [
        as_texts(row, names) for row in read["data"]["mailAddress"]
    ]
    assert (ours.total_count, ours.page_number, ours.page_size) == (
        read["TotalCount"],
        read["PageNumber"],
        read["PageSize"],
    )
    assert ours.items
