"""
Sending SMS, by the same signed client: SendSms, QuerySendDetails.

Short Message Service is a product of its own, with one host for all regions of
DirectMail (help.aliyun.com/document_detail/419273.html and 419277.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django_directmail.api.actions.action import Action
from django_directmail.api.fields import wire
from django_directmail.api.responses import Result

__all__ = [
    "MAX_NUMBERS",
    "MAX_PAGE",
    "QuerySendDetails",
    "SendSms",
    "SmsDetail",
    "SmsDetails",
    "SmsResult",
]

#: Phone numbers in one call of SendSms, and rows in one page of QuerySendDetails.
MAX_NUMBERS = 1000
MAX_PAGE = 50

VERSION = "2017-05-25"
HOST = "dysmsapi.aliyuncs.com"


@dataclass(frozen=True, kw_only=True)
class SmsResult(Result):
    """The SMS was accepted; ``biz_id`` finds it among the details."""

    biz_id: str = wire("BizId", default="")


@dataclass(frozen=True, kw_only=True, repr=False)
class SmsDetail(Result):
    """
    One SMS to one number. ``send_status``: 1 waiting, 2 failed, 3 delivered.

    ``err_code`` is ``DELIVERED``, or why it failed. The dates are as the service
    writes them (``2026-01-02 03:04:05``); ``receive_date`` is when it was delivered.
    """

    phone_num: str = wire("PhoneNum", default="")
    send_status: int = wire("SendStatus", default=-1)
    err_code: str = wire("ErrCode", default="")
    template_code: str = wire("TemplateCode", default="")
    content: str = wire("Content", default="")
    send_date: str = wire("SendDate", default="")
    receive_date: str = wire("ReceiveDate", default="")
    out_id: str = wire("OutId", default="")

    def __repr__(self) -> str:
        # The number and the text, often a code to log in with, are nobody's business.
        return f"<SmsDetail {_ending(self.phone_num)} status {self.send_status}>"


@dataclass(frozen=True, kw_only=True)
class SmsDetails(Result):
    """One page of what was sent to a number on a day."""

    total_count: int = wire("TotalCount", default=0)
    items: tuple[SmsDetail, ...] = ()

    @classmethod
    def from_fields(cls, answer: Mapping[str, Any]) -> SmsDetails:
        """Read the count, and the rows nested below it."""
        data = answer.get("SmsSendDetailDTOs")
        rows = data.get("SmsSendDetailDTO") if isinstance(data, Mapping) else None
        # XML cannot tell a list of one from a single value.
        rows = rows if isinstance(rows, list) else [rows]
        items = [SmsDetail.from_fields(row) for row in rows if isinstance(row, Mapping)]
        return replace(super().from_fields(answer), items=tuple(items))


@dataclass(frozen=True, kw_only=True, repr=False)
class SendSms(Action[SmsResult]):
    """
    One text to up to 1000 phone numbers; 5000 calls a second for each account.

    ``phone_numbers``: joined by commas; of China's mainland 11 digits, with or without
    ``86``, others with their country code. ``sign_name`` and ``template_code``: a
    signature and a template (``SMS_...``) that the console shows as approved.
    ``template_param``: text for each variable of the template; numbers are refused.
    ``out_id`` comes back in the details and in receipts.
    """

    version: ClassVar[str] = VERSION
    host: ClassVar[str | None] = HOST
    sends: ClassVar[str | None] = "SMS"

    phone_numbers: str = wire("PhoneNumbers")
    sign_name: str = wire("SignName")
    template_code: str = wire("TemplateCode")
    template_param: Mapping[str, str] | None = wire("TemplateParam", default=None)
    out_id: str | None = wire("OutId", default=None)
    sms_up_extend_code: str | None = wire("SmsUpExtendCode", default=None)

    def read(self, answer: Mapping[str, Any]) -> SmsResult:
        """Return the ids of the accepted SMS."""
        return SmsResult.from_fields(answer)

    def __repr__(self) -> str:
        recipients = self.phone_numbers.count(",") + 1
        return f"<SendSms {self.template_code} to {recipients}>"


@dataclass(frozen=True, kw_only=True, repr=False)
class QuerySendDetails(Action[SmsDetails]):
    """
    What was sent to one ``phone_number`` on a day of the last 30.

    ``send_date``: ``yyyyMMdd``. ``page_size``: 1 to 50. ``current_page`` counts from 1.
    ``biz_id``: only this call's.
    """

    version: ClassVar[str] = VERSION
    host: ClassVar[str | None] = HOST

    phone_number: str = wire("PhoneNumber")
    send_date: str = wire("SendDate")
    page_size: int = wire("PageSize", default=10)
    current_page: int = wire("CurrentPage", default=1)
    biz_id: str | None = wire("BizId", default=None)

    def read(self, answer: Mapping[str, Any]) -> SmsDetails:
        """Return one page of details."""
        return SmsDetails.from_fields(answer)

    def __repr__(self) -> str:
        return f"<QuerySendDetails {_ending(self.phone_number)} {self.send_date}>"


def _ending(number: str) -> str:
    return f"...{number[-2:]}"
