"""
SMS: a small Short Message Service behind the same gateway.

Its codes are those of help.aliyun.com/document_detail/101346.html, and unlike
DirectMail it refuses with HTTP 200.
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

from django_directmail.api.actions.action import is_unicode
from django_directmail.api.actions.sms import MAX_NUMBERS, MAX_PAGE, VERSION
from django_directmail.sandbox.authentication import Call
from django_directmail.sandbox.mailbox import Mailbox
from django_directmail.sandbox.responses import Refusal, new_request_id
from django_directmail.sandbox.validation import check_present

__all__ = ["ShortMessages", "Sms"]

#: Digits with a country code or without, and at most two zeros before it: a number has
#: 15 digits at most (ITU-T E.164).
NUMBER = re.compile(r"\+?[0-9]{5,17}")
#: How a number of China's mainland may begin; the service itself cuts it off.
MAINLAND = re.compile(r"(?:\+86|0086|86)?(1[0-9]{10})")
#: The service counts days, and writes times, as in China.
CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Sms:
    """
    One accepted call of SendSms. ``id`` counts from 1 in the order of arrival.

    ``sign_name``, ``template_code`` and ``template_params`` are all that there is of
    the text: templates are in the console, and the sandbox has none.
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
        """Return all fields, ready for JSON."""
        return asdict(self)

    @property
    def moment(self) -> datetime:
        """Return when it came in, by the clocks of China."""
        return datetime.fromisoformat(self.received_at).astimezone(CHINA)

    @property
    def size(self) -> int:
        """Return about how many characters of memory it takes."""
        texts = [self.sign_name, self.out_id, self.sms_up_extend_code]
        texts += [*self.phone_numbers, *self.template_params]
        return sum(map(len, [*texts, *self.template_params.values()]))


class ShortMessages:
    """Checks SMS, keeps the newest, and answers what became of them: delivered."""

    version = VERSION

    def __init__(self, mailbox: Mailbox, max_size: int = 8 * 1024 * 1024) -> None:
        self.max_size = max_size
        self._mailbox = mailbox
        self._lock = threading.Lock()
        self._kept: deque[Sms] = deque()
        self._size = 0
        self._last_id = 0
        self._revision = 0
        #: Action to the method that carries it out.
        self.actions: dict[str, Callable[[Call], Mapping[str, Any]]] = {
            "SendSms": lambda call: self._answer(call, self._send),
            "QuerySendDetails": lambda call: self._answer(call, self._query),
        }

    @property
    def revision(self) -> int:
        """Return a number that changes whenever the content does."""
        return self._revision

    def all(self) -> list[Sms]:
        """Return the kept SMS, oldest first."""
        with self._lock:
            return list(self._kept)

    def clear(self) -> None:
        """Forget all SMS; ids go on counting."""
        with self._lock:
            self._kept.clear()
            self._size = 0
            self._revision += 1

    def _answer(
        self, call: Call, carry_out: Callable[[Call, str], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Answer a call: a no of this service is an answer like any other."""
        request_id = new_request_id()
        try:
            return {
                "Message": "OK",
                "RequestId": request_id,
                "Code": "OK",
                **carry_out(call, request_id),
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

    def _send(self, call: Call, request_id: str) -> Mapping[str, Any]:
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
            self._keep(sms)
        return {"BizId": sms.biz_id}

    def _keep(self, sms: Sms) -> None:
        self._kept.append(sms)
        self._size += sms.size
        while len(self._kept) > self._mailbox.capacity or (
            self._size > self.max_size and len(self._kept) > 1
        ):
            self._size -= self._kept.popleft().size

    def _query(self, call: Call, request_id: str) -> Mapping[str, Any]:
        p = call.parameters
        check_present(p, ("PhoneNumber", "SendDate", "PageSize", "CurrentPage"))
        size = _read_count(p, "PageSize", MAX_PAGE)
        page = _read_count(p, "CurrentPage", 10**9)
        if not re.fullmatch("[0-9]{8}", p["SendDate"]):
            raise _invalid("SendDate must be yyyyMMdd.")
        number = _normal(p["PhoneNumber"])
        found = [
            _detail(sms, number)
            for sms in reversed(self.all())
            if number in map(_normal, sms.phone_numbers)
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


def _normal(number: str) -> str:
    """Return a number as the details have it: of the mainland without a prefix."""
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
