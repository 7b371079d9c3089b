"""DirectMail's API for any Python program; nothing in here knows Django."""

from django_directmail.api.actions.account import (
    DescAccountSummary,
    QueryMailAddressByParam,
)
from django_directmail.api.actions.mail import Attachment, SingleSendMail, Template
from django_directmail.api.actions.sms import QuerySendDetails, SendSms
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

__all__ = [
    "ApiError",
    "Attachment",
    "Client",
    "Credentials",
    "CredentialsError",
    "DescAccountSummary",
    "DirectMailError",
    "InvalidSignature",
    "QueryMailAddressByParam",
    "QuerySendDetails",
    "RejectedError",
    "SendError",
    "SendSms",
    "ServerError",
    "SingleSendMail",
    "Template",
    "ThrottledError",
    "TransportError",
    "UnsupportedMessage",
    "from_environment",
]
