"""Leave to upload: what is asked, and what is read of the answer."""

import pickle
from dataclasses import fields

import pytest

from django_directmail.api import Client
from django_directmail.api.actions.files import (
    AuthorizeFileUpload,
    UploadAuthorization,
)
from django_directmail.api.signing import SIGNATURES
from tests.support.api_samples import KEY
from tests.support.http_servers import CannedServer, http

#: By the fields that ``single_send_mail_advance`` of the official SDK reads.
JSON = b"""{"RequestId": "R-1", "AccessKeyId": "LTAI4711", "Bucket": "dm-upload",
"EncodedPolicy": "eyJ9", "Endpoint": "oss-cn-hangzhou.aliyuncs.com",
"ObjectKey": "dm/4711", "Signature": "c2ln", "UseAccelerate": true}"""
XML = b"""<?xml version='1.0'?><AuthorizeFileUploadResponse>
<RequestId>R-1</RequestId><AccessKeyId>LTAI4711</AccessKeyId><Bucket>dm-upload</Bucket>
<EncodedPolicy>eyJ9</EncodedPolicy><Endpoint>oss-cn-hangzhou.aliyuncs.com</Endpoint>
<ObjectKey>dm/4711</ObjectKey><Signature>c2ln</Signature>
<UseAccelerate>true</UseAccelerate></AuthorizeFileUploadResponse>"""
READ = UploadAuthorization(
    request_id="R-1",
    access_key_id="LTAI4711",
    bucket="dm-upload",
    encoded_policy="eyJ9",
    endpoint="oss-cn-hangzhou.aliyuncs.com",
    object_key="dm/4711",
    signature="c2ln",
    use_accelerate=True,
)
ASKED = AuthorizeFileUpload(region_id="ap-southeast-1")


@pytest.mark.parametrize("body", [JSON, XML])
def test_the_answer_is_read(body):
    with CannedServer(http(200, body, Connection="close")) as server:
        assert server.client().call(ASKED) == READ


@pytest.mark.parametrize("value", [b"false", b"null", b'"false"'])
def test_no_acceleration_is_read_as_such(value):
    body = JSON.replace(b"true", value)

    with CannedServer(http(200, body, Connection="close")) as server:
        assert server.client().call(ASKED).use_accelerate is False


@pytest.mark.parametrize("signature", SIGNATURES)
def test_it_is_asked_of_the_platform_in_its_version(signature):
    client = Client(KEY, region="ap-southeast-1", signature=signature)

    request = client.prepare(ASKED).request

    assert request.url == "https://openplatform.aliyuncs.com/"
    assert request.data.version == "2019-12-19"
    assert request.data.parameters == {"Product": "Dm", "RegionId": "ap-southeast-1"}


def test_the_sandbox_answers_what_the_sdk_reads(sandbox, client, signature):
    client = Client(KEY, endpoint=sandbox.url, signature=signature)

    leave = client.call(ASKED)

    assert leave.endpoint == sandbox.url.removeprefix("http://")
    empty = [f.name for f in fields(leave) if getattr(leave, f.name) == ""]
    assert (empty, leave.use_accelerate) == ([], False)


def test_what_proves_the_leave_is_in_no_representation():
    shown = f"{READ} {READ!r} {[READ]}"

    assert shown == " ".join(["<UploadAuthorization R-1>"] * 2) + (
        " [<UploadAuthorization R-1>]"
    )
    assert pickle.loads(pickle.dumps(READ)) == READ
