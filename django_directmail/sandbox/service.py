"""The service: authenticates each request, executes its action, and responds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django_directmail.api.redaction import redact
from django_directmail.sandbox.account_queries import AccountQueries
from django_directmail.sandbox.accounts import Senders
from django_directmail.sandbox.authentication import (
    Nonces,
    authenticate,
)
from django_directmail.sandbox.delivery_statistics import DeliveryStatistics
from django_directmail.sandbox.domains_tags_templates import DomainsTagsTemplates
from django_directmail.sandbox.file_store import FileStore
from django_directmail.sandbox.http_request import ApiCall, HttpRequest
from django_directmail.sandbox.mail_actions import MailActions
from django_directmail.sandbox.mailbox import Mailbox
from django_directmail.sandbox.responses import (
    HttpResponse,
    Refusal,
    new_request_id,
    render_error,
    render_result,
    render_xml,
)
from django_directmail.sandbox.sms_service import SmsService

__all__ = ["Service"]


class Service:
    """All actions of one account, and what they share."""

    def __init__(self, senders: Senders, mailbox: Mailbox) -> None:
        self.senders = senders
        self.mailbox = mailbox
        self.sms = SmsService(mailbox)
        self._nonces = Nonces()
        self.file_store = FileStore()
        domains_tags_templates = DomainsTagsTemplates(senders)
        groups = (
            MailActions(senders, mailbox, self.file_store),
            AccountQueries(senders, mailbox, domains_tags_templates),
            domains_tags_templates,
            DeliveryStatistics(senders, mailbox),
            self.file_store,
            self.sms,
        )
        #: For each version, which identifies the product, and action its method.
        self._actions = {
            (group.version, name): execute
            for group in groups
            for name, execute in group.actions.items()
        }

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Check ``request``, execute its action and return the response."""
        try:
            if request.is_upload:
                return self.file_store.post_object(request)
            call = authenticate(request, self._nonces)
            return render_result(call.action, self._find(call)(call), call.format)
        except Refusal as refusal:
            return self.refuse(request, refusal)

    def _find(self, call: ApiCall) -> Callable[[ApiCall], Mapping[str, Any]]:
        execute = self._actions.get((call.version, call.action))
        if execute is not None:
            return execute
        if call.version not in {version for version, _ in self._actions}:
            raise Refusal(400, "NoSuchVersion", "Specified version does not exist.")
        raise Refusal(404, "InvalidApi.NotFound", "Specified api is not found.")

    def refuse(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        """Record ``refusal``, and return its response in the format of ``request``."""
        shown = redact(refusal.message, private=request.parameters.values())
        self.mailbox.note_refusal(refusal.code, shown)
        host = request.host or "dm.aliyuncs.com"
        if request.is_upload:
            fields = {
                "Code": refusal.code,
                "Message": refusal.message,
                "RequestId": new_request_id(),
                "HostId": host,
            }
            return render_xml(refusal.status, "Error", fields)
        format = "XML" if request.format == "XML" else "JSON"
        return render_error(refusal, format, host)
