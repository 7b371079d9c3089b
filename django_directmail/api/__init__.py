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

__all__ = [
    "ApiError",
    "Attachment",
    "BatchSendMail",
    "Client",
    "Credentials",
    "CredentialsError",
    "DescAccountSummary",
    "DirectMailError",
    "File",
    "InvalidSignature",
    "QueryMailAddressByParam",
    "Receiver",
    "RejectedError",
    "SendError",
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
