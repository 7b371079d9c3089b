"""The message of a visitor, and the answer to it."""

import json
from types import SimpleNamespace

import pytest

from django_directmail import sandbox as known
from tests.support.function_calls import (
    FORM,
    JSON,
    MESSAGE,
    ORIGIN,
    call,
    form_body,
    form_fields,
    gateway_event,
    index,
    post,
    texts,
    trigger_event,
)


class TestMessage:
    """What arrives at the owners."""

    def test_a_message_becomes_one_mail_to_the_fixed_recipients(self, directmail):
        status, _, body = post()

        (mail,) = directmail.mails
        assert (status, body["sent"]) == (200, True)
        assert mail.sender == "web@example.com"
        assert mail.to == ["office@example.com", "boss@example.com"]
        assert mail.reply_to == "ada@example.org"
        assert mail.subject == "[Contact] Ada Visitor"
        assert mail.text == (
            f"{MESSAGE['message']}\n\n--\nFrom: Ada Visitor <ada@example.org>\n"
            "Sent with the contact form.\n"
        )

    def test_fields_of_a_visitor_choose_neither_sender_nor_recipient(self, directmail):
        post(to="x@example.net", sender="x@example.net", subject="x", to_address="x")

        (mail,) = directmail.mails
        assert (mail.sender, mail.subject) == (
            "web@example.com",
            "[Contact] Ada Visitor",
        )
        assert mail.to == ["office@example.com", "boss@example.com"]

    @pytest.mark.parametrize("encode", [False, True], ids=["plain", "base64"])
    @pytest.mark.parametrize("as_text", [False, True], ids=["bytes", "text"])
    def test_events_of_a_gateway_are_read(self, directmail, encode, as_text):
        event = json.dumps(gateway_event(form_body(), encode=encode))

        status, _, _ = call(event if as_text else event.encode())

        assert status == 200
        assert len(directmail.mails) == 1

    def test_events_of_an_http_trigger_are_read(self, directmail):
        assert call(trigger_event(form_body()))[0] == 200
        assert len(directmail.mails) == 1

    def test_json_is_taken_as_well(self, directmail):
        event = gateway_event(
            json.dumps(MESSAGE), Content_Type=f"{JSON}; charset=utf-8"
        )

        assert call(event)[0] == 200
        assert MESSAGE["message"] in directmail.mails[0].text

    def test_an_address_that_directmail_refuses_is_only_in_the_text(self, directmail):
        status, _, _ = post(email="o'brien@example.org")

        assert status == 200
        assert directmail.mails[0].reply_to == ""
        assert "<o'brien@example.org>" in directmail.mails[0].text

    def test_the_longest_message_fits_into_a_body(self, directmail):
        longest = {"name": "😀" * 80, "message": "😀" * 5000}
        longest["email"] = f"{'a' * 178}@example.org"
        as_json = gateway_event(json.dumps({**MESSAGE, **longest}), Content_Type=JSON)

        assert call(gateway_event(form_body(**longest)))[0] == 200
        assert call(as_json)[0] == 200
        assert "😀" * 5000 in directmail.mails[0].text

    def test_temporary_credentials_of_the_function_come_first(self, directmail):
        credentials = SimpleNamespace(
            access_key_id=known.STS_ACCESS_KEY_ID,
            access_key_secret=known.STS_ACCESS_KEY_SECRET,
            security_token=known.STS_SECURITY_TOKEN,
        )

        call(gateway_event(form_body()), SimpleNamespace(credentials=credentials))

        assert directmail.mails[0].access_key_id == known.STS_ACCESS_KEY_ID


class TestRefusals:
    """What a visitor must correct, and what nobody may send."""

    @pytest.mark.parametrize(
        ("changes", "field", "words"),
        [
            ({"name": ""}, "name", "tell us your name"),
            ({"name": "  "}, "name", "tell us your name"),
            ({"name": "x" * 81}, "name", "81 characters; 80"),
            ({"name": "Ada\r\nBcc: x@example.net"}, "name", "one line"),
            ({"name": "Ada\u2028Bcc: x"}, "name", "one line"),
            ({"name": "Ada\0"}, "name", "one line"),
            ({"email": ""}, "email", "so that we can answer"),
            ({"email": "ada"}, "email", "name@example.com"),
            ({"email": "ada@example"}, "email", "name@example.com"),
            ({"email": "a@example.org,b@example.org"}, "email", "name@example.com"),
            ({"email": "a@example.org>"}, "email", "name@example.com"),
            ({"email": "a@example.org\nBcc: b@example.org"}, "email", "one line"),
            ({"email": "a\n@example.org"}, "email", "one line"),
            ({"email": f"{'a' * 200}@example.org"}, "email", "212 characters; 190"),
            ({"message": "\r\n \r\n"}, "message", "write a message"),
            ({"message": "x" * 5001}, "message", "5001 characters; 5000"),
        ],
    )
    def test_a_field_that_is_wrong_is_named(self, directmail, changes, field, words):
        status, headers, body = post(**changes)

        assert (status, body["field"]) == (400, field)
        assert words in body["error"]
        assert headers["Content-Type"] == "application/json; charset=utf-8"
        assert directmail.mails == []

    @pytest.mark.parametrize("value", [1, None, ["a"], {"a": "b"}, "\ud800", True])
    def test_json_that_is_not_text_is_refused(self, directmail, value):
        body = json.dumps({**MESSAGE, "name": value})

        status, _, answer = call(gateway_event(body, Content_Type=JSON))

        assert (status, answer["field"]) == (400, "name")
        assert directmail.mails == []

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            (JSON, b"{"),
            (JSON, b"[]"),
            (JSON, b'"text"'),
            (JSON, b""),
            (JSON, b"\xff"),
            (JSON, b"[" * 60_000),
            (JSON, b'{"name": ' + b"9" * 5000 + b"}"),
            (FORM, b"name=\xff"),
            (FORM, b"name=%FF"),
            (FORM, b"&".join(b"a=b" for _ in range(21))),
        ],
    )
    def test_a_body_that_cannot_be_read_is_a_bad_request(self, kind, body):
        status, _, answer = call(gateway_event(body, encode=True, Content_Type=kind))

        assert status == 400
        assert "cannot be read" in answer["error"]

    @pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "", "json"])
    def test_other_content_types_are_unsupported(self, directmail, kind):
        assert call(gateway_event(form_body(), Content_Type=kind))[0] == 415
        assert directmail.mails == []

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "post", "X"])
    def test_other_methods_are_not_allowed(self, method):
        status, headers, _ = call(gateway_event(form_body(), method=method))

        assert (status, headers["Allow"]) == (405, "POST, OPTIONS")

    def test_head_has_no_body(self):
        assert call(gateway_event(method="HEAD"))[::2] == (405, "")

    @pytest.mark.parametrize("encode", [False, True], ids=["plain", "base64"])
    def test_a_body_that_is_too_large_is_refused(self, encode):
        just = "x" * form_fields.MAX_BODY

        statuses = [
            call(gateway_event(just + more, encode=encode))[0] for more in ("", "x")
        ]

        assert statuses == [400, 413]

    def test_an_event_that_is_too_large_is_not_even_parsed(self):
        assert call(b"{" * (index.MAX_EVENT + 1))[0] == 413

    @pytest.mark.parametrize(
        "event",
        [
            None,
            b"",
            b"{",
            b"null",
            b"[]",
            b"{}",
            b'{"key": "value"}',
            b"\xff\xff",
            "[" * 9999,
        ]
        + [b'{"httpMethod": 1, "headers": [], "body": {}}', b'{"requestContext": []}'],
    )
    def test_an_event_that_is_no_request_is_explained_in_the_log(self, event, caplog):
        assert call(event)[0] == 400
        assert "neither httpMethod" in caplog.text

    @pytest.mark.parametrize("missing", ["headers", "body", "isBase64Encoded", "path"])
    def test_an_event_without_a_key_is_answered(self, missing):
        event = gateway_event(form_body())
        del event[missing]

        assert call(event)[0] in (200, 400, 415)

    def test_chinese_is_answered_in_chinese(self):
        answer = call(gateway_event(form_body(name=""), Accept_Language="zh-CN,en"))[2]

        assert answer["error"] == "请填写您的姓名。"

    def test_both_languages_have_the_same_places(self):
        places = {
            text: [
                sorted({part.split("}")[0] for part in t.split("{")[1:]}) for t in both
            ]
            for text, both in texts.TEXTS.items()
        }

        assert [text for text, (en, zh) in places.items() if en != zh] == []


class TestOrigins:
    """Which websites may have the form."""

    def test_an_allowed_origin_is_named_in_the_answer(self):
        headers = post()[1]

        assert headers["Access-Control-Allow-Origin"] == ORIGIN
        assert headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in headers

    def test_errors_have_the_headers_too(self):
        assert post(name="")[1]["Access-Control-Allow-Origin"] == ORIGIN

    @pytest.mark.parametrize(
        "origin",
        [f"{ORIGIN}.evil.test", "https://evil.test", "null", "*", ORIGIN.upper()],
    )
    def test_a_form_on_another_website_sends_nothing(self, directmail, origin):
        status, headers, _ = call(gateway_event(form_body(), Origin=origin))

        assert status == 403
        assert headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Origin" not in headers
        assert directmail.mails == []

    def test_preflight_of_an_allowed_origin_is_granted(self):
        event = gateway_event(method="OPTIONS", Access_Control_Request_Method="POST")

        status, headers, body = call(event)

        assert (status, body) == (204, "")
        assert headers["Access-Control-Allow-Origin"] == ORIGIN
        assert headers["Access-Control-Allow-Methods"] == "POST"
        assert headers["Access-Control-Allow-Headers"] == "Content-Type"

    def test_preflight_of_another_origin_is_not(self):
        headers = call(gateway_event(method="OPTIONS", Origin="https://evil.test"))[1]

        assert "Access-Control-Allow-Origin" not in headers


class TestWithoutJavaScript:
    """The browser shows the answer as it is."""

    def test_thanks_are_a_redirect_to_the_page_of_the_environment(self, monkeypatch):
        monkeypatch.setenv("CONTACT_THANKS_URL", f"{ORIGIN}/thanks.html")

        status, headers, _ = call(gateway_event(form_body(), Accept="text/html,*/*"))

        assert (status, headers["Location"]) == (303, f"{ORIGIN}/thanks.html")

    @pytest.mark.parametrize("name", ["", "Ada"])
    def test_the_answer_is_a_sentence(self, name):
        _, headers, body = call(gateway_event(form_body(name=name), Accept="text/html"))

        assert headers["Content-Type"] == "text/plain; charset=utf-8"
        assert body.endswith(".")
