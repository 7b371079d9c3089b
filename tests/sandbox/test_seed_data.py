"""The recipient lists and templates that every sandbox has."""

import re

from django_directmail.api import DescAccountSummary, QueryTemplateByParam
from django_directmail.sandbox.seed_data import RECEIVERS, TEMPLATES


def test_there_is_an_approved_one_a_draft_and_a_rejected_one(client):
    page = client.call(QueryTemplateByParam())

    assert sorted(t.template_status for t in page.items) == [0, 2, 3]
    assert (page.total_count, page.page_size) == (3, 20)
    assert client.call(DescAccountSummary()).templates == 3


def test_each_receiver_has_the_values_of_the_approved_template():
    (approved,) = (t for t in TEMPLATES.values() if t.status == 2)
    texts = approved.subject + approved.html + approved.text
    variables = set(re.findall(r"\{(\w+)\}", texts))

    for receivers in RECEIVERS.values():
        for receiver in receivers:
            assert variables <= set(receiver["TemplateData"])
