"""The actions SingleSendMail and BatchSendMail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django_directmail.sandbox.accounts import Senders
from django_directmail.sandbox.batch_mail import read_batch
from django_directmail.sandbox.file_store import FileStore
from django_directmail.sandbox.http_request import ApiCall
from django_directmail.sandbox.mailbox import Mailbox
from django_directmail.sandbox.responses import new_request_id
from django_directmail.sandbox.validation import check_single_send_mail

__all__ = ["MailActions"]


class MailActions:
    """Checks mails as the service does, and puts them into the mailbox."""

    version = "2015-11-23"

    def __init__(
        self, senders: Senders, mailbox: Mailbox, file_store: FileStore
    ) -> None:
        self.senders = senders
        self.mailbox = mailbox
        self.file_store = file_store
        #: For each action the method that executes it.
        self.actions: dict[str, Callable[[ApiCall], Mapping[str, Any]]] = {
            "SingleSendMail": self._single_send_mail,
            "BatchSendMail": self._batch_send_mail,
        }

    def _single_send_mail(self, call: ApiCall) -> Mapping[str, Any]:
        check_single_send_mail(call.parameters, self.senders)
        attachments = self.file_store.take(call.parameters)
        mail = self.mailbox.accept(call, new_request_id(), attachments=attachments)
        return {"EnvId": mail.env_id, "RequestId": mail.request_id}

    def _batch_send_mail(self, call: ApiCall) -> Mapping[str, Any]:
        copies = read_batch(call.parameters, self.senders)
        mail = self.mailbox.accept(call, new_request_id(), copies=copies)
        return {"EnvId": mail.env_id, "RequestId": mail.request_id}
