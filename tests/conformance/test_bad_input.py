"""
Bad input in a list: a clear error, no call for it, and the others are sent.

``tests/message/test_attachments.py`` has the files, and
``tests/message/test_merge.py`` the merge data.
"""

import io

import pytest
from django.utils.functional import lazystr

from django_directmail.api.errors import SendError, UnsupportedMessage
from django_directmail.backends import EmailBackend
from tests.support.messages import message

TOO_LARGE = 15 * 1024 * 1024 + 1


class Closing(io.BytesIO):
    """A file that fails once some of it is read."""

    def read(self, size=-1):
        if self.tell():
            raise OSError("secret.pdf is gone")
        return super().read(5)


def with_attributes(**values):
    """Return a message with ``values`` set as they are, unchecked by Django."""
    one = message()
    for name, value in values.items():
        setattr(one, name, value)
    return one


BAD = [
    # What Django's constructor would not take, or does not look at.
    ({"to": "to@example.com"}, "message.to is of type str; make it a list"),
    ({"cc": None}, "message.cc is of type NoneType; make it a list"),
    ({"cc": [b"to@example.com"]}, "address in cc is of type bytes; make it text"),
    ({"reply_to": "a@example.com"}, "message.reply_to is of type str"),
    ({"from_email": None}, "address in from_email is None; make it text"),
    ({"from_email": "a@example.com, b@example.com"}, "from_email is not exactly one"),
    ({"extra_headers": None}, "headers are of type NoneType; make them a dict"),
    ({"extra_headers": [("X-User-A", "a")]}, "headers are of type list"),
    ({"attachments": None}, "message.attachments is of type NoneType; make it a list"),
    ({"attachments": [("a", b"x")]}, "Attachment 1 is of type tuple; attach"),
    ({"attachments": [("a", Closing(b"x" * 10), "x/y")]}, r"be read \(OSError\)"),
    (
        {"attachments": [("a", bytes(9), None), ("b", bytes(TOO_LARGE), None)]},
        r"DirectMail takes 15728640 \(15 MB\). Make them smaller, or send links",
    ),
    ({"alternatives": None}, "message.alternatives is of type NoneType"),
    ({"alternatives": [("a", "b", "c")]}, "Alternative 1 is of type tuple; attach_alt"),
    ({"alternatives": ["<p>"]}, "Alternative 1 is of type str; attach_alternative"),
    ({"alternatives": [(["a"], "text/html")]}, "message is of type list; make it text"),
    ({"body": {"a": 1}}, "A part of the message is of type dict; make it text"),
    ({"body": b"\xff"}, "A part of the message is not UTF-8. Decode it first"),
    ({"subject": ["a"]}, "A part of the message is of type list"),
    ({"subject": lazystr("a\ud800")}, "Subject holds half of a surrogate pair"),
    (
        {"to": [], "bcc": ["a@example.com", "b@example.com"], "subject": "a\ud800"},
        "^Subject holds half of a surrogate pair",
    ),
    (
        {
            "to": ["a@example.com", "b@example.com"],
            "body": "{n}",
            "merge_data": {
                "a@example.com": {"n": "a"},
                "b@example.com": {"n": "\ud800"},
            },
        },
        "^[A-Za-z]+ holds half of a surrogate pair",
    ),
    (
        {"attachments": [("a.txt", "a", "text/plain")], "subject": "a\ud800"},
        "^Subject holds half of a surrogate pair",
    ),
    # Headers.
    ({"extra_headers": {"X-User-A\r\nBcc": "a"}}, "The name of a header holds a line"),
    ({"extra_headers": {"X-User-A": "a\nb"}}, "X-User-A holds a line break, which"),
    ({"extra_headers": {"X-User-A": ["a"]}}, "header X-User-A is of type list"),
    ({"extra_headers": {"X-User-A": "1", "x-USER-a": "2"}}, "there twice: case makes"),
    ({"extra_headers": {"BCC": "a@example.com"}}, "Bcc would show hidden recipients"),
    (
        {"extra_headers": {f"X-User-{n}": "x" for n in range(11)}},
        "11 headers, metadata included; DirectMail keeps 10 and drops the others.",
    ),
    # Beyond Django.
    ({"tags": "news"}, "tags is of type str; make it a list"),
    ({"tags": b"news"}, "tags is of type bytes; make it a list"),
    ({"tags": {"news": True}}, "tags is of type dict; make it a list"),
    ({"tags": ["a\nb"]}, "A tag holds a line break"),
    ({"metadata": ["x"]}, "metadata is a list; make it a dict"),
    ({"metadata": {"a": object()}}, r"metadata\['a'\] is a object; it must be text"),
    ({"track_opens": True, "track_clicks": False}, "track_opens and track_clicks diff"),
    ({"template_id": ""}, "The template has no id. Set template_id"),
    ({"template_id": {"id": 1}}, "template_id is of type dict"),
    (
        {"directmail": {"template": {"template_id": "1", "template_data": {"n": 5}}}},
        "message.directmail: The template variable 'n' in template_data is a int; it",
    ),
    ({"directmail": {"template": {"id": "1"}}}, '"template_id" and "template_data"'),
    ({"directmail": {"subject": "a"}}, '"subject" comes from the message itself: set'),
    ({"directmail": ["tag_name"]}, "message.directmail: it is a list; it must be a di"),
    ({"esp_extra": {"tagname": "a"}}, 'message.esp_extra: "tagname" is not .*tag_name'),
    ({"esp_extra": {"click_trace": 2}}, '"click_trace" is 2; it must be True or Fal'),
    ({"esp_extra": {"address_type": 2}}, "\"address_type\" is '2'; it must be 0 or 1"),
    ({"esp_extra": {"from_alias": "a\nb"}}, '"from_alias" holds a line break'),
    ({"esp_extra": {"headers": {"X-Priority": "1"}}}, "not carry the header X-Prior"),
    ({"idempotency_key": ""}, "idempotency_key must be 1 to 255 printable characters"),
    ({"send_at": "2026-01-01"}, "message.send_at .* DirectMail sends at once"),
    ({"envelope_sender": "a@example.com"}, "message.envelope_sender .* from_email"),
    (
        {"merge_data": {"A@example.com": {}, "Ann <A@EXAMPLE.com>": {}}},
        "merge_data has one address twice",
    ),
]


@pytest.mark.parametrize(("values", "text"), BAD)
def test_bad_message_between_good_ones(outbox, values, text):
    messages = [message(subject="1"), with_attributes(**values), message(subject="2")]

    with pytest.raises(SendError) as caught:
        EmailBackend().send_messages(messages)

    (failed,) = caught.value.failed
    assert failed.position == 1
    assert isinstance(failed.error, (UnsupportedMessage, TypeError))
    with pytest.raises(type(failed.error), match=text):
        raise failed.error
    assert "example.com" not in str(failed.error).replace("user@example.com", "")
    assert messages[1].directmail_status.status == "rejected"
    assert [mail.subject for mail in outbox.mails] == ["1", "2"]
    assert outbox.calls == 2
