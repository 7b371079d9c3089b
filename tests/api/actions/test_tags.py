"""Tags, made and asked for by the package and by the official SDK."""

from dataclasses import fields

import pytest
from alibabacloud_dm20151123 import models

from django_directmail.api import CreateTag, QueryTagByParam, RejectedError
from django_directmail.api.actions.tags import CreatedTag, Tag
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
        (Tag, models.QueryTagByParamResponseBodyDataTag),
        (CreatedTag, models.CreateTagResponseBody),
    ],
)
def test_the_fields_have_the_names_of_the_sdk(ours, theirs):
    assert set(wire_names(ours).values()) == wire_names_of(theirs())


@pytest.mark.parametrize(
    ("ours", "theirs", "values"),
    [
        (
            QueryTagByParam,
            models.QueryTagByParamRequest,
            {"key_word": "welcome", "page_no": 2, "page_size": 5},
        ),
        (
            CreateTag,
            models.CreateTagRequest,
            {"tag_name": "welcome_1", "tag_description": "Für Neue"},
        ),
    ],
)
def test_parameters_are_those_of_the_sdk(ours, theirs, values):
    expected = {name: str(value) for name, value in theirs(**values).to_map().items()}

    assert ours(**values).parameters() == expected
    assert {field.name for field in fields(ours)} == parameters_of(theirs())


def test_tags_of_one_client_are_found_by_the_other(sandbox, client, signature):
    sdk = sdk_client(sandbox, signature=signature)
    ours = client.call(CreateTag(tag_name="ours", tag_description="first"))
    theirs = sdk.create_tag(
        models.CreateTagRequest(tag_name="theirs", tag_description="second")
    )

    read = sdk.query_tag_by_param(models.QueryTagByParamRequest()).body.to_map()
    page = client.call(QueryTagByParam())

    names = wire_names(Tag).values()
    assert [row_texts(item) for item in page.items] == [
        as_texts(row, names) for row in read["data"]["tag"]
    ]
    assert page.items == (
        Tag(tag_id=ours.tag_id, tag_name="ours", tag_description="first"),
        Tag(tag_id=theirs.body.tag_id, tag_name="theirs", tag_description="second"),
    )


def test_a_tag_that_exists_is_refused_to_both_alike(sandbox, client):
    client.call(CreateTag(tag_name="welcome"))

    with pytest.raises(RejectedError) as ours:
        client.call(CreateTag(tag_name="welcome"))
    with pytest.raises(Exception, match="InvalidTagName.Duplicate") as theirs:
        sdk_client(sandbox).create_tag(models.CreateTagRequest(tag_name="welcome"))

    assert ours.value.code == theirs.value.code == "InvalidTagName.Duplicate"
