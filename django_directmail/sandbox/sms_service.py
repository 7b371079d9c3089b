"""
The actions SendSms and QuerySendDetails of the Short Message Service.

The error codes are from help.aliyun.com/document_detail/101346.html. Unlike DirectMail,
this service refuses a call with HTTP status 200.
"""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from django_directmail.api.actions.sms import MAX_NUMBERS, MAX_PAGE, VERSION
from django_directmail.api.encoding import is_unicode
from django_directmail.sandbox.http_request import ApiCall
from django_directmail.sandbox.mailbox import Mailbox
from django_directmail.sandbox.responses import Refusal, new_request_id
from django_directmail.sandbox.validation import check_present

__all__ = ["Sms", "SmsService"]

#: Digits, with or without a country code. A number has at most 15 digits (ITU-T E.164),
#: after at most two zeros.
NUMBER = re.compile(r"\+?[0-9]{5,17}")
#: A number of China's mainland. The service removes its prefix.
MAINLAND = re.compile(r"(?:\+86|0086|86)?(1[0-9]{10})")
#: The time zone of the service.
CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Sms:
    """
    One accepted SendSms call.

    ``id`` counts from 1 in the order of arrival. There is no text: the sandbox has no
    SMS templates, only ``sign_name``, ``template_code`` and ``template_params``.
    """

    id: int
    received_at: str
    signature: str
    access_key_id: str
    biz_id: str
    request_id: str
    phone_numbers: list[str] = field(repr=False)
    sign_name: str
    template_code: str
    template_params: dict[str, str] = field(repr=False)
    out_id: str
    sms_up_extend_code: str

    def as_dict(self) -> dict[str, Any]:
        """Return all fields for JSON."""
        return asdict(self)

    @property
    def moment(self) -> datetime:
        """Return the time of arrival in the time zone of China."""
        return datetime.fromisoformat(self.received_at).astimezone(CHINA)

    @property
    def size(self) -> int:
        """Return roughly how many characters the SMS has in memory."""
        texts = [self.sign_name, self.out_id, self.sms_up_extend_code]
        texts += [*self.phone_numbers, *self.template_params]
        return sum(map(len, [*texts, *self.template_params.values()]))


class SmsService:
    """
    Checks and keeps SMS; reports each as delivered.

    It keeps as many as ``mailbox`` keeps mails, of ``max_size`` characters together.
    """

    version = VERSION

    def __init__(self, mailbox: Mailbox, max_size: int = 8 * 1024 * 1024) -> None:
        self.max_size = max_size
        self._mailbox = mailbox
        self._lock = threading.Lock()
        self._kept: deque[Sms] = deque()
        self._size = 0
        self._last_id = 0
        self._revision = 0
        #: For each action the function that executes it.
        self.actions: dict[str, Callable[[ApiCall], Mapping[str, Any]]] = {
            "SendSms": lambda call: self._respond(call, self._send),
            "QuerySendDetails": lambda call: self._respond(call, self._query),
        }

    @property
    def revision(self) -> int:
        """Return a number that changes with each change of the SMS."""
        return self._revision

    def all(self) -> list[Sms]:
        """Return the SMS, oldest first."""
        with self._lock:
            return list(self._kept)

    def clear(self) -> None:
        """Delete all SMS; ids are not used again."""
        with self._lock:
            self._kept.clear()
            self._size = 0
            self._revision += 1

    def _respond(
        self, call: ApiCall, execute: Callable[[ApiCall, str], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Return the fields of the response, also for an error of this service."""
        request_id = new_request_id()
        try:
            return {
                "Message": "OK",
                "RequestId": request_id,
                "Code": "OK",
                **execute(call, request_id),
            }
        except Refusal as refusal:
            if refusal.status != 200:
                raise
            self._mailbox.note_refusal(refusal.code, refusal.message)
            return {
                "Message": refusal.message,
                "RequestId": request_id,
                "Code": refusal.code,
            }

    def _send(self, call: ApiCall, request_id: str) -> Mapping[str, Any]:
        p = call.parameters
        check_present(p, ("PhoneNumbers", "SignName", "TemplateCode"))
        numbers = _read_numbers(p["PhoneNumbers"])
        if not re.fullmatch("SMS_[0-9]+", p["TemplateCode"]):
            raise Refusal(
                200, "isv.SMS_TEMPLATE_ILLEGAL", "A template code is SMS_ and digits."
            )
        template_params = _read_params(p.get("TemplateParam") or "{}")
        with self._lock:
            self._last_id += 1
            self._revision += 1
            sms = Sms(
                id=self._last_id,
                received_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
                signature=call.signature,
                access_key_id=call.access_key_id,
                biz_id=f"{900_000_000_000 + self._last_id}^0",
                request_id=request_id,
                phone_numbers=numbers,
                sign_name=p["SignName"],
                template_code=p["TemplateCode"],
                template_params=template_params,
                out_id=p.get("OutId", ""),
                sms_up_extend_code=p.get("SmsUpExtendCode", ""),
            )
            self._store(sms)
        return {"BizId": sms.biz_id}

    def _store(self, sms: Sms) -> None:
        self._kept.append(sms)
        self._size += sms.size
        while len(self._kept) > self._mailbox.capacity or (
            self._size > self.max_size and len(self._kept) > 1
        ):
            self._size -= self._kept.popleft().size

    def _query(self, call: ApiCall, request_id: str) -> Mapping[str, Any]:
        p = call.parameters
        check_present(p, ("PhoneNumber", "SendDate", "PageSize", "CurrentPage"))
        size = _read_count(p, "PageSize", MAX_PAGE)
        page = _read_count(p, "CurrentPage", 10**9)
        if not re.fullmatch("[0-9]{8}", p["SendDate"]):
            raise _invalid("SendDate must be yyyyMMdd.")
        number = _normalize(p["PhoneNumber"])
        found = [
            _detail(sms, number)
            for sms in reversed(self.all())
            if number in map(_normalize, sms.phone_numbers)
            and f"{sms.moment:%Y%m%d}" == p["SendDate"]
            and p.get("BizId") in (None, "", sms.biz_id)
        ]
        rows = found[(page - 1) * size : page * size]
        return {
            "TotalCount": str(len(found)),
            "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows},
        }


def _invalid(text: str) -> Refusal:
    return Refusal(200, "isv.INVALID_PARAMETERS", text)


def _read_count(parameters: Mapping[str, str], name: str, highest: int) -> int:
    value = parameters[name]
    if re.fullmatch("[0-9]{1,10}", value) and 1 <= int(value) <= highest:
        return int(value)
    raise _invalid(f"{name} must be a number from 1 to {highest}.")


def _read_numbers(text: str) -> list[str]:
    numbers = text.split(",")
    if len(numbers) > MAX_NUMBERS:
        raise Refusal(
            200,
            "isv.MOBILE_COUNT_OVER_LIMIT",
            f"{len(numbers)} phone numbers; {MAX_NUMBERS} at most.",
        )
    for place, number in enumerate(numbers, start=1):
        if not NUMBER.fullmatch(number):
            raise Refusal(
                200,
                "isv.MOBILE_NUMBER_ILLEGAL",
                f"Phone number {place} of {len(numbers)} is malformed.",
            )
    return numbers


def _read_params(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(
        isinstance(value, str) and is_unicode(name + value)
        for name, value in found.items()
    ):
        raise Refusal(
            200,
            "isv.INVALID_JSON_PARAM",
            "TemplateParam must be a JSON object whose values are text.",
        )
    return found


def _normalize(number: str) -> str:
    """Return a number as the service shows it: without the prefix of the mainland."""
    mainland = MAINLAND.fullmatch(number)
    return mainland[1] if mainland else number.lstrip("+")


def _detail(sms: Sms, number: str) -> dict[str, Any]:
    values = json.dumps(sms.template_params, ensure_ascii=False)
    moment = f"{sms.moment:%Y-%m-%d %H:%M:%S}"
    return {
        "PhoneNum": number,
        "SendStatus": 3,
        "ErrCode": "DELIVERED",
        "TemplateCode": sms.template_code,
        "Content": f"【{sms.sign_name}】{sms.template_code} {values}",
        "SendDate": moment,
        "ReceiveDate": moment,
        "OutId": sms.out_id,
    }
