"""Questions about templates, asked by the package and by the official SDK."""

from dataclasses import fields

import pytest
from alibabacloud_dm20151123 import models

from django_directmail.api import DescTemplate, QueryTemplateByParam
from django_directmail.api.actions.templates import TemplateDetails, TemplateSummary
from django_directmail.api.fields import wire_names
from tests.support.official_sdk import (
    as_texts,
    parameters_of,
    row_texts,
    sdk_client,
    wire_names_of,
)

#: Parameters that the SDK keeps for old callers.
DEPRECATED = {"from_type", "status"}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (TemplateSummary, models.QueryTemplateByParamResponseBodyDataTemplate),
        (TemplateDetails, models.DescTemplateResponseBody),
    ],
)
def test_no_field_has_another_name_than_in_the_sdk(ours, theirs):
    assert set(wire_names(ours).values()) <= wire_names_of(theirs())


@pytest.mark.parametrize(
    ("ours", "theirs", "values"),
    [
        (
            QueryTemplateByParam,
            models.QueryTemplateByParamRequest,
            {"key_word": "order", "page_no": 2, "page_size": 5},
        ),
        (DescTemplate, models.DescTemplateRequest, {"template_id": 411558}),
    ],
)
def test_parameters_are_those_of_the_sdk(ours, theirs, values):
    expected = {name: str(value) for name, value in theirs(**values).to_map().items()}

    assert ours(**values).parameters() == expected
    known = {field.name for field in fields(ours)}
    assert known == parameters_of(theirs()) - DEPRECATED


@pytest.mark.parametrize("asked", [{}, {"key_word": "welcome"}, {"page_size": 2}])
def test_the_templates_are_what_the_sdk_reads(sandbox, client, signature, asked):
    theirs = sdk_client(sandbox, signature=signature).query_template_by_param(
        models.QueryTemplateByParamRequest(**asked)
    )
    ours = client.call(QueryTemplateByParam(**asked))

    names = wire_names(TemplateSummary).values()
    assert [row_texts(item) for item in ours.items] == [
        as_texts(row, names) for row in theirs.body.to_map()["data"]["template"]
    ]
    assert ours.items


def test_a_template_is_what_the_sdk_reads(sandbox, client, signature):
    theirs = sdk_client(sandbox, signature=signature).desc_template(
        models.DescTemplateRequest(template_id=411558)
    )
    ours = client.call(DescTemplate(template_id="411558"))

    read = row_texts(ours)
    del read["RequestId"]
    assert read == as_texts(theirs.body.to_map(), read)
    assert ours.template_status == 2
