"""
Files of a mail: each is uploaded to OSS, Alibaba's file store, before the mail is sent.

``upload(client, File("a.pdf", data))`` returns an attachment for ``SingleSendMail``. It
makes the requests that the official SDK makes: AuthorizeFileUpload, which says where
the file may go, and the form post of OSS (PostObject). What was uploaded belongs to one
mail; a failed upload is no mail, and can be repeated.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from django_directmail.api import transport
from django_directmail.api.actions.files import (
    AuthorizeFileUpload,
    UploadAuthorization,
)
from django_directmail.api.actions.mail import Attachment
from django_directmail.api.client import Client
from django_directmail.api.credentials import Credentials
from django_directmail.api.encoding import is_unicode
from django_directmail.api.error_codes import Rule, api_error
from django_directmail.api.errors import (
    DirectMailError,
    RejectedError,
    ServerError,
    ThrottledError,
    TransportError,
    UnsupportedMessage,
)
from django_directmail.api.responses import Answer, read_error, read_fields

__all__ = ["MAX_FILES", "MAX_SIZE", "File", "check_files", "upload"]

#: Files of one mail, and bytes of all of them in Base64, without line breaks. The
#: service counts headers and bodies, too (direct-mail/sdk-attachment): it has the last
#: word on a mail that comes near.
MAX_FILES = 100
MAX_SIZE = 15 * 1024 * 1024

#: The forms of what an answer puts into a URL. OSS's rule for a bucket, a host with or
#: without a port, and a key that ends neither URL nor header.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_ENDPOINT = re.compile(r"(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_KEY = re.compile(r"(?!/)[!-~]{1,1023}")
_NOT_IN_KEY = frozenset('"\\?#%@')

_STORE = "OSS, which keeps the file until the mail is sent,"
#: Its codes are its own: DirectMail's table has no advice for them.
_REFUSED = Rule(
    RejectedError,
    f"{_STORE} does not take it. If a second try ends so, too, ask Alibaba Cloud's"
    " support, or send a link instead.",
)
_BUSY = Rule(ThrottledError, f"{_STORE} is busy. Try again later.", retryable=True)
_FAILED = Rule(ServerError, f"{_STORE} failed. Try again later.", retryable=True)


@dataclass(frozen=True)
class File:
    """
    A file to attach: the ``name`` that recipients see, and its content.

    ``content`` is bytes, or a callable that returns them and is called when the file
    is uploaded. ``size`` is in bytes; without it the content is counted here, for
    which a callable is called once more. Raise :exc:`TypeError` for content that is
    no bytes.
    """

    name: str
    content: bytes | Callable[[], bytes] = field(repr=False)
    size: int = -1

    def __post_init__(self) -> None:
        if self.size == -1:
            object.__setattr__(self, "size", len(self.read()))

    def read(self) -> bytes:
        """Return the content; raise if it has another size than was said."""
        content = self.content() if callable(self.content) else self.content
        if not isinstance(content, bytes):
            raise TypeError(
                f"The content of a file is {type(content).__name__}; it must be bytes,"
                " or a callable that returns bytes."
            )
        size = len(content)
        if self.size not in (-1, size):
            # Not into the frame of a traceback, which error reports show.
            del content
            raise UnsupportedMessage(
                f"It has {size} bytes, but was said to have {self.size}. Give the right"
                " size, or none."
            )
        return content


def check_files(files: Sequence[File], *, first: int = 1) -> None:
    """
    Raise :exc:`~django_directmail.api.errors.UnsupportedMessage` for what cannot go.

    That is more than :data:`MAX_FILES` files or :data:`MAX_SIZE` bytes of Base64 in one
    mail, and a name that no mail can carry. ``first`` is the number of the first.
    """
    if len(files) > MAX_FILES:
        raise UnsupportedMessage(
            f"{len(files)} attachments; DirectMail takes {MAX_FILES}. Put them into an"
            " archive, or send links instead."
        )
    size = sum(4 * ((file.size + 2) // 3) for file in files)
    if size > MAX_SIZE:
        raise UnsupportedMessage(
            f"The attachments have {size} bytes in Base64; DirectMail takes {MAX_SIZE}"
            " (15 MB). Make them smaller, or send links instead."
        )
    for number, file in enumerate(files, start=first):
        wrong = _name_error(file.name)
        if wrong:
            raise UnsupportedMessage(
                f"The name of attachment {number} {wrong}. Give it another name."
            )


def _name_error(name: str) -> str:
    if not name:
        return "is empty"
    if name.splitlines() != [name]:
        return "has a line break"
    if not is_unicode(name):
        return "holds half of a surrogate pair, which is no character"
    return ""


def upload(
    client: Client,
    file: File,
    *,
    number: int = 1,
    credentials: Credentials | None = None,
    stop: threading.Event | None = None,
) -> Attachment:
    """
    Upload ``file`` and return it as an attachment of one mail.

    ``number`` counts from 1 and is how errors call the file. ``credentials`` and
    ``stop`` are as for :meth:`~django_directmail.api.client.Client.call`. Raise
    :exc:`~django_directmail.api.errors.UnsupportedMessage` if no mail can carry it, and
    another :exc:`~django_directmail.api.errors.DirectMailError` if it cannot be
    uploaded. Its ``accepted`` is ``"no"``: without its files, no mail was sent.
    """
    check_files([file], first=number)
    try:
        leave = client.call(
            AuthorizeFileUpload(region_id=client.region),
            credentials=credentials,
            stop=stop,
        )
        _check(leave)
        answer = transport.post(_build(client, leave, file), timeout=client.timeout)
        refusal = _read(leave, answer)
        # A store may repeat what it was sent: nothing of it in a traceback's frame.
        del answer
        if refusal is not None:
            raise refusal
    except DirectMailError as error:
        # It is new and ours alone, and so can be told what the mail's sender wants.
        error.args = (f"Attachment {number} was not uploaded. {error}",)
        error.retryable = error.retryable or error.accepted != "no"
        error.accepted = "no"
        raise
    return Attachment(
        attachment_name=file.name,
        # As the SDK writes it: over HTTP, and without any proof.
        attachment_url=f"http://{leave.bucket}.{leave.endpoint}/{leave.object_key}",
    )


def _check(leave: UploadAuthorization) -> None:
    """Refuse an answer of which no URL can be made, or which proves nothing."""
    fits = {
        "Bucket": _BUCKET.fullmatch(leave.bucket),
        "Endpoint": _ENDPOINT.fullmatch(leave.endpoint),
        "ObjectKey": _KEY.fullmatch(leave.object_key)
        and not _NOT_IN_KEY.intersection(leave.object_key),
        "AccessKeyId": leave.access_key_id,
        "EncodedPolicy": leave.encoded_policy,
        "Signature": leave.signature,
    }
    wrong = [name for name, fit in fits.items() if not fit]
    if wrong:
        raise TransportError(
            "AuthorizeFileUpload was answered without a usable"
            f" {', '.join(wrong)} (request {leave.request_id}). Is the endpoint right?"
        )


def _build(client: Client, leave: UploadAuthorization, file: File) -> transport.Post:
    """Return the form post of OSS: the fields, then the file, which must be last."""
    boundary = secrets.token_hex(16)
    fields = {
        "OSSAccessKeyId": leave.access_key_id,
        "Signature": leave.signature,
        # OSS does not know it, and the SDK sends it.
        "host": leave.endpoint,
        "key": leave.object_key,
        "policy": leave.encoded_policy,
        "success_action_status": "201",
    }
    line = '--{}\r\nContent-Disposition: form-data; name="{}"'
    parts = [
        f"{line.format(boundary, name)}\r\n\r\n{value}\r\n"
        for name, value in fields.items()
    ]
    parts.append(f'{line.format(boundary, "file")}; filename="{leave.object_key}"\r\n')
    head = "".join(parts) + "Content-Type: \r\n\r\n"
    url = _url(client, leave)
    return transport.Post(
        label=f"PostObject at {url}",
        url=url,
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        parts=(head.encode(), file.read(), f"\r\n--{boundary}--\r\n".encode()),
    )


def _url(client: Client, leave: UploadAuthorization) -> str:
    """Return where to post: a bucket is a host of its own, where hosts have names."""
    own = urlsplit(client.endpoint)
    host = urlsplit(f"//{leave.endpoint}").hostname or ""
    # The sandbox stands for all products. It cannot have a host for each of them.
    if host == "localhost" or leave.endpoint == own.netloc or _is_ip(host):
        return f"{own.scheme}://{leave.endpoint}/{leave.bucket}/"
    return f"{own.scheme}://{leave.bucket}.{leave.endpoint}/"


def _is_ip(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def _read(leave: UploadAuthorization, answer: Answer) -> DirectMailError | None:
    """Return the exception for all but a 201, which is what was asked for."""
    if answer.status == 201:
        return None
    found = read_fields(answer) or {}
    code = found.get("Code")
    if not isinstance(code, str) or not code:
        return read_error("PostObject", answer, {}, sends=None)
    status = answer.status
    return api_error(
        "PostObject",
        code=code,
        message=str(found.get("Message", "")),
        request_id=str(found.get("RequestId", "")),
        http_status=status,
        private=(
            leave.access_key_id,
            leave.encoded_policy,
            leave.signature,
            leave.object_key,
        ),
        rule=_BUSY if status == 429 else _FAILED if status >= 500 else _REFUSED,
    )
