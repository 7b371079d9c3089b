"""Files go up, and then out with one mail."""

import json
import re
import ssl
import subprocess
import sys
import tracemalloc
from urllib.parse import parse_qsl

import pytest
import trustme

from django_directmail.api import (
    Attachment,
    Client,
    Credentials,
    File,
    RejectedError,
    UnsupportedMessage,
    upload,
)
from django_directmail.api.uploads import MAX_FILES, MAX_SIZE, check_files
from django_directmail.sandbox import (
    STS_ACCESS_KEY_ID,
    STS_ACCESS_KEY_SECRET,
    STS_SECURITY_TOKEN,
    Sandbox,
)
from tests.support.api_samples import KEY, mail
from tests.support.http_servers import CannedServer, TunnelServer, http

#: The most that fits: 15 MB of Base64, which has 4 bytes for each 3.
MOST = 15 * 1024 * 1024 // 4 * 3
NAMES = [
    "a.txt",
    "发票 2026.pdf",
    "naïve é́\U0001f600.png",
    'a "b" \\ c;d=e%20&+.txt',
    "../../etc/passwd",
    "name of no type",
    "n" * 300,
]


class TestUpload:
    @pytest.mark.parametrize("content", [b"", b"\r\n--x--\r\n", bytes(range(256)) * 99])
    def test_the_content_arrives_byte_for_byte(self, sandbox, signature, content):
        client = Client(KEY, endpoint=sandbox.url, signature=signature)

        attachment = upload(client, File("a.bin", content))
        client.call(mail(attachments=[attachment]))

        (file,) = sandbox.mails[0].attachments
        assert (file.name, file.content, file.size) == ("a.bin", content, len(content))

    @pytest.mark.parametrize("name", NAMES)
    def test_the_name_arrives_as_it_is(self, sandbox, client, name):
        client.call(mail(attachments=[upload(client, File(name, b"x"))]))

        assert [file.name for file in sandbox.mails[0].attachments] == [name]

    def test_files_keep_their_order_and_may_share_a_name(self, sandbox, client):
        contents = [b"%d" % n for n in range(12)]
        files = [File("same.txt", content) for content in contents]

        uploaded = [upload(client, file) for file in files]
        client.call(mail(attachments=uploaded))

        (arrived,) = sandbox.mails
        assert [file.content for file in arrived.attachments] == contents

    def test_the_url_is_that_of_the_sdk(self, sandbox, client):
        attachment = upload(client, File("a.txt", b"x"))

        host = sandbox.url.removeprefix("http://")
        start, _, key = attachment.attachment_url.partition("/dm/")
        assert start == f"http://directmail-sandbox.{host}"
        assert attachment == Attachment(
            attachment_name="a.txt", attachment_url=f"{start}/dm/{key}"
        )

    def test_an_upload_belongs_to_one_mail(self, sandbox, client):
        action = mail(attachments=[upload(client, File("a.txt", b"x"))])
        client.call(action)

        with pytest.raises(RejectedError, match="another mail") as caught:
            client.call(action)

        assert caught.value.code == "InvalidAttachments.NotFound"
        assert len(sandbox.mails) == 1

    def test_temporary_credentials_may_upload(self, sandbox, signature):
        key = Credentials(STS_ACCESS_KEY_ID, STS_ACCESS_KEY_SECRET, STS_SECURITY_TOKEN)
        client = Client(key, endpoint=sandbox.url, signature=signature)

        client.call(mail(attachments=[upload(client, File("a.txt", b"x"))]))

        assert sandbox.mails[0].attachments[0].content == b"x"

    def test_all_goes_over_one_connection(self, sandbox, client):
        for _ in range(3):
            upload(client, File("a.txt", b"x" * 100_000))

        assert sandbox.connections == 1

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_a_host_without_names_below_it_is_addressed_by_path(self, sandbox, host):
        client = Client(KEY, endpoint=sandbox.url.replace("127.0.0.1", host))

        attachment = upload(client, File("a.txt", b"x"))

        assert attachment.attachment_url.startswith(f"http://directmail-sandbox.{host}")

    def test_the_newer_internet_protocol_works_as_well(self):
        try:
            sandbox = Sandbox(host="::1")
        except OSError:
            pytest.skip("This machine has no IPv6.")

        with sandbox:
            client = Client(KEY, endpoint=sandbox.url)
            client.call(mail(attachments=[upload(client, File("a", b"x"))]))

        assert sandbox.mails[0].attachments[0].content == b"x"


class TestForReal:
    """Names of real hosts, by way of a proxy that leads all of them to this machine."""

    @pytest.fixture
    def answers(self):
        """Yield a server that gives leave to upload to OSS, and then says 201."""
        leave = {
            "AccessKeyId": "LTAI",
            "Bucket": "dm-upload",
            "EncodedPolicy": "policy",
            "Endpoint": "oss-cn-hangzhou.aliyuncs.com",
            "ObjectKey": "dm/4711",
            "RequestId": "R",
            "Signature": "signature",
            "UseAccelerate": True,
        }
        with CannedServer(
            http(201, json.dumps(leave).encode(), Connection="close")
        ) as s:
            yield s

    @pytest.fixture
    def front(self, answers, tmp_path, monkeypatch):
        """Yield an HTTPS proxy in front of it, with certificates for both hosts."""
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(
            "openplatform.aliyuncs.com", "dm-upload.oss-cn-hangzhou.aliyuncs.com"
        ).configure_cert(context)
        authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
        with TunnelServer(answers.url, tls=context) as front:
            monkeypatch.setenv("HTTPS_PROXY", front.url)
            yield front

    def test_a_bucket_is_a_host_of_its_own_over_https(self, front):
        attachment = upload(Client(KEY), File("a.txt", b"x"))

        assert front.tunnels == [
            "openplatform.aliyuncs.com:443",
            "dm-upload.oss-cn-hangzhou.aliyuncs.com:443",
        ]
        asked, posted = front.received
        assert (asked.line, posted.line) == ("POST / HTTP/1.1",) * 2
        assert posted.headers["host"] == "dm-upload.oss-cn-hangzhou.aliyuncs.com"
        assert not {"authorization", "transfer-encoding"} & set(posted.headers)
        assert attachment.attachment_url == (
            "http://dm-upload.oss-cn-hangzhou.aliyuncs.com/dm/4711"
        )

    def test_the_post_is_as_plain_as_the_endpoint(self, answers, monkeypatch):
        monkeypatch.setenv("HTTP_PROXY", answers.url)

        upload(Client(KEY, endpoint="http://dm.invalid"), File("a.txt", b"x"))

        assert [received.line for received in answers.received] == [
            "POST http://dm.invalid/ HTTP/1.1",
            "POST http://dm-upload.oss-cn-hangzhou.aliyuncs.com/ HTTP/1.1",
        ]

    def test_a_host_that_stands_for_all_products_is_addressed_by_path(
        self, answers, monkeypatch
    ):
        monkeypatch.setenv("HTTP_PROXY", answers.url)
        leave = answers.answer.replace(
            b"oss-cn-hangzhou.aliyuncs.com", b"sandbox.test:8025"
        )
        answers.answer = leave.replace(b"Content-Length", b"X-Length")

        upload(Client(KEY, endpoint="http://sandbox.test:8025"), File("a.txt", b"x"))

        assert [received.line for received in answers.received] == [
            "POST http://sandbox.test:8025/ HTTP/1.1",
            "POST http://sandbox.test:8025/dm-upload/ HTTP/1.1",
        ]

    def test_the_region_of_the_mail_is_named(self, front, answers):
        upload(Client(KEY, region="ap-southeast-1"), File("a.txt", b"x"))

        body = dict(parse_qsl(front.received[0].body.decode()))
        assert (body["Product"], body["RegionId"]) == ("Dm", "ap-southeast-1")


class TestMemory:
    @pytest.fixture
    def away(self):
        """Yield the URL of a sandbox in a process of its own."""
        process = subprocess.Popen(
            [sys.executable, "-m", "django_directmail.sandbox", "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            yield re.search(r"http://\S+", process.stdout.readline())[0]
            process.kill()

    @pytest.mark.parametrize("kind", ["bytes", "callable"])
    def test_a_file_is_not_copied_to_be_sent(self, away, kind):
        content = b"x" * 8_000_000
        file = File("a", content if kind == "bytes" else lambda: content)
        client = Client(KEY, endpoint=away)
        upload(client, File("a", b"what is loaded once"))

        tracemalloc.start()
        upload(client, file)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert peak < 200_000


class TestFile:
    def test_bytes_are_not_copied(self):
        content = b"x" * 1000

        assert File("a", content).read() is content

    def test_a_callable_is_read_when_the_file_is_uploaded(self, sandbox, client):
        read = []
        file = File("a.txt", lambda: read.append(1) or b"late", size=4)
        check_files([file])
        assert read == []

        client.call(mail(attachments=[upload(client, file)]))

        assert read == [1]
        assert sandbox.mails[0].attachments[0].content == b"late"

    def test_a_callable_without_a_size_is_counted(self):
        assert File("a", lambda: b"four").size == 4

    def test_content_of_another_size_than_was_said_is_not_sent(self, client):
        file = File("a", lambda: b"five!", size=4)

        with pytest.raises(UnsupportedMessage) as caught:
            upload(client, file, number=2)

        assert str(caught.value) == (
            "Attachment 2 was not uploaded. It has 5 bytes, but was said to have 4."
            " Give the right size, or none."
        )

    @pytest.mark.parametrize("content", ["a", None, bytearray(b"x"), lambda: "text"])
    def test_what_is_no_bytes_is_refused(self, content):
        with pytest.raises(TypeError, match="must be bytes"):
            File("a", content)

    def test_its_content_is_not_in_its_representation(self):
        assert repr(File("a.txt", b"private")) == "File(name='a.txt', size=7)"


class TestLimits:
    def test_the_limits_are_those_of_the_help_pages(self):
        assert (MAX_FILES, MAX_SIZE) == (100, 15 * 1024 * 1024)

    def test_as_many_as_fit_are_taken(self):
        check_files([File("a", b"")] * 100)
        check_files([File("a", b"x" * MOST)])
        check_files([])

    def test_one_file_more_is_refused(self):
        with pytest.raises(UnsupportedMessage) as caught:
            check_files([File("a", b"")] * 101)

        assert str(caught.value) == (
            "101 attachments; DirectMail takes 100. Put them into an archive, or send"
            " links instead."
        )

    def test_one_byte_more_is_refused(self, sandbox, client):
        file = File("a", b"x" * (MOST + 1))

        with pytest.raises(UnsupportedMessage) as caught:
            upload(client, file)

        assert str(caught.value) == (
            "The attachments have 15728644 bytes in Base64; DirectMail takes 15728640"
            " (15 MB). Make them smaller, or send links instead."
        )
        assert sandbox.calls == 0

    def test_each_file_is_padded_for_itself(self):
        """One byte becomes four, whatever comes behind it."""
        third = MAX_SIZE // 4 // 3
        check_files([File("a", b"x" * (3 * third)), File("b", b"x" * (6 * third))])

        with pytest.raises(UnsupportedMessage, match=str(MAX_SIZE + 4)):
            check_files(
                [File("a", b"x" * (3 * third + 1)), File("b", b"x" * (6 * third - 1))]
            )

    def test_fifteen_megabytes_arrive(self, sandbox, client):
        file = File("a", b"x" * MOST)

        client.call(mail(attachments=[upload(client, file)]))

        assert sandbox.mails[0].attachments[0].content == file.content

    def test_a_hundred_files_arrive(self, sandbox, client):
        files = [upload(client, File(f"{n}.txt", b"x")) for n in range(100)]

        client.call(mail(attachments=files))

        names = [file.name for file in sandbox.mails[0].attachments]
        assert names == [f"{n}.txt" for n in range(100)]

    @pytest.mark.parametrize(
        ("name", "wrong"),
        [
            ("", "is empty"),
            ("a\r\nBcc: b@example.com", "has a line break"),
            ("a\n", "has a line break"),
            ("a\u2028b", "has a line break"),
            ("a\ud83d.txt", "holds half of a surrogate pair, which is no character"),
        ],
    )
    def test_a_name_that_no_mail_can_carry_is_refused(
        self, sandbox, client, name, wrong
    ):
        with pytest.raises(UnsupportedMessage) as caught:
            check_files([File("fine", b""), File(name, b"")])
        with pytest.raises(UnsupportedMessage) as again:
            upload(client, File(name, b""), number=2)

        text = f"The name of attachment 2 {wrong}. Give it another name."
        assert [str(caught.value), str(again.value)] == [text, text]
        assert sandbox.calls == 0
