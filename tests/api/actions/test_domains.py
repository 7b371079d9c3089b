"""Questions about domains, asked by the package and by the official SDK."""

from dataclasses import fields

import pytest
from alibabacloud_dm20151123 import models

from django_directmail.api import DescDomain, QueryDomainByParam
from django_directmail.api.actions.domains import Domain, DomainDetails
from django_directmail.api.fields import wire_names
from tests.support.official_sdk import (
    as_texts,
    parameters_of,
    row_texts,
    sdk_client,
    wire_names_of,
)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Domain, models.QueryDomainByParamResponseBodyDataDomain),
        (DomainDetails, models.DescDomainResponseBody),
    ],
)
def test_no_field_has_another_name_than_in_the_sdk(ours, theirs):
    assert set(wire_names(ours).values()) <= wire_names_of(theirs())


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (QueryDomainByParam, models.QueryDomainByParamRequest),
        (DescDomain, models.DescDomainRequest),
    ],
)
def test_no_parameter_is_missing(ours, theirs):
    assert {field.name for field in fields(ours)} == parameters_of(theirs())


@pytest.mark.parametrize(
    ("ours", "theirs", "values"),
    [
        (
            QueryDomainByParam,
            models.QueryDomainByParamRequest,
            {"key_word": "example.com", "page_no": 2, "page_size": 5, "status": 1},
        ),
        (DescDomain, models.DescDomainRequest, {"domain_id": 158910}),
    ],
)
def test_names_and_values_are_those_of_the_sdk(ours, theirs, values):
    expected = {name: str(value) for name, value in theirs(**values).to_map().items()}

    assert ours(**values).parameters() == expected


def test_a_flag_is_a_lower_case_word():
    asked = DescDomain(domain_id="1", require_real_time_dns_records=False)

    assert asked.parameters() == {
        "DomainId": "1",
        "RequireRealTimeDnsRecords": "false",
    }


@pytest.mark.parametrize(
    "asked", [{}, {"key_word": "mail.example.com"}, {"page_no": 2, "page_size": 2}]
)
def test_the_domains_are_what_the_sdk_reads(sandbox, client, signature, asked):
    theirs = sdk_client(sandbox, signature=signature).query_domain_by_param(
        models.QueryDomainByParamRequest(**asked)
    )
    ours = client.call(QueryDomainByParam(**asked))

    read = theirs.body.to_map()
    names = wire_names(Domain).values()
    assert [row_texts(item) for item in ours.items] == [
        as_texts(row, names) for row in read["data"]["domain"]
    ]
    assert (ours.total_count, ours.page_number, ours.page_size) == (
        read["TotalCount"],
        read["PageNumber"],
        read["PageSize"],
    )
    assert ours.items


def test_the_details_are_what_the_sdk_reads(sandbox, client, signature):
    (found, *_others) = client.call(QueryDomainByParam()).items

    theirs = sdk_client(sandbox, signature=signature).desc_domain(
        models.DescDomainRequest(domain_id=int(found.domain_id))
    )
    ours = client.call(DescDomain(domain_id=found.domain_id))

    read = row_texts(ours)
    del read["RequestId"]
    assert read == as_texts(theirs.body.to_map(), read)
    assert ours.domain_name == found.domain_name
