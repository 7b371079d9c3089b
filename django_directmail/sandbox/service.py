"""The service behind the gateway: finds who carries out a call, and answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django_directmail.api.redaction import redact
from django_directmail.sandbox.account_queries import Queries
from django_directmail.sandbox.accounts import Senders
from django_directmail.sandbox.authentication import (
    Call,
    HttpCall,
    Nonces,
    authenticate,
    read_format,
)
from django_directmail.sandbox.delivery_statistics import Statistics
from django_directmail.sandbox.domains_tags_templates import Console
from django_directmail.sandbox.file_store import Files
from django_directmail.sandbox.mail_actions import Sending
from django_directmail.sandbox.mailbox import Mailbox
from django_directmail.sandbox.responses import (
    HttpAnswer,
    Refusal,
    new_request_id,
    render_error,
    render_result,
    render_xml,
)
from django_directmail.sandbox.sms_service import ShortMessages

__all__ = ["Service"]


class Service:
    """One account with its senders, its mailbox and its SMS."""

    def __init__(self, senders: Senders, mailbox: Mailbox) -> None:
        self.senders = senders
        self.mailbox = mailbox
        self.sms = ShortMessages(mailbox)
        self._nonces = Nonces()
        self.files = Files()
        console = Console(senders)
        groups = (
            Sending(senders, mailbox, self.files),
            Queries(senders, mailbox, console),
            console,
            Statistics(senders, mailbox),
            self.files,
            self.sms,
        )
        #: Version, which tells the product, and action to who carries it out.
        self._actions = {
            (group.version, name): carry_out
            for group in groups
            for name, carry_out in group.actions.items()
        }

    def answer(self, http: HttpCall) -> HttpAnswer:
        """Check the call, carry it out and return the answer."""
        try:
            if http.is_upload:
                return self.files.post_object(http)
            call = authenticate(http, self._nonces)
            return render_result(call.action, self._find(call)(call), call.format)
        except Refusal as refusal:
            return self.refuse(http, refusal)

    def _find(self, call: Call) -> Callable[[Call], Mapping[str, Any]]:
        carry_out = self._actions.get((call.version, call.action))
        if carry_out is not None:
            return carry_out
        if call.version not in {version for version, _ in self._actions}:
            raise Refusal(400, "NoSuchVersion", "Specified version does not exist.")
        raise Refusal(404, "InvalidApi.NotFound", "Specified api is not found.")

    def refuse(self, http: HttpCall, refusal: Refusal) -> HttpAnswer:
        """Return the answer of an error, in the format that the caller wants."""
        shown = redact(refusal.message, private=http.parameters.values())
        self.mailbox.note_refusal(refusal.code, shown)
        host = http.host or "dm.aliyuncs.com"
        if http.is_upload:
            fields = {
                "Code": refusal.code,
                "Message": refusal.message,
                "RequestId": new_request_id(),
                "HostId": host,
            }
            return render_xml(refusal.status, "Error", fields)
        format = read_format(http)
        return render_error(refusal, format if format == "XML" else "JSON", host)
