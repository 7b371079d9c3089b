"""The unmodified official SDK sends a mail with files, through a TLS proxy."""

import io
import json
import re
import ssl
from urllib.parse import parse_qsl, urlsplit

import pytest
import trustme
from alibabacloud_dm20151123 import models
from alibabacloud_dm20151123.client import Client as SdkClient
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_openapi.utils import Utils
from darabonba.runtime import RuntimeOptions
from darabonba.utils.form import FileField, Form

from django_directmail.api import Client, File, upload
from django_directmail.api.actions.files import AuthorizeFileUpload
from django_directmail.sandbox import ACCESS_KEY_ID, ACCESS_KEY_SECRET
from django_directmail.sandbox.http_request import BUCKET
from tests.support.api_samples import KEY
from tests.support.http_servers import CannedServer, TunnelServer, http

#: What OpenPlatform answers. The values are made up.
AUTHORISATION = {
    "AccessKeyId": "LTAI-of-the-platform",
    "Bucket": "dm-upload",
    "EncodedPolicy": "eyJleHBpcmF0aW9uIjoiIn0=",
    "Endpoint": "oss-cn-hangzhou.aliyuncs.com",
    "ObjectKey": "dm/4711",
    "RequestId": "R",
    "Signature": "c2lnbmF0dXJl",
    "UseAccelerate": False,
}


def sdk(endpoint, **options):
    """Return the SDK's client for ``endpoint``, for the platform's actions, too."""
    host = urlsplit(endpoint).netloc
    client = SdkClient(
        Config(
            access_key_id=ACCESS_KEY_ID,
            access_key_secret=ACCESS_KEY_SECRET,
            endpoint=host,
            protocol="http",
            region_id="cn-hangzhou",
            **options,
        )
    )
    # It reads this, and has no option that sets it.
    client._open_platform_endpoint = host
    return client


def sdk_mail(*files):
    """Return the SDK's request for a mail with ``files``, pairs of name and content."""
    return models.SingleSendMailAdvanceRequest(
        account_name="a@example.com",
        address_type=1,
        reply_to_address=False,
        to_address="b@example.org",
        subject="Subject",
        text_body="Text",
        attachments=[
            models.SingleSendMailAdvanceRequestAttachments(
                attachment_name=name, attachment_url_object=io.BytesIO(content)
            )
            for name, content in files
        ],
    )


@pytest.fixture
def front(sandbox, tmp_path):
    """Yield a proxy that answers for the host of the bucket, over HTTPS."""
    authority = trustme.CA()
    host = f"{BUCKET}.127.0.0.1"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    with TunnelServer(sandbox.url, tls=context) as front:
        front.ca = str(tmp_path / "authority.pem")
        yield front


@pytest.fixture
def runtime(front):
    """Return the SDK's options to use the proxy."""
    return RuntimeOptions(https_proxy=front.url, ca=front.ca)


@pytest.mark.parametrize("algorithm", ["v2", None])
def test_its_mail_arrives_with_its_files(sandbox, runtime, front, algorithm):
    client = sdk(sandbox.url, signature_algorithm=algorithm)
    files = [("发票.pdf", bytes(range(256)) * 40), ("b.txt", b"b\r\n--"), ("c", b"c")]

    client.single_send_mail_advance(sdk_mail(*files), runtime)

    (mail,) = sandbox.mails
    assert [(file.name, file.content) for file in mail.attachments] == files
    port = urlsplit(sandbox.url).port
    assert front.tunnels == [f"{BUCKET}.127.0.0.1:{port}"] * 3


def test_it_reads_the_refusal_of_an_upload(sandbox, runtime):
    sandbox.add_fault("error", action="PostObject", code="AccessDenied", status=403)

    with pytest.raises(Exception, match="code: 403|AccessDenied") as caught:
        sdk(sandbox.url).single_send_mail_advance(sdk_mail(("a", b"a")), runtime)

    assert caught.value.code == "AccessDenied"
    assert sandbox.mails == []


def test_our_question_is_its_question():
    answer = http(400, json.dumps({"Code": "No", "RequestId": "R"}).encode())
    with CannedServer(answer) as server, pytest.raises(Exception, match="No"):
        sdk(server.url).single_send_mail_advance(
            sdk_mail(("a", b"a")), RuntimeOptions()
        )
    (received,) = server.received

    ours = AuthorizeFileUpload(region_id="cn-hangzhou")

    method, path, _ = received.line.split()
    assert method == "GET"
    assert dict(parse_qsl(urlsplit(path).query)) == ours.parameters()
    assert received.headers["x-acs-action"] == ours.action_name()
    assert received.headers["x-acs-version"] == ours.version


def test_the_platform_s_host_is_its():
    # It is a default in the middle of a method.
    names = SdkClient.single_send_mail_advance.__code__.co_consts

    assert AuthorizeFileUpload.host in names


@pytest.mark.parametrize("content", [b"", b"PDF\r\n", b"\0" * 70_000])
def test_our_form_is_its_form_byte_for_byte(content):
    """One answer is enough for both of our requests."""
    with CannedServer(b"") as server:
        endpoint = server.url.removeprefix("http://")
        answer = json.dumps(AUTHORISATION | {"Endpoint": endpoint}).encode()
        server.answer = http(201, answer, Connection="close")
        upload(Client(KEY, endpoint=server.url), File("a.pdf", content))
    _, received = server.received
    boundary = received.headers["content-type"].partition("boundary=")[2]

    theirs = Form.to_file_form(
        {
            "host": Utils.get_endpoint(endpoint, AUTHORISATION["UseAccelerate"], None),
            "OSSAccessKeyId": AUTHORISATION["AccessKeyId"],
            "policy": AUTHORISATION["EncodedPolicy"],
            "Signature": AUTHORISATION["Signature"],
            "key": AUTHORISATION["ObjectKey"],
            "file": FileField(
                filename=AUTHORISATION["ObjectKey"],
                content=io.BytesIO(content),
                content_type="",
            ),
            "success_action_status": "201",
        },
        boundary,
    )

    assert received.body == b"".join(theirs)
    assert received.headers["content-length"] == str(len(theirs))


def test_the_accelerated_host_is_for_those_who_ask_the_sdk_for_it():
    """We do as it does by itself, whatever the answer says of acceleration."""
    host = AUTHORISATION["Endpoint"]

    assert Utils.get_endpoint(host, True, None) == host
    assert Utils.get_endpoint(host, True, "accelerate") != host


def test_the_fields_come_in_the_order_of_the_sdk(sandbox, runtime, front):
    sdk(sandbox.url).single_send_mail_advance(sdk_mail(("a", b"a")), runtime)

    names = re.findall(rb' name="(\w+)"', front.received[0].body)
    assert [name.decode() for name in names] == [
        "OSSAccessKeyId",
        "Signature",
        "host",
        "key",
        "policy",
        "success_action_status",
        "file",
    ]
