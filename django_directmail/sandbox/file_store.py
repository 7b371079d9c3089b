"""
The file store: leave to upload, the form post of OSS, and who may have what is there.

OSS's rules are those of its page on PostObject; how DirectMail words the refusal of an
attachment is not documented, and is our own.
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

from django_directmail.sandbox.authentication import BUCKET, Call, HttpCall
from django_directmail.sandbox.mailbox import MailFile
from django_directmail.sandbox.request_body import MalformedForm, parse_parts
from django_directmail.sandbox.responses import (
    HttpAnswer,
    Refusal,
    new_request_id,
    render_xml,
)

__all__ = ["Files", "sign"]

#: Limits of one mail: files, and bytes of all of them in Base64.
MAX_FILES = 100
MAX_SIZE = 15 * 1024 * 1024
#: Bytes of uploads that wait for their mail; then the oldest go.
MAX_WAITING = 64 * 1024 * 1024
#: Seconds for which a leave to upload is good.
LIFETIME = 600

NAME = re.compile(r"Attachments\.([1-9][0-9]{0,3})\.Attachment(Name|Url)")


def sign(policy: str, secret: str) -> str:
    """Return OSS's signature of an encoded policy."""
    digest = hmac.new(secret.encode(), policy.encode(), sha1).digest()
    return base64.b64encode(digest).decode()


class Files:
    """Files that were uploaded and wait for the one mail that they are for."""

    version = "2019-12-19"

    def __init__(self) -> None:
        self.lifetime = LIFETIME
        self.max_waiting = MAX_WAITING
        self.access_key_id = "sandbox-oss-id"
        # Not one that everybody knows: a web page could fill the memory with it.
        self.secret = secrets.token_hex(16)
        #: Action to the method that carries it out.
        self.actions: dict[str, Callable[[Call], Mapping[str, Any]]] = {
            "AuthorizeFileUpload": self._authorize_file_upload,
        }
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, bytes] = OrderedDict()

    def _authorize_file_upload(self, call: Call) -> Mapping[str, Any]:
        if call.parameters.get("Product") != "Dm":
            raise Refusal(400, "InvalidProduct.NotFound", "Product must be Dm.")
        key = f"dm/{uuid.uuid4().hex}"
        policy = self._make_policy(key)
        return {
            "RequestId": new_request_id(),
            "AccessKeyId": self.access_key_id,
            "Bucket": BUCKET,
            "EncodedPolicy": policy,
            # As the caller addressed us, so that it finds us again.
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

    def post_object(self, http: HttpCall) -> HttpAnswer:
        """Take the form post of a file; raise :exc:`Refusal` as OSS would refuse it."""
        if http.method != "POST":
            raise Refusal(405, "MethodNotAllowed", "The sandbox knows PostObject only.")
        try:
            parts = parse_parts(http.headers, http.body)
        except MalformedForm as error:
            raise Refusal(400, "MalformedPOSTRequest", str(error)) from None
        *fields, (last, content) = parts
        if last != "file":
            raise Refusal(
                400, "InvalidArgument", "The file must be the last field of the form."
            )
        form = {name: value.decode(errors="replace") for name, value in fields}
        self._check(form, len(content))
        self.keep(form["key"], content)
        return _created(form, content, http.host)

    def _check(self, form: Mapping[str, str], size: int) -> None:
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

    def keep(self, key: str, content: bytes) -> None:
        """Let ``content`` wait under ``key``; if need be, the oldest make room."""
        with self._lock:
            self._waiting.pop(key, None)
            self._waiting[key] = content
            size = sum(map(len, self._waiting.values()))
            while size > self.max_waiting and len(self._waiting) > 1:
                size -= len(self._waiting.popitem(last=False)[1])

    def take(self, parameters: Mapping[str, str]) -> tuple[MailFile, ...]:
        """
        Return the files that a mail names, which are gone for any other mail.

        Raise :exc:`Refusal` if one is not there, or if a mail cannot have them.
        """
        named = _read_attachments(parameters)
        with self._lock:
            keys = [_key(url) for _, url in named]
            missing = [at for at, key in enumerate(keys, 1) if key not in self._waiting]
            if missing or len(set(keys)) < len(keys):
                number = missing[0] if missing else len(keys)
                raise Refusal(
                    400,
                    "InvalidAttachments.NotFound",
                    f"Attachment {number} is not in the file store: it was not uploaded"
                    " here, or went out with another mail.",
                )
            size = sum(4 * ((len(self._waiting[key]) + 2) // 3) for key in keys)
            if size > MAX_SIZE:
                raise Refusal(
                    400,
                    "InvalidAttachments.TooLarge",
                    f"{size} bytes of attachments in Base64; {MAX_SIZE} at most.",
                )
            contents = [self._waiting.pop(key) for key in keys]
        return tuple(
            MailFile(name, content)
            for (name, _), content in zip(named, contents, strict=True)
        )


def _check_policy(form: Mapping[str, str], size: int) -> None:
    """Hold what was sent against the policy, whose signature was found right."""
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


def _created(form: Mapping[str, str], content: bytes, host: str) -> HttpAnswer:
    if form.get("success_action_status") != "201":
        return HttpAnswer(204, b"")
    etag = f'"{md5(content, usedforsecurity=False).hexdigest().upper()}"'
    fields = {
        "Bucket": BUCKET,
        "Location": f"http://{host}/{form['key']}",
        "Key": form["key"],
        "ETag": etag,
    }
    return render_xml(201, "PostResponse", fields)


def _read_attachments(parameters: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return name and URL of each attachment, which must be numbered without gaps."""
    given: dict[int, dict[str, str]] = {}
    for name, value in parameters.items():
        found = NAME.fullmatch(name)
        if found:
            given.setdefault(int(found[1]), {})[found[2]] = value
        elif name.startswith("Attachments"):
            raise _malformed(f"{name} is no parameter.")
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
