"""DirectMail's API for any Python program; nothing in here knows Django."""

from django_directmail.api.actions.account import (
    DescAccountSummary,
    QueryMailAddressByParam,
)
from django_directmail.api.actions.batch import (
    BatchSendMail,
    Receiver,
    TemplateContent,
)
from django_directmail.api.actions.domains import DescDomain, QueryDomainByParam
from django_directmail.api.actions.mail import Attachment, SingleSendMail, Template
from django_directmail.api.actions.sms import QuerySendDetails, SendSms
from django_directmail.api.actions.statistics import (
    GetTrackList,
    SenderStatisticsByTagNameAndBatchID,
    SenderStatisticsDetailByParam,
)
from django_directmail.api.actions.tags import CreateTag, QueryTagByParam
from django_directmail.api.actions.templates import DescTemplate, QueryTemplateByParam
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
