"""What the API cannot carry: the policies, and the attachments that are to come."""

from email.message import EmailMessage as MimeMessage
from email.mime.image import MIMEImage

import pytest

from django_directmail.api.errors import UnsupportedMessage
from tests.mime import message, with_html


def people(number):
    return [f"user{n}@example.com" for n in range(number)]


class TestPolicies:
    """What the API cannot carry."""

    PARTS = {
        "cc": lambda: message(cc=["cc@example.com"]),
        "headers": lambda: message(headers={"X-Priority": "1"}),
        "alternatives": lambda: alternative("text/calendar"),
        "inline_images": lambda: inline_image(),
        "reply_to": lambda: message(reply_to=people(2)),
        "tags": lambda: tagged("a", "b"),
    }

    @pytest.mark.parametrize("feature", PARTS)
    def test_error_names_the_part_and_sends_nothing(self, mailer, feature):
        outbox = mailer(POLICY={feature: "error"})

        with pytest.raises(UnsupportedMessage, match=f'POLICY."{feature}"') as caught:
            self.PARTS[feature]().send()

        assert caught.value.accepted == "no"
        assert outbox.calls == 0

    @pytest.mark.parametrize("feature", PARTS)
    def test_warn_sends_the_rest_and_logs_it(self, mailer, feature, caplog):
        outbox = mailer(POLICY={feature: "warn"})

        assert self.PARTS[feature]().send() == 1

        assert outbox.mails[0].to == ["to@example.com"]
        (record,) = caplog.records
        assert f'POLICY["{feature}"]' in record.message

    @pytest.mark.parametrize("feature", ["headers", "alternatives", "inline_images"])
    def test_default_is_an_error(self, outbox, feature):
        with pytest.raises(UnsupportedMessage):
            self.PARTS[feature]().send()

        assert outbox.calls == 0

    def test_second_html_alternative_is_not_dropped_in_silence(self, outbox):
        one = with_html()
        one.attach_alternative("<p>other</p>", "text/html")

        with pytest.raises(UnsupportedMessage, match="text/html"):
            one.send()

    @pytest.mark.parametrize("kind", ["text/HTML", "text/html; charset=utf-8"])
    def test_kind_is_read_without_case_and_parameters(self, mailer, kind):
        outbox = mailer()
        one = message()
        one.attach_alternative("<p>HTML</p>", kind)

        one.send()

        assert outbox.mails[0].html == "<p>HTML</p>"

    def test_body_of_another_kind_is_always_refused(self, mailer):
        outbox = mailer(POLICY={"alternatives": "warn"})
        one = message()
        one.content_subtype = "calendar"

        with pytest.raises(UnsupportedMessage, match="text/calendar"):
            one.send()

        assert outbox.calls == 0


def alternative(kind):
    one = with_html()
    one.attach_alternative("BEGIN:VCALENDAR", kind)
    return one


def inline_image():
    one = with_html(html='<img src="cid:logo">')
    image = MimeMessage()
    image.set_content(b"GIF89a", maintype="image", subtype="gif", cid="<logo>")
    # Django before 6.0 takes it only where nobody checks the class.
    one.attachments.append(image)
    return one


def tagged(*tags):
    one = message()
    one.tags = list(tags)
    return one


class TestAttachments:
    """Attachments are refused for now, each kind of them, by name."""

    @pytest.mark.parametrize(
        "attach",
        [
            lambda m: m.attach("a.txt", "text", "text/plain"),
            lambda m: m.attachments.append(("a.txt", b"\xff", None)),
            lambda m: m.attachments.append(part()),
            lambda m: m.attach("mail.eml", message(), "message/rfc822"),
        ],
        ids=["attach", "tuple", "part", "message"],
    )
    def test_attachment_is_refused_with_a_way_out(self, outbox, attach):
        one = message()
        attach(one)

        with pytest.raises(UnsupportedMessage, match="attachment.*SMTP"):
            one.send()

        assert outbox.calls == 0

    def test_attached_file_with_a_content_id_is_no_inline_image(self, mailer):
        outbox = mailer(POLICY={"inline_images": "warn"})
        one = message()
        file = MimeMessage()
        file.set_content(
            b"%PDF", "application", "pdf", disposition="attachment", cid="<file>"
        )
        one.attachments.append(file)

        with pytest.raises(UnsupportedMessage, match="attachment"):
            one.send()

        assert outbox.calls == 0

    def test_legacy_mime_image_with_content_id_is_inline(self, mailer):
        outbox = mailer(POLICY={"inline_images": "warn"})
        image = MIMEImage(b"GIF89a", "gif")
        image.add_header("Content-ID", "<logo>")
        one = message()
        one.attachments.append(image)

        assert one.send() == 1
        assert len(outbox.mails) == 1


def part():
    """Return a part as Django 6 takes it, without a Content-ID."""
    found = MimeMessage()
    found.set_content(b"data", "application", "pdf", filename="a.pdf")
    return found
