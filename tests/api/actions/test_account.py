"""Questions about the account, asked by the package and by the official SDK."""

from dataclasses import fields

import pytest
from alibabacloud_dm20151123 import models

from django_directmail.api import DescAccountSummary, QueryMailAddressByParam
from django_directmail.api.results import AccountSummary, MailAddress, wire_names
from tests.api.actions.sdk import sdk_client

INTERNAL = {"owner_id", "resource_owner_account", "resource_owner_id"}


def sdk_wire_names(model):
    """Return the names on the wire of all fields of one of the SDK's models."""
    for name in vars(model):
        setattr(model, name, name)
    return set(model.to_map())


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

    assert known <= sdk_wire_names(models.DescAccountSummaryResponseBody())


def test_no_field_of_an_address_has_another_name_than_in_the_sdk():
    known = set(wire_names(MailAddress).values()) - {"RequestId"}

    assert known <= sdk_wire_names(
        models.QueryMailAddressByParamResponseBodyDataMailAddress()
    )


def test_no_parameter_of_the_query_is_missing():
    theirs = set(vars(models.QueryMailAddressByParamRequest())) - INTERNAL
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
    rows = [
        {k: v for k, v in item.wire_items() if k != "RequestId"} for item in ours.items
    ]
    assert rows == _as_our_types(read["data"]["mailAddress"])
    assert (ours.total_count, ours.page_number, ours.page_size) == (
        read["TotalCount"],
        read["PageNumber"],
        read["PageSize"],
    )
    assert ours.items


def _as_our_types(rows):
    """Return the SDK's ``rows`` with numbers where ours are numbers."""
    wanted = {f.metadata["wire"]: f.type for f in fields(MailAddress)}
    return [
        {
            name: int(value) if wanted[name] == "int" else value
            for name, value in row.items()
        }
        for row in rows
    ]
