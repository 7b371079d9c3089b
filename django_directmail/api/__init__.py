"""DirectMail's API for any Python program; nothing in here knows Django."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from django_directmail.api.actions.batch import (
    BatchSendMail,
    Receiver,
    TemplateContent,
)
from django_directmail.api.actions.mail import Attachment, SingleSendMail, Template
from django_directmail.api.client import Client
from django_directmail.api.credentials import Credentials, from_environment
from django_directmail.api.errors import (
    ApiError,
    CredentialsError,
    DirectMailError,
    InvalidSignature,
    RejectedError,
    SendError,
    ServerError,
    ThrottledError,
    TransportError,
    UnsupportedMessage,
)
from django_directmail.api.uploads import File, upload

if TYPE_CHECKING:
    from django_directmail.api.actions.account import (
        DescAccountSummary,
        QueryMailAddressByParam,
    )
    from django_directmail.api.actions.domains import DescDomain, QueryDomainByParam
    from django_directmail.api.actions.sms import QuerySendDetails, SendSms
    from django_directmail.api.actions.statistics import (
        GetTrackList,
        SenderStatisticsByTagNameAndBatchID,
        SenderStatisticsDetailByParam,
    )
    from django_directmail.api.actions.tags import CreateTag, QueryTagByParam
    from django_directmail.api.actions.templates import (
        DescTemplate,
        QueryTemplateByParam,
    )

__all__ = [
    "ApiError",
    "Attachment",
    "BatchSendMail",
    "Client",
    "CreateTag",
    "Credentials",
    "CredentialsError",
    "DescAccountSummary",
    "DescDomain",
    "DescTemplate",
    "DirectMailError",
    "File",
    "GetTrackList",
    "InvalidSignature",
    "QueryDomainByParam",
    "QueryMailAddressByParam",
    "QuerySendDetails",
    "QueryTagByParam",
    "QueryTemplateByParam",
    "Receiver",
    "RejectedError",
    "SendError",
    "SendSms",
    "SenderStatisticsByTagNameAndBatchID",
    "SenderStatisticsDetailByParam",
    "ServerError",
    "SingleSendMail",
    "Template",
    "TemplateContent",
    "ThrottledError",
    "TransportError",
    "UnsupportedMessage",
    "from_environment",
    "upload",
]

#: Who sends mail needs none of these, so that their modules of ``api.actions`` are
#: imported when they are asked for: a fifth of the time that all of this takes.
_WHEN_ASKED_FOR = {
    "CreateTag": "tags",
    "DescAccountSummary": "account",
    "DescDomain": "domains",
    "DescTemplate": "templates",
    "GetTrackList": "statistics",
    "QueryDomainByParam": "domains",
    "QueryMailAddressByParam": "account",
    "QuerySendDetails": "sms",
    "QueryTagByParam": "tags",
    "QueryTemplateByParam": "templates",
    "SendSms": "sms",
    "SenderStatisticsByTagNameAndBatchID": "statistics",
    "SenderStatisticsDetailByParam": "statistics",
}


def __getattr__(name: str) -> Any:
    if name not in _WHEN_ASKED_FOR:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.actions.{_WHEN_ASKED_FOR[name]}")
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
