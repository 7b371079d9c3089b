"""One message for many: the merge attributes, with a template and without."""

import pytest
from django.utils.functional import lazystr
from django.utils.safestring import mark_safe
from hypothesis import given
from hypothesis import strategies as st

from django_directmail.api.errors import SendError, UnsupportedMessage
from django_directmail.message.merge import fill
from tests.support.messages import message, parameters, with_html

BOTH = ["ann@example.com", "bob@example.com"]


def merged(outbox, one):
    """Send and return what arrived, by address."""
    one.send()
    return {mail.to[0]: mail for mail in outbox.mails}


def letter(data=None, to=BOTH, **values):
    """Return a message with placeholders."""
    one = with_html(
        "<p>Dear {name}</p>",
        body="Dear {name}",
        subject="{name}, hello",
        to=to,
        **values,
    )
    one.merge_data = data
    return one


NAMES = {"ann@example.com": {"name": "Ann"}, "bob@example.com": {"name": "<Bob>"}}


class TestWithoutTemplate:
    """Placeholders are filled in here."""

    def test_each_gets_their_own(self, outbox):
        found = merged(outbox, letter(NAMES))

        assert {
            address: (mail.subject, mail.text, mail.html)
            for address, mail in found.items()
        } == {
            "ann@example.com": ("Ann, hello", "Dear Ann", "<p>Dear Ann</p>"),
            "bob@example.com": (
                "<Bob>, hello",
                "Dear <Bob>",
                "<p>Dear &lt;Bob&gt;</p>",
            ),
        }

    def test_each_has_a_status_of_their_own(self, outbox):
        one = letter(NAMES)

        one.send()

        recipients = one.directmail_status.recipients
        assert {a: r.env_id for a, r in recipients.items()} == {
            mail.to[0]: mail.env_id for mail in outbox.mails
        }

    def test_address_is_found_in_another_spelling(self, outbox):
        data = {"Ann Lee <ann@EXAMPLE.com>": {"name": "Ann"}}

        found = merged(outbox, letter(data, to=["ann@Example.com"]))

        assert found["ann@Example.com"].text == "Dear Ann"

    def test_own_data_wins_over_that_for_all(self, outbox):
        one = letter({"ann@example.com": {"name": "Ann"}})
        one.merge_global_data = {"name": "friend"}

        found = merged(outbox, one)

        assert [found[address].text for address in BOTH] == ["Dear Ann", "Dear friend"]

    def test_data_for_all_alone_is_one_call(self, outbox):
        one = letter()
        one.merge_global_data = {"name": "friends"}

        one.send()

        (mail,) = outbox.mails
        assert (mail.to, mail.text) == (BOTH, "Dear friends")

    def test_cc_and_bcc_get_mails_of_their_own(self, outbox):
        one = letter(NAMES, to=BOTH[:1], cc=BOTH[1:], bcc=["eve@example.com"])
        one.merge_global_data = {"name": "you"}

        found = merged(outbox, one)

        assert {address: mail.text for address, mail in found.items()} == {
            "ann@example.com": "Dear Ann",
            "bob@example.com": "Dear <Bob>",
            "eve@example.com": "Dear you",
        }
        assert not any(mail.bcc for mail in outbox.mails)

    def test_placeholder_without_data_is_refused_before_any_call(self, outbox):
        one = letter({"ann@example.com": {"name": "Ann"}})

        with pytest.raises(UnsupportedMessage, match=r"\{name\}.*no data"):
            one.send()

        assert outbox.calls == 0

    def test_others_of_the_list_are_sent(self, outbox):
        from django_directmail.backends import EmailBackend

        with pytest.raises(SendError) as caught:
            EmailBackend().send_messages([letter({}), message()])

        assert [outcome.position for outcome in caught.value.failed] == [0]
        assert len(outbox.mails) == 1

    def test_style_and_script_are_no_placeholders(self, outbox):
        html = "<style>p {color: red} a{b:c}</style>{ x } {} {a b} {'k': 1} {{n}}"
        one = with_html(html, to=BOTH[:1])
        one.merge_data = {"ann@example.com": {"n": "N"}}

        found = merged(outbox, one)

        assert found["ann@example.com"].html == html.replace("{{n}}", "{N}")

    def test_data_is_not_looked_through_again(self, outbox):
        data = {"ann@example.com": {"name": "{secret}", "secret": "x"}}

        found = merged(outbox, letter(data, to=BOTH[:1]))

        assert found["ann@example.com"].text == "Dear {secret}"

    def test_line_break_in_the_data_of_a_subject_is_refused(self, outbox):
        data = {"ann@example.com": {"name": "Ann\r\nBcc: all@example.com"}}

        with pytest.raises(ValueError, match="The subject, with its data, holds a"):
            letter(data, to=BOTH[:1]).send()

        assert outbox.calls == 0

    def test_safe_html_stays_as_it_is_and_lazy_text_is_text(self, outbox):
        data = {"ann@example.com": {"name": mark_safe("<b>Ann</b>")}}  # noqa: S308
        data["bob@example.com"] = {"name": lazystr("B&B")}

        found = merged(outbox, letter(data))

        assert [found[address].html for address in BOTH] == [
            "<p>Dear <b>Ann</b></p>",
            "<p>Dear B&amp;B</p>",
        ]

    def test_names_in_any_script(self, outbox):
        one = message(body="亲爱的{姓名}", to=BOTH[:1])
        one.merge_data = {"ann@example.com": {"姓名": "小红"}}

        assert merged(outbox, one)["ann@example.com"].text == "亲爱的小红"

    def test_without_data_braces_mean_nothing(self, outbox):
        message(body="{name}").send()

        assert outbox.mails[0].text == "{name}"


class TestWithTemplate:
    """DirectMail fills in the data that goes along."""

    def test_each_call_has_its_own_data(self, outbox):
        one = message(body="", to=BOTH)
        one.template_id = "411558"
        one.merge_global_data = {"shop": "Ours", "name": "friend"}
        one.merge_data = {"ann@example.com": {"name": "<Ann>"}}

        found = merged(outbox, one)

        assert [parameters(found[address])["template"] for address in BOTH] == [
            {
                "template_id": "411558",
                "template_data": {"shop": "Ours", "name": "<Ann>"},
            },
            {
                "template_id": "411558",
                "template_data": {"shop": "Ours", "name": "friend"},
            },
        ]

    def test_template_by_hand_takes_the_data_too(self, outbox):
        one = message(body="", to=BOTH[:1])
        one.directmail = {"template": {"template_id": "1", "template_data": {"a": "1"}}}
        one.merge_data = {"ann@example.com": {"b": "2"}}

        one.send()

        assert parameters(outbox.mails[0])["template"] == {
            "template_id": "1",
            "template_data": {"a": "1", "b": "2"},
        }

    def test_subject_is_not_filled_in_here(self, outbox):
        one = message(body="", subject="Hi {name}", to=BOTH[:1])
        one.template_id, one.merge_data = "1", {"ann@example.com": {"name": "Ann"}}

        one.send()

        assert outbox.mails[0].subject == "Hi {name}"


class TestPersonalHeaders:
    """A subject, headers and metadata for each."""

    def test_headers_and_metadata_join_those_for_all(self, outbox):
        one = message(to=BOTH, headers={"X-User-All": "a"})
        one.metadata = {"order": 1, "all": True}
        one.merge_headers = {
            "ann@example.com": {
                "Subject": "For Ann",
                "List-Unsubscribe": "<https://example.com/u/ann>",
            }
        }
        one.merge_metadata = {"bob@example.com": {"order": 2}}

        found = merged(outbox, one)

        assert {
            address: (mail.subject, mail.headers) for address, mail in found.items()
        } == {
            "ann@example.com": (
                "For Ann",
                {
                    "X-User-All": "a",
                    "X-User-Notify-order": "1",
                    "X-User-Notify-all": "true",
                    "List-Unsubscribe": "<https://example.com/u/ann>",
                },
            ),
            "bob@example.com": (
                "Subject",
                {
                    "X-User-All": "a",
                    "X-User-Notify-order": "2",
                    "X-User-Notify-all": "true",
                },
            ),
        }

    def test_header_that_the_api_does_not_carry(self, outbox):
        one = message(to=BOTH)
        one.merge_headers = {"ann@example.com": {"X-Priority": "1"}}

        with pytest.raises(UnsupportedMessage, match=r'X-Priority.*POLICY."headers"'):
            one.send()

        assert outbox.calls == 0

    def test_eleventh_header_of_one_recipient_is_refused(self, outbox):
        one = message(to=BOTH, headers={f"X-User-{n}": "x" for n in range(10)})
        one.merge_metadata = {"bob@example.com": {"order": 2}}

        with pytest.raises(UnsupportedMessage, match="11 headers"):
            one.send()

        assert outbox.calls == 0


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"merge_data": ["x"]}, "merge_data is a list"),
        ({"merge_data": {"to@example.com": "x"}}, "merge_data has a str"),
        ({"merge_data": {"nobody": {}}}, "An address in merge_data has no domain"),
        ({"merge_data": {"to@example.com": {"n": 5}}}, "'n' in merge_data is a int"),
        ({"merge_global_data": {"n": None}}, "in merge_global_data is a NoneType"),
        ({"merge_global_data": "x"}, "merge_global_data is a str"),
        ({"merge_headers": {"to@example.com": {"a b": "x"}}}, "'a b' is not the name"),
        ({"merge_headers": {"to@example.com": {"X-User-A\n": "x"}}}, "line break"),
        ({"merge_metadata": {"to@example.com": {"a": []}}}, "'a'. is a list"),
        ({"template_id": "1", "merge_data": {"to@example.com": {"n": 1}}}, "a int"),
    ],
)
def test_what_cannot_be_merged_is_refused_with_its_name(outbox, values, what):
    one = message()
    for name, value in values.items():
        setattr(one, name, value)

    with pytest.raises(ValueError, match=what):
        one.send()

    assert outbox.calls == 0


def test_no_secret_of_the_data_is_in_an_error(outbox):
    one = letter({"ann@example.com": {"token": "geheim"}}, to=BOTH[:1])

    with pytest.raises(UnsupportedMessage) as caught:
        one.send()

    assert "geheim" not in str(caught.value)
    assert "ann@" not in str(caught.value)


WORDS = st.from_regex(r"\A\w{1,8}\Z")


@given(
    parts=st.lists(st.tuples(st.text(st.characters(exclude_characters="{}")), WORDS)),
    values=st.dictionaries(WORDS, st.text()),
)
def test_filled_text_is_the_text_with_its_values(parts, values):
    text = "".join(f"{before}{{{name}}}" for before, name in parts)
    data = {name: values.get(name, name) for _, name in parts}

    assert fill(text, data, "x") == "".join(b + data[name] for b, name in parts)


@pytest.mark.parametrize("html", [None, "<p>{name}</p>"])
def test_empty_data_leaves_no_subject_or_body_as_without_merging(outbox, html):
    one = message(subject="{name}", body="{name}")
    if html:
        one.attach_alternative(html, "text/html")
    one.merge_global_data = {"name": ""}

    one.send()

    (mail,) = outbox.mails
    assert mail.subject == "(no subject)"
    assert (mail.text, mail.html) == (("", "<p></p>") if html else ("\n", ""))


@pytest.mark.parametrize(
    ("text", "html", "left"),
    [
        ("Text", "{name}", {"text_body": "Text"}),
        ("{name}", "<p>", {"html_body": "<p>"}),
        ("{name}", "{name}", {"text_body": "\n"}),
    ],
)
def test_body_that_empty_data_leaves_nothing_of_is_left_out(outbox, text, html, left):
    one = message(body=text)
    one.attach_alternative(html, "text/html")
    one.merge_global_data = {"name": ""}

    one.send()

    (mail,) = outbox.mails
    found = parameters(mail)
    assert {n: found[n] for n in ("text_body", "html_body") if n in found} == left
