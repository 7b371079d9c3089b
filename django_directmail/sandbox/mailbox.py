"""The mails that the sandbox accepted, in memory, up to a limit."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timezone
from typing import Any

from django_directmail.sandbox.http_request import ApiCall
from django_directmail.sandbox.validation import addresses, sent_headers

__all__ = ["Mail", "MailFile", "Mailbox"]

#: Parameters that prove who sends the call. They are checked, and then not kept.
HIDDEN = ("Signature", "SecurityToken")


@dataclass(frozen=True)
class MailFile:
    """One attachment: the name that the recipient sees, and the bytes."""

    name: str
    content: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return len(self.content)


@dataclass(frozen=True)
class Mail:
    """
    One accepted mail.

    ``id`` counts from 1 in the order of arrival. ``parameters`` are those of the call,
    under DirectMail's own names.
    """

    id: int
    received_at: str
    signature: str
    access_key_id: str
    env_id: str
    request_id: str
    sender: str
    sender_name: str
    to: list[str]
    bcc: list[str]
    reply_to: str
    reply_to_name: str
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    tag: str
    headers: dict[str, str]
    template: str
    notes: list[str]
    parameters: Mapping[str, str] = field(repr=False)
    attachments: tuple[MailFile, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return all fields for JSON; an attachment has a URL and not its bytes."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        found["attachments"] = [
            {
                "name": file.name,
                "size": file.size,
                "url": f"/mails/{self.id}/attachments/{number}",
            }
            for number, file in enumerate(self.attachments, start=1)
        ]
        return found

    @property
    def size(self) -> int:
        """Return roughly how many characters the mail has in memory."""
        received = sum(len(value) for value in self.parameters.values())
        # The texts of a single mail are those of its parameters. A batch has new ones:
        # with the values of the variables.
        texts = max(received, len(self.subject) + len(self.text) + len(self.html))
        return texts + sum(file.size for file in self.attachments)


class Mailbox:
    """
    The newest mails and refusals.

    There are at most ``capacity`` mails, of ``max_size`` characters together.
    """

    def __init__(self, capacity: int = 1000, max_size: int = 64 * 1024 * 1024) -> None:
        self.capacity = capacity
        self.max_size = max_size
        self._lock = threading.Lock()
        self._mails: OrderedDict[int, Mail] = OrderedDict()
        self._size = 0
        self._refused: deque[dict[str, str]] = deque(maxlen=20)
        self._last_id = 0
        self._revision = 0

    def accept(
        self,
        call: ApiCall,
        request_id: str,
        *,
        attachments: tuple[MailFile, ...] = (),
        copies: Iterable[Mapping[str, Any]] = ({},),
    ) -> Mail:
        """
        Store the mail of a call that passed all checks, and return it.

        For a batch, ``copies`` has one dict for each mail: the fields that differ from
        the parameters of the call. All its mails have one env id; the last is returned.
        """
        p = call.parameters
        headers, notes = sent_headers(p)
        with self._lock:
            self._revision += 1
            mail = Mail(
                id=self._last_id + 1,
                received_at=_now(),
                signature=call.signature,
                access_key_id=call.access_key_id,
                env_id=str(600_000_000_000 + self._last_id + 1),
                request_id=request_id,
                sender=p["AccountName"],
                sender_name=p.get("FromAlias", ""),
                to=addresses(p, "ToAddress"),
                bcc=addresses(p, "BccAddress"),
                reply_to=p.get("ReplyAddress", ""),
                reply_to_name=p.get("ReplyAddressAlias", ""),
                subject=p.get("Subject", ""),
                text=p.get("TextBody", ""),
                html=p.get("HtmlBody", ""),
                tag=p.get("TagName", ""),
                headers=headers,
                template=p.get("Template", ""),
                notes=notes,
                parameters={k: v for k, v in p.items() if k not in HIDDEN},
                attachments=attachments,
            )
            for copy in copies:
                self._last_id += 1
                fields = {**copy, "notes": [*notes, *copy.get("notes", ())]}
                mail = replace(mail, id=self._last_id, **fields)
                self._store(mail)
            return mail

    def _store(self, mail: Mail) -> None:
        self._mails[mail.id] = mail
        self._size += mail.size
        while len(self._mails) > self.capacity or (
            self._size > self.max_size and len(self._mails) > 1
        ):
            self._size -= self._mails.popitem(last=False)[1].size

    @property
    def revision(self) -> int:
        """Return a number that changes with each change of the mails."""
        return self._revision

    def all(self) -> list[Mail]:
        """Return the mails, oldest first."""
        with self._lock:
            return list(self._mails.values())

    def get(self, id: int) -> Mail | None:
        """Return one mail, or ``None`` if there is none with this id any more."""
        with self._lock:
            return self._mails.get(id)

    def note_refusal(self, code: str, message: str) -> None:
        """Store code and message of a refused call; the last 20 are kept."""
        with self._lock:
            self._refused.append({"at": _now(), "code": code, "message": message})

    def refused(self) -> list[dict[str, str]]:
        """Return time, code and message of the refused calls, newest first."""
        with self._lock:
            return list(reversed(self._refused))

    def clear(self) -> None:
        """Delete all mails and refusals; ids are not used again."""
        with self._lock:
            self._mails.clear()
            self._refused.clear()
            self._size = 0
            self._revision += 1


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
