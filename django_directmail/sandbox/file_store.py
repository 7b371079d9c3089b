"""
The file store for attachments: upload authorisation, upload, and use in a mail.

The upload is checked as OSS documents it for PostObject. DirectMail does not document
its error codes for attachments: those here are our own.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
import secrets
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from hashlib import md5, sha1
from typing import Any

from django_directmail.sandbox.http_request import BUCKET, ApiCall, HttpRequest
from django_directmail.sandbox.mailbox import MailFile
from django_directmail.sandbox.request_body import MalformedForm, parse_parts
from django_directmail.sandbox.responses import (
    HttpResponse,
    Refusal,
    new_request_id,
    render_xml,
)

__all__ = ["FileStore", "sign"]

#: Limits of one mail: the number of files, and their bytes in Base64.
MAX_FILES = 100
MAX_SIZE = 15 * 1024 * 1024
#: Bytes of files that no mail has used yet. Above this, the oldest are deleted.
MAX_UNUSED = 64 * 1024 * 1024
#: Seconds for which an upload authorisation is valid.
LIFETIME = 600

NAME = re.compile(r"Attachments\.([1-9][0-9]{0,3})\.Attachment(Name|Url)")


def sign(policy: str, secret: str) -> str:
    """Return the signature that OSS expects for an encoded policy."""
    digest = hmac.new(secret.encode(), policy.encode(), sha1).digest()
    return base64.b64encode(digest).decode()


class FileStore:
    """The uploaded files that no mail has used yet. One mail can use a file."""

    version = "2019-12-19"

    def __init__(self) -> None:
        self.lifetime = LIFETIME
        self.max_unused = MAX_UNUSED
        self.access_key_id = "sandbox-oss-id"
        # Random: with a known secret, any web page could fill the memory with files.
        self.secret = secrets.token_hex(16)
        #: For each action the method that executes it.
        self.actions: dict[str, Callable[[ApiCall], Mapping[str, Any]]] = {
            "AuthorizeFileUpload": self._authorize_file_upload,
        }
        self._lock = threading.Lock()
        self._unused: OrderedDict[str, bytes] = OrderedDict()

    def _authorize_file_upload(self, call: ApiCall) -> Mapping[str, Any]:
        if call.parameters.get("Product") != "Dm":
            raise Refusal(400, "InvalidProduct.NotFound", "Product must be Dm.")
        key = f"dm/{uuid.uuid4().hex}"
        policy = self._make_policy(key)
        return {
            "RequestId": new_request_id(),
            "AccessKeyId": self.access_key_id,
            "Bucket": BUCKET,
            "EncodedPolicy": policy,
            # The client reaches the sandbox under the host that it used for this call.
            "Endpoint": call.host,
            "ObjectKey": key,
            "Signature": sign(policy, self.secret),
            "UseAccelerate": False,
        }

    def _make_policy(self, key: str) -> str:
        end = datetime.now(timezone.utc) + timedelta(seconds=self.lifetime)
        policy = {
            "expiration": end.isoformat(timespec="milliseconds")[:-6] + "Z",
            "conditions": [
                {"bucket": BUCKET},
                ["eq", "$key", key],
                ["content-length-range", 0, MAX_SIZE],
            ],
        }
        return base64.b64encode(json.dumps(policy).encode()).decode()

    def post_object(self, request: HttpRequest) -> HttpResponse:
        """Store the file of a form; raise :exc:`Refusal` for what OSS would refuse."""
        if request.method != "POST":
            raise Refusal(
                405, "MethodNotAllowed", "The sandbox supports PostObject only."
            )
        try:
            parts = parse_parts(request.headers, request.body)
        except MalformedForm as error:
            raise Refusal(400, "MalformedPOSTRequest", str(error)) from None
        *fields, (last, content) = parts
        if last != "file":
            raise Refusal(
                400, "InvalidArgument", "The file must be the last field of the form."
            )
        form = {name: value.decode(errors="replace") for name, value in fields}
        self._check_form(form, len(content))
        self.add(form["key"], content)
        return _upload_response(form, content, request.host)

    def _check_form(self, form: Mapping[str, str], size: int) -> None:
        for name in ("OSSAccessKeyId", "policy", "Signature", "key"):
            if not form.get(name):
                raise Refusal(400, "InvalidArgument", f"The form has no field {name}.")
        if form["OSSAccessKeyId"] != self.access_key_id:
            raise Refusal(
                403, "InvalidAccessKeyId", "The OSS Access Key Id does not exist."
            )
        expected = sign(form["policy"], self.secret)
        if not hmac.compare_digest(expected.encode(), form["Signature"].encode()):
            raise Refusal(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you"
                " provided. Check your key and signing method.",
            )
        _check_policy(form, size)

    def add(self, key: str, content: bytes) -> None:
        """Store ``content`` under ``key``; delete the oldest files above the limit."""
        with self._lock:
            self._unused.pop(key, None)
            self._unused[key] = content
            size = sum(map(len, self._unused.values()))
            while size > self.max_unused and len(self._unused) > 1:
                size -= len(self._unused.popitem(last=False)[1])

    def take(self, parameters: Mapping[str, str]) -> tuple[MailFile, ...]:
        """
        Return the files of a mail, and remove them: no other mail can use them.

        Raise :exc:`Refusal`, and remove none, if a file is missing or a limit exceeded.
        """
        named = _read_attachments(parameters)
        with self._lock:
            keys = [_key(url) for _, url in named]
            missing = [at for at, key in enumerate(keys, 1) if key not in self._unused]
            if missing or len(set(keys)) < len(keys):
                number = missing[0] if missing else len(keys)
                raise Refusal(
                    400,
                    "InvalidAttachments.NotFound",
                    f"Attachment {number} is not in the file store: it was not uploaded"
                    " here, or another mail has used it.",
                )
            size = sum(4 * ((len(self._unused[key]) + 2) // 3) for key in keys)
            if size > MAX_SIZE:
                raise Refusal(
                    400,
                    "InvalidAttachments.TooLarge",
                    f"{size} bytes of attachments in Base64; {MAX_SIZE} at most.",
                )
            contents = [self._unused.pop(key) for key in keys]
        return tuple(
            MailFile(name, content)
            for (name, _), content in zip(named, contents, strict=True)
        )


def _check_policy(form: Mapping[str, str], size: int) -> None:
    """Check the form against its policy, whose signature is correct."""
    try:
        policy = json.loads(base64.b64decode(form["policy"], validate=True))
        end = datetime.strptime(policy["expiration"], "%Y-%m-%dT%H:%M:%S.%fZ")
        conditions = policy["conditions"]
    except (ValueError, LookupError, TypeError, binascii.Error):
        raise Refusal(400, "InvalidPolicyDocument", "Invalid Policy.") from None
    if end.replace(tzinfo=timezone.utc) < datetime.now(timezone.utc):
        raise Refusal(
            403, "AccessDenied", "Invalid according to Policy: Policy expired."
        )
    if ["eq", "$key", form["key"]] not in conditions:
        raise Refusal(
            403,
            "AccessDenied",
            "Invalid according to Policy: Policy Condition failed: key.",
        )
    if size > MAX_SIZE:
        raise Refusal(
            400,
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed object size.",
        )


def _upload_response(
    form: Mapping[str, str], content: bytes, host: str
) -> HttpResponse:
    if form.get("success_action_status") != "201":
        return HttpResponse(204, b"")
    etag = f'"{md5(content, usedforsecurity=False).hexdigest().upper()}"'
    fields = {
        "Bucket": BUCKET,
        "Location": f"http://{host}/{form['key']}",
        "Key": form["key"],
        "ETag": etag,
    }
    return render_xml(201, "PostResponse", fields)


def _read_attachments(parameters: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return name and URL of each attachment in the order of their numbers."""
    given: dict[int, dict[str, str]] = {}
    for name, value in parameters.items():
        found = NAME.fullmatch(name)
        if found:
            given.setdefault(int(found[1]), {})[found[2]] = value
        elif name.startswith("Attachments"):
            raise _malformed(f"{name} is not a parameter.")
    if len(given) > MAX_FILES:
        raise Refusal(
            400,
            "InvalidAttachments.TooMany",
            f"{len(given)} attachments; {MAX_FILES} at most.",
        )
    if sorted(given) != list(range(1, len(given) + 1)):
        raise _malformed("The attachments must be numbered from 1, without gaps.")
    for number, one in given.items():
        if not one.get("Name") or not one.get("Url"):
            raise _malformed(f"Attachment {number} needs a name and a URL.")
    return [(given[at]["Name"], given[at]["Url"]) for at in sorted(given)]


def _malformed(message: str) -> Refusal:
    return Refusal(400, "InvalidAttachments.Malformed", message)


def _key(url: str) -> str:
    """Return the key of ``http://<bucket>.<host>/<key>``; ``""`` for another bucket."""
    found = re.fullmatch(rf"http://{BUCKET}\.[^/]+/(.+)", url)
    return found[1] if found else ""
