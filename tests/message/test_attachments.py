"""Every kind of attachment, seen from where the files arrive."""

import io
from email.message import EmailMessage as MimeMessage
from email.message import MIMEPart
from email.mime.application import MIMEApplication
from email.mime.image import MIMEImage

import pytest
from django.core.files.base import ContentFile
from django.core.mail import EmailAttachment, EmailMessage
from django.utils.functional import lazystr

from django_directmail.api.errors import SendError, UnsupportedMessage
from django_directmail.backends import EmailBackend
from tests.support.messages import message


def arrived(outbox):
    """Return name and content of each file of the one mail that arrived."""
    (mail,) = outbox.mails
    return [(file.name, file.content) for file in mail.attachments]


def sent(outbox, *attachments):
    """Send a message with ``attachments``; return the files that arrived."""
    one = message()
    one.attachments.extend(attachments)
    assert one.send() == 1
    return arrived(outbox)


def part(**values):
    """Return a part as Django 6 takes it."""
    found = MIMEPart()
    values = {"filename": "a.pdf", **values}
    found.set_content(b"%PDF\r\n\0", "application", "pdf", **values)
    return found


def legacy_part():
    found = MIMEApplication(b"\0\xff", "x-data")
    found.add_header("Content-Disposition", "attachment", filename="ä.bin")
    return found


def nested():
    """Return a message of the standard library, and its bytes."""
    inner = MimeMessage()
    inner["Subject"] = "Inner"
    inner.set_content("Inside\n")
    return inner


class TestKinds:
    """Each arrives byte for byte, under its name."""

    @pytest.mark.parametrize(
        ("attachment", "name", "content"),
        [
            (("a.txt", "text", "text/plain"), "a.txt", b"text"),
            (("a.bin", b"\0\xff", None), "a.bin", b"\0\xff"),
            (EmailAttachment("a.bin", b"\r\n\n", "x/y"), "a.bin", b"\r\n\n"),
            (("发票.pdf", b"%PDF", "application/pdf"), "发票.pdf", b"%PDF"),
            (('a "b" &;.txt', "x", "text/plain"), 'a "b" &;.txt', b"x"),
            (("empty", b"", "x/y"), "empty", b""),
            (("a.txt", "käse\r\n", "text/plain"), "a.txt", b"k\xc3\xa4se\r\n"),
            ((lazystr("a.txt"), lazystr("x"), "text/plain"), "a.txt", b"x"),
            (("a.bin", bytearray(b"ab"), "x/y"), "a.bin", b"ab"),
            (("a.bin", memoryview(b"ab"), "x/y"), "a.bin", b"ab"),
            (("a.bin", io.BytesIO(b"ab"), "x/y"), "a.bin", b"ab"),
            (("a.txt", io.StringIO("ä"), "text/plain"), "a.txt", b"\xc3\xa4"),
            (("a.bin", ContentFile(b"ab"), "x/y"), "a.bin", b"ab"),
            (part(), "a.pdf", b"%PDF\r\n\0"),
            (legacy_part(), "ä.bin", b"\0\xff"),
            (("mail.eml", nested(), "message/rfc822"), "mail.eml", nested().as_bytes()),
        ],
    )
    def test_content_and_name(self, outbox, attachment, name, content):
        assert sent(outbox, attachment) == [(name, content)]

    def test_what_attach_makes(self, outbox):
        one = message()
        one.attach("a.txt", "text", "text/plain")
        one.attach("b.txt", b"text\xc3\xa4", "text/plain")
        one.attach("c.txt", b"\xff", "text/plain")
        one.attach("guess.png", b"\x89PNG")

        one.send()

        assert arrived(outbox) == [
            ("a.txt", b"text"),
            ("b.txt", b"text\xc3\xa4"),
            ("c.txt", b"\xff"),
            ("guess.png", b"\x89PNG"),
        ]

    def test_attached_file_of_the_disk(self, outbox, tmp_path):
        path = tmp_path / "bill.pdf"
        path.write_bytes(b"%PDF-1.7")
        one = message()
        one.attach_file(path)

        one.send()

        assert arrived(outbox) == [("bill.pdf", b"%PDF-1.7")]

    def test_django_message_becomes_a_file_of_mail(self, outbox):
        inner = EmailMessage("Inner", "Inside", "a@example.com", ["b@example.com"])

        ((name, content),) = sent(outbox, (None, inner, "message/rfc822"))

        assert name == "attachment-1.eml"
        assert b"Subject: Inner\n" in content
        # Django 6 ends it with a line break.
        assert content.rstrip(b"\n").endswith(b"\n\nInside")

    def test_part_with_a_message_inside_is_that_message(self, outbox):
        inner = nested()
        outer = MimeMessage()
        outer.set_content(inner)

        assert sent(outbox, outer) == [("attachment-1.eml", inner.as_bytes())]

    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            ("application/pdf", "attachment-1.pdf"),
            ("x/unknown", "attachment-1.bin"),
            (None, "attachment-1.bin"),
        ],
    )
    def test_file_without_a_name_gets_one(self, outbox, kind, name):
        assert sent(outbox, (None, b"x", kind)) == [(name, b"x")]

    def test_same_name_twice_is_two_files(self, outbox):
        found = sent(outbox, ("a.txt", "1", None), ("a.txt", "2", None))

        assert found == [("a.txt", b"1"), ("a.txt", b"2")]

    def test_message_encoding_is_that_of_its_text_files(self, outbox):
        one = message()
        one.encoding = "iso-8859-1"
        one.attach("a.txt", "ä", "text/plain")

        one.send()

        assert arrived(outbox) == [("a.txt", b"\xe4")]

    def test_file_object_is_left_where_it_was(self, outbox):
        file = io.BytesIO(b"head-body")
        file.seek(5)

        assert sent(outbox, ("a", file, "x/y")) == [("a", b"body")]
        assert file.tell() == 5

    def test_hundred_files_arrive_in_order(self, mailer):
        outbox = mailer(MAX_CONCURRENCY=8)

        files = [(f"{n}.txt", str(n), "text/plain") for n in range(100)]
        found = sent(outbox, *files)

        assert found == [(name, text.encode()) for name, text, _ in files]

    def test_attached_file_with_a_content_id_is_no_inline_image(self, outbox):
        file = part(disposition="attachment", cid="<file>")

        assert sent(outbox, file) == [("a.pdf", b"%PDF\r\n\0")]

    def test_legacy_image_with_a_content_id_is_inline(self, mailer):
        outbox = mailer(POLICY={"inline_images": "warn"})
        image = MIMEImage(b"GIF89a", "gif")
        image.add_header("Content-ID", "<logo>")

        assert sent(outbox, image) == []


class TestCalls:
    """An upload belongs to one call."""

    def test_each_call_has_uploads_of_its_own(self, mailer):
        outbox = mailer(SPLIT_RECIPIENTS=True)
        one = message(to=["a@example.com", "b@example.com"])
        one.attach("a.txt", "text", "text/plain")

        one.send()

        assert [[f.content for f in mail.attachments] for mail in outbox.mails] == [
            [b"text"],
            [b"text"],
        ]

    def test_message_can_be_sent_again(self, outbox):
        one = message()
        one.attach("a.txt", io.BytesIO(b"text"), "text/plain")

        one.send()
        one.send()

        assert [mail.attachments[0].content for mail in outbox.mails] == [b"text"] * 2


class Broken(io.BytesIO):
    """A file that fails while it is read."""

    def read(self, *args):
        raise OSError("the disk is gone: secret.pdf")


class TestBadInput:
    """A clear error, no call of that message, and the others of the list are sent."""

    @pytest.mark.parametrize(
        ("attachments", "text"),
        [
            ([("a", b"x", None)] * 101, "101 attachments; DirectMail takes 100"),
            ([("a", bytes(15 * 1024 * 1024 + 1), None)], "15 MB"),
            ([("a", Broken(), "x/y")], r"cannot be read \(OSError\)"),
            ([("a\r\nb", b"x", None)], "The name of attachment 1 holds a line break"),
            ([("a\u2028b", b"x", None)], "The name of attachment 1 has a line break"),
            ([("\ud800", b"x", None)], "The name of attachment 1 holds half"),
            ([("a", 5, "x/y")], "attachment 1 is of type int"),
            ([("a", None, "x/y")], "attachment 1 is of type NoneType"),
            (["a.txt"], "Attachment 1 is of type str"),
            ([("a.txt", "\ud800", "text/plain")], "cannot be made into bytes"),
        ],
    )
    def test_is_refused(self, outbox, attachments, text):
        bad, good = message(), message(subject="Good")
        bad.attachments.extend(attachments)

        with pytest.raises(SendError) as caught:
            EmailBackend().send_messages([bad, good])

        (failed,) = caught.value.failed
        assert isinstance(failed.error, UnsupportedMessage)
        with pytest.raises(UnsupportedMessage, match=text):
            raise failed.error
        assert "secret" not in str(failed.error)
        assert [mail.subject for mail in outbox.mails] == ["Good"]
        assert outbox.calls == 1

    def test_fifteen_megabytes_in_base64_are_the_limit(self, outbox):
        # Base64 makes four bytes of three.
        limit = 15 * 1024 * 1024 // 4 * 3

        sent(outbox, ("a", bytes(limit), None))
        with pytest.raises(UnsupportedMessage, match="15 MB"):
            sent(outbox, ("a", bytes(limit - 10), None), ("b", bytes(11), None))

        assert len(outbox.mails) == 1

    def test_what_else_is_wrong_is_found_before_any_upload(self, outbox):
        one = message(body="\ud800")
        one.attach("a.txt", "text", "text/plain")

        with pytest.raises(UnsupportedMessage, match="surrogate"):
            one.send()

        assert outbox.calls == 0


class TestFailedUploads:
    """That message alone fails; its mail surely was not sent."""

    @pytest.mark.parametrize(
        ("fault", "status"),
        [
            ({"kind": "drop_after", "action": "PostObject"}, "failed"),
            ({"kind": "garbage", "action": "PostObject"}, "failed"),
            ({"kind": "drop_after", "action": "AuthorizeFileUpload"}, "failed"),
            (
                {
                    "kind": "error",
                    "action": "AuthorizeFileUpload",
                    "code": "Forbidden.RAM",
                    "status": 403,
                },
                "rejected",
            ),
        ],
    )
    def test_failed_upload(self, mailer, fault, status):
        outbox = mailer(MAX_ATTEMPTS=1)
        outbox.add_fault(**fault)
        bad, good = message(), message(subject="Good")
        bad.attach("a.txt", "text", "text/plain")
        bad.attach("b.txt", "text", "text/plain")

        with pytest.raises(SendError) as caught:
            EmailBackend().send_messages([bad, good])

        (failed,) = caught.value.failed
        assert failed.error.accepted == "no"
        assert "Attachment 1 was not uploaded" in str(failed.error)
        assert bad.directmail_status.status == status
        assert [mail.subject for mail in outbox.mails] == ["Good"]
