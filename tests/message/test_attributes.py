"""Attributes with the names of django-anymail, and parameters by hand."""

import enum
import re

import pytest
from django.core.mail import EmailMessage
from django.utils.functional import lazystr
from hypothesis import given
from hypothesis import strategies as st

from django_directmail.api.errors import UnsupportedMessage
from django_directmail.message.attributes import (
    decode_metadata,
    decode_name,
    encode_metadata,
    encode_name,
)
from django_directmail.message.parameters import PARAMETERS, DirectMailParameters
from tests.support.messages import parameters


def message(**extras):
    """Return a message with extra attributes."""
    one = EmailMessage("Subject", "Content", "from@example.com", ["to@example.com"])
    for name, value in extras.items():
        setattr(one, name, value)
    return one


@given(
    st.one_of(
        st.text(), st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False)
    )
)
def test_metadata_survives_as_printable_ascii(value):
    text = encode_metadata("key", value)

    found = decode_metadata(text)
    assert (type(found), found) == (type(value), value)
    assert text.isascii()
    assert text.isprintable()


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1))
def test_key_of_metadata_survives_as_a_header_name(key):
    name = encode_name(key)

    assert re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name)
    assert decode_name(name) == key


@pytest.mark.parametrize(
    ("key", "name"),
    [("order", "order"), ("order id", "order%20id"), ("100%", "100%25")],
)
def test_key_of_metadata_goes_as_in_a_url(outbox, key, name):
    message(metadata={key: "x"}).send()

    assert outbox.mails[0].headers == {f"X-User-Notify-{name}": "x"}


@pytest.mark.parametrize(
    ("value", "text"),
    [("A-1001", "A-1001"), ("5", '"5"'), (5, "5"), (True, "true"), (None, "null")],
)
def test_plain_metadata_stays_readable(value, text):
    assert encode_metadata("key", value) == text


def test_metadata_of_another_type_is_refused_by_name(outbox):
    with pytest.raises(UnsupportedMessage, match=r"metadata\['order'\] is a dict"):
        message(metadata={"order": {}}).send()

    assert outbox.calls == 0


def test_line_break_in_the_name_of_metadata_is_refused(outbox):
    with pytest.raises(ValueError, match="line break"):
        message(metadata={"a\nb": 1}).send()


def test_template_takes_the_place_of_the_body(outbox, caplog):
    message(template_id=411558, merge_global_data={"name": "Bob"}, body="").send()

    found = parameters(outbox.mails[0])
    assert found["template"] == {
        "template_id": "411558",
        "template_data": {"name": "Bob"},
    }
    assert "text_body" not in found
    assert not caplog.records


def test_body_next_to_a_template_is_logged_as_ignored(outbox, caplog):
    message(template_id="411558").send()

    assert "ignores the body" in caplog.text


@pytest.mark.parametrize(
    ("extras", "what"),
    [
        ({"track_opens": True, "track_clicks": False}, "tracks both or none"),
        ({"tags": "welcome"}, "make it a list"),
        ({"tags": lazystr("welcome")}, "make it a list"),
        ({"tags": 5}, "make it a list"),
        ({"tags": [["a"]]}, "A tag is of type list"),
        ({"metadata": {"a": 1, "A": 2}}, "there twice"),
        ({"metadata": {1: "x", "1": "y"}}, "'1' twice"),
        ({"metadata": {"": 1}}, "an empty key"),
        ({"metadata": {"\ud800": 1}}, "half a character"),
        ({"template_id": ["1"]}, "template_id is of type list"),
        ({"directmail": {"headers": {"X-User-A": None}}}, "X-User-A is None"),
        ({"metadata": ["a"]}, "make it a dict"),
        ({"directmail": {"tag_nam": "x"}}, 'Did you mean "tag_name"'),
        ({"esp_extra": {"nonsense": 1}}, "message.esp_extra"),
        ({"directmail": {"to_address": "x@example.com"}}, "set message.to"),
        ({"directmail": {"html_body": "x"}}, "comes from the message itself"),
        ({"directmail": {"headers": "x"}}, '"headers" is a str'),
        ({"directmail": {"headers": {"X-Priority": "1"}}}, "X-Priority"),
        ({"directmail": {"domain_auth": "maybe"}}, "True or False"),
        ({"directmail": {"address_type": 2}}, "0 or 1"),
        ({"directmail": {"tag_name": ["x"]}}, '"tag_name" is a list'),
        ({"directmail": {"template": {"id": 1}}}, "template_id"),
        ({"directmail": ["x"]}, "must be a dict"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_name(outbox, extras, what):
    with pytest.raises(UnsupportedMessage, match=what):
        message(**extras).send()

    assert outbox.calls == 0


def test_line_break_in_a_parameter_is_refused(outbox):
    with pytest.raises(ValueError, match='"tag_name" holds a line break'):
        message(directmail={"tag_name": "a\nb"}).send()


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("account_name", "other@example.com", "other@example.com"),
        ("address_type", 0, "0"),
        ("reply_to_address", True, "true"),
        ("from_alias", "Us", "Us"),
        ("reply_address", "reply@example.com", "reply@example.com"),
        ("reply_address_alias", "Help", "Help"),
        ("tag_name", "tag", "tag"),
        ("click_trace", True, "1"),
        ("click_trace", "0", "0"),
        ("headers", {"X-User-A": 1}, {"X-User-A": "1"}),
        ("template", {"template_id": "1"}, {"template_id": "1"}),
        ("un_subscribe_link_type", "disabled", "disabled"),
        ("un_subscribe_filter_level", "edm_id", "edm_id"),
        ("domain_auth", "true", "true"),
        ("ip_pool_id", "pool", "pool"),
    ],
)
@pytest.mark.parametrize("attribute", ["directmail", "esp_extra"])
def test_every_parameter_can_be_given_by_hand(outbox, attribute, name, value, sent):
    one = message(**{attribute: {name: value}})
    if name == "click_trace":
        one.tags, one.content_subtype = ["tag"], "html"
        one.body = "<html><body>Content</body></html>"

    one.send()

    assert parameters(outbox.mails[0])[name] == sent


class Kind(str, enum.Enum):
    """Text that calls itself something else."""

    NEWS = "news"


def test_text_of_an_enum_is_its_value(outbox):
    one = message(tags=[Kind.NEWS], metadata={"kind": Kind.NEWS})
    one.subject = Kind.NEWS
    one.body = Kind.NEWS

    one.send()

    (received,) = outbox.mails
    assert (received.subject, received.text, received.tag) == ("news", "news", "news")
    assert received.headers == {"X-User-Notify-kind": "news"}


def test_lazy_metadata_arrives(outbox):
    message(metadata={"note": lazystr("thanks")}, tags=["", lazystr("a")]).send()

    assert outbox.mails[0].headers == {"X-User-Notify-note": "thanks"}
    assert outbox.mails[0].tag == "a"


def test_esp_extra_wins_over_directmail(outbox):
    message(directmail={"tag_name": "a"}, esp_extra={"tag_name": "b"}).send()

    assert outbox.mails[0].tag == "b"


def test_type_of_parameters_names_them_all():
    assert tuple(DirectMailParameters.__annotations__) == PARAMETERS


class TestTracking:
    """DirectMail tracks a mail that has a tag, and HTML with a body element."""

    HTML = "<html><BODY class=a><a href='https://example.com'>x</a></BODY></html>"

    def tracked(self, html=HTML, tags=("news",)):
        one = message(track_opens=True, track_clicks=True, tags=list(tags))
        if html:
            one.content_subtype, one.body = "html", html
        return one

    def test_with_both_it_is_on(self, outbox):
        self.tracked().send()

        assert parameters(outbox.mails[0])["click_trace"] == "1"

    @pytest.mark.parametrize(
        ("html", "tags", "missing"),
        [
            (HTML, (), "needs a tag, which"),
            ("<p>no body element</p>", ("a",), "needs HTML with a <body> element"),
            ("<tbody>", ("a",), "needs HTML with a <body> element"),
            ("", (), "needs a tag and HTML with a <body> element"),
        ],
    )
    def test_what_is_missing_is_said(self, outbox, html, tags, missing):
        with pytest.raises(UnsupportedMessage, match=missing):
            self.tracked(html, tags).send()

        assert outbox.calls == 0

    def test_policy_warn_sends_without_it(self, mailer, caplog):
        outbox = mailer(POLICY={"tracking": "warn"})

        assert self.tracked(tags=()).send() == 1

        assert "click_trace" not in parameters(outbox.mails[0])
        assert 'POLICY["tracking"]' in caplog.text

    def test_default_is_left_out_where_it_cannot_be_and_said(self, mailer, caplog):
        outbox = mailer(DEFAULTS={"click_trace": True, "tag_name": "all"})

        assert message().send() == 1

        assert "click_trace" not in parameters(outbox.mails[0])
        assert "DEFAULTS asks for it" in caplog.text

    def test_template_needs_the_tag_only(self, outbox):
        one = message(track_opens=True, tags=["a"], template_id="1")

        one.send()

        assert parameters(outbox.mails[0])["click_trace"] == "1"


def test_message_class_of_anymail_with_nothing_set_is_a_plain_message(outbox):
    """It has a class in place of each attribute that was not set."""
    names = ("tags", "metadata", "track_opens", "template_id", "merge_data")
    names += ("merge_global_data", "merge_headers", "esp_extra", "send_at")
    unset = type("UNSET", (), {})

    message(**dict.fromkeys(names, unset)).send()

    assert outbox.mails[0].headers == {}
    assert outbox.mails[0].tag == ""
