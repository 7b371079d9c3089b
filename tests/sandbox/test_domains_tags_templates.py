"""Domains, tags and templates of the sandbox, and what it refuses about them."""

import pytest

from django_directmail.api import (
    Client,
    CreateTag,
    DescAccountSummary,
    DescDomain,
    DescTemplate,
    QueryDomainByParam,
    QueryTagByParam,
    QueryTemplateByParam,
    RejectedError,
)
from django_directmail.sandbox import Sandbox
from tests.support.api_samples import KEY, mail
from tests.support.sandbox_calls import post


def names(page):
    """Return the names of the domains on a page."""
    return [domain.domain_name for domain in page.items]


class TestDomains:
    def test_they_are_those_of_the_senders_each_once(self):
        senders = ["news@a.example", "shop@a.example", "@b.example", "*"]
        with Sandbox(senders=senders) as sandbox:
            client = Client(KEY, endpoint=sandbox.url)

            page = client.call(QueryDomainByParam())
            summary = client.call(DescAccountSummary())

        assert names(page) == ["a.example", "b.example"]
        assert {domain.domain_status for domain in page.items} == {0}
        assert summary.domains == 2

    def test_one_below_that_of_a_sender_is_known_by_its_whole_name(self, client):
        (found,) = client.call(QueryDomainByParam(key_word="Mail.example.com")).items

        details = client.call(DescDomain(domain_id=found.domain_id))

        assert details.domain_name == found.domain_name == "mail.example.com"
        assert details.tl_domain_name == "example.com"
        assert details.dkim_rr == "aliyun-cn-hangzhou._domainkey.mail"
        assert details.dmarc_host_record == "_dmarc.mail"

    def test_all_records_are_verified(self, client):
        (found, *_others) = client.call(QueryDomainByParam()).items

        details = client.call(DescDomain(domain_id=found.domain_id))

        states = [v for k, v in details.wire_items() if k.endswith("AuthStatus")]
        assert states == [0] * 5
        assert details.domain_type == details.dns_txt == found.domain_record

    @pytest.mark.parametrize("word", ["unknown.test", "nothing"])
    def test_what_no_sender_has_is_not_there(self, client, word):
        assert client.call(QueryDomainByParam(key_word=word)).total_count == 0

    def test_none_is_a_bad_one(self, client):
        assert client.call(QueryDomainByParam(status=1)).items == ()
        assert client.call(QueryDomainByParam(status=0)).total_count == 3

    @pytest.mark.parametrize(
        ("parameters", "code"),
        [
            ({"KeyWord": "x" * 51}, "InvalidKeyword.Malformed"),
            ({"Status": "2"}, "InvalidStatus"),
            ({"PageNo": "9" * 5000}, "InvalidPageNo"),
        ],
    )
    def test_bad_questions_are_refused(self, sandbox, parameters, code):
        reply = post(sandbox, Action="QueryDomainByParam", **parameters)

        assert (reply.status, reply.code) == (400, code)

    @pytest.mark.parametrize("wanted", [None, "", "1", "example.com"])
    def test_an_unknown_id_is_refused(self, sandbox, wanted):
        reply = post(sandbox, Action="DescDomain", DomainId=wanted)

        assert (reply.status, reply.code) == (404, "InvalidDomainId.Malformed")


class TestTags:
    def test_only_those_that_were_created_exist(self, client):
        client.call(mail(tag_name="seen"))
        for name in ("welcome", "welcome_again", "bye"):
            client.call(CreateTag(tag_name=name))

        page = client.call(QueryTagByParam(key_word="Welcome"))

        assert [tag.tag_name for tag in page.items] == ["welcome", "welcome_again"]
        assert client.call(QueryTagByParam()).total_count == 3
        assert client.call(DescAccountSummary()).tags == 3

    def test_each_has_an_id_of_its_own(self, client):
        made = [client.call(CreateTag(tag_name=name)) for name in ("a", "b")]

        assert [tag.tag_id for tag in client.call(QueryTagByParam()).items] == [
            tag.tag_id for tag in made
        ]
        assert made[0].tag_id != made[1].tag_id

    @pytest.mark.parametrize("name", [None, "", "a-b", "a b", "ü", "x" * 129, "a\n"])
    def test_a_bad_name_is_refused(self, sandbox, name):
        reply = post(sandbox, Action="CreateTag", TagName=name)

        assert (reply.status, reply.code) == (400, "InvalidTagName.Malformed")

    def test_a_second_one_of_a_name_is_refused(self, client):
        client.call(CreateTag(tag_name="x" * 128))

        with pytest.raises(RejectedError) as caught:
            client.call(CreateTag(tag_name="x" * 128))

        assert caught.value.code == "InvalidTagName.Duplicate"

    def test_there_is_an_end_to_them(self, sandbox):
        codes = [
            post(sandbox, Action="CreateTag", TagName=f"tag_{n}").code
            for n in range(501)
        ]

        assert codes == [*[""] * 500, "InvalidTagNumber.Malformed"]


class TestTemplates:
    def test_each_of_the_list_can_be_read(self, client):
        for listed in client.call(QueryTemplateByParam()).items:
            read = client.call(DescTemplate(template_id=listed.template_id))

            assert read.template_name == listed.template_name
            assert read.template_status == listed.template_status
            assert read.template_subject
            assert read.template_text.startswith(("<p>", "<html>"))

    def test_one_is_found_by_its_name(self, client):
        page = client.call(QueryTemplateByParam(key_word="WELC"))

        assert [t.template_id for t in page.items] == ["411558"]

    @pytest.mark.parametrize("wanted", [None, "", "1", "welcome"])
    def test_an_unknown_id_is_refused(self, sandbox, wanted):
        reply = post(sandbox, Action="DescTemplate", TemplateId=wanted)

        assert (reply.status, reply.code) == (404, "InvalidTemplate.NotFound")
