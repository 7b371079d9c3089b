"""The statistics actions: every mail in the mailbox was delivered, none was opened."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from django_directmail.sandbox.accounts import Senders
from django_directmail.sandbox.http_request import ApiCall
from django_directmail.sandbox.mailbox import Mail, Mailbox
from django_directmail.sandbox.paging import read_positive
from django_directmail.sandbox.responses import Refusal, new_request_id
from django_directmail.sandbox.validation import one_of

__all__ = ["DeliveryStatistics"]

#: The time zone of the times in these actions.
BEIJING = timezone(timedelta(hours=8))
DAY, MINUTE = "%Y-%m-%d", "%Y-%m-%d %H:%M"
#: The values of ``Status``: delivered, invalid address, spam, failed.
STATES = ("0", "2", "3", "4")
#: A query may have one of these.
FILTERS = ("AccountName", "TagName", "ToAddress")


class DeliveryStatistics:
    """Details and totals of the mails in the mailbox, oldest first."""

    version = "2015-11-23"

    def __init__(self, senders: Senders, mailbox: Mailbox) -> None:
        self.senders = senders
        self.mailbox = mailbox
        #: For each action the method that executes it.
        self.actions: dict[str, Callable[[ApiCall], Mapping[str, Any]]] = {
            "SenderStatisticsDetailByParam": self._details,
            "SenderStatisticsByTagNameAndBatchID": self._daily_totals,
            "GetTrackList": self._track_list,
        }

    def _details(self, call: ApiCall) -> Mapping[str, Any]:
        p = call.parameters
        if len([name for name in FILTERS if p.get(name)]) > 1:
            raise Refusal(
                400, "InvalidParameter", f"One of {', '.join(FILTERS)} at most."
            )
        if p.get("Status") and not one_of(*STATES)(p["Status"]):
            raise Refusal(
                400, "InvalidStatus", f"Status is one of {', '.join(STATES)}."
            )
        start, end = _moment(p, "StartTime", MINUTE), _moment(p, "EndTime", MINUTE)
        if start and end:
            _check_span(start, end, days=30)
        length = read_positive(p, "Length", 10, at_most=100)
        last = _position(p.get("NextStart", ""))
        found = [
            ((mail.id, number), _detail(mail, address))
            for mail in self._mails(p)
            if (not start or start <= _received(mail))
            # EndTime includes its whole minute.
            and (not end or _received(mail) < end + timedelta(minutes=1))
            for number, address in enumerate([*mail.to, *mail.bcc], start=1)
            if p.get("ToAddress", address).lower() == address.lower()
            and (mail.id, number) > last
            and p.get("Status", "0") in ("", "0")
        ]
        more = len(found) > length
        return {
            "RequestId": new_request_id(),
            "NextStart": "#".join(map(str, found[length - 1][0])) if more else "",
            "data": {"mailDetail": [row for _position, row in found[:length]]},
        }

    def _daily_totals(self, call: ApiCall) -> Mapping[str, Any]:
        days = self._days(call.parameters, back=90, span=31)
        rows = [
            {
                "CreateTime": day,
                "requestCount": str(count),
                "successCount": str(count),
                "faildCount": "0",
                "unavailableCount": "0",
                "succeededPercent": "100.00%",
                "unavailablePercent": "0%",
            }
            for day, count in days.items()
        ]
        return {
            "RequestId": new_request_id(),
            "TotalCount": len(rows),
            "data": {"stat": rows},
        }

    def _track_list(self, call: ApiCall) -> Mapping[str, Any]:
        p = call.parameters
        if p.get("TagName") and not p.get("AccountName"):
            raise Refusal(
                400, "MissingAccountName", "AccountName is mandatory with TagName."
            )
        page = read_positive(p, "PageNumber", 1)
        size = read_positive(p, "PageSize", 10)
        names = ("Open", "UniqueOpen", "Click", "UniqueClick")
        rows = [
            {
                "CreateTime": day,
                "TotalNumber": str(count),
                **{f"Rcpt{name}Count": "0" for name in names},
                **{f"Rcpt{name}Rate": "0" for name in names},
            }
            for day, count in self._days(p, back=30, span=7, tracked=True).items()
        ]
        return {
            "RequestId": new_request_id(),
            "PageNo": page,
            "PageSize": size,
            "Total": len(rows),
            "TotalPages": -(-len(rows) // size),
            "data": {"stat": rows[(page - 1) * size : page * size]},
        }

    def _days(
        self, p: Mapping[str, str], *, back: int, span: int, tracked: bool = False
    ) -> Counter[str]:
        """Return the number of recipients for each day of the query that had mail."""
        start, end = _moment(p, "StartTime", DAY), _moment(p, "EndTime", DAY)
        if start is None or end is None:
            raise Refusal(
                400, "InvalidDate.NotFound", "StartTime and EndTime are mandatory."
            )
        if start < datetime.now(BEIJING) - timedelta(days=back + 1):
            raise Refusal(
                400,
                "InvalidStartTime.Malformed",
                f"StartTime is more than {back} days ago.",
            )
        _check_span(start, end, days=span)
        days: Counter[str] = Counter()
        for mail in self._mails(p):
            if start <= _received(mail) < end + timedelta(days=1) and (
                not tracked or mail.parameters.get("ClickTrace") == "1"
            ):
                days[_received(mail).strftime(DAY)] += len(mail.to) + len(mail.bcc)
        return days

    def _mails(self, p: Mapping[str, str]) -> Iterator[Mail]:
        """Yield the mails with the sender, tag and domain of the query."""
        sender, tag = p.get("AccountName", "").lower(), p.get("TagName", "")
        domain = p.get("Domain", "").lower()
        if sender and not self.senders.include(sender):
            raise Refusal(
                404,
                "InvalidMailAddress.NotFound",
                "The specified mailAddress does not exist.",
            )
        for mail in self.mailbox.all():
            if (
                sender in ("", mail.sender.lower())
                and tag in ("", mail.tag)
                and domain in ("", mail.sender.lower().rpartition("@")[2])
            ):
                yield mail


def _received(mail: Mail) -> datetime:
    return datetime.fromisoformat(mail.received_at).astimezone(BEIJING)


def _detail(mail: Mail, address: str) -> dict[str, Any]:
    moment = _received(mail)
    return {
        "AccountName": mail.sender,
        "ToAddress": address,
        "Subject": mail.subject,
        "Status": 0,
        "Message": "250 Send Mail OK",
        "ErrorClassification": "SendOk",
        "LastUpdateTime": moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%MZ"),
        "UtcLastUpdateTime": str(int(moment.timestamp())),
        "IpPoolId": "",
        "IpPoolName": "",
        "ConfigSetId": "",
        "ConfigSetName": "",
    }


def _moment(p: Mapping[str, str], name: str, format: str) -> datetime | None:
    value = p.get(name, "")
    if not value:
        return None
    try:
        found = datetime.strptime(value, format).replace(tzinfo=BEIJING)
        if found.strftime(format) == value:
            return found
    except ValueError:
        pass
    shown = {DAY: "yyyy-MM-dd", MINUTE: "yyyy-MM-dd HH:mm"}[format]
    raise Refusal(400, "InvalidDate.Malformed", f"{name} must be {shown}.")


def _check_span(start: datetime, end: datetime, *, days: int) -> None:
    if not timedelta() <= end - start <= timedelta(days=days):
        raise Refusal(
            400,
            "InvalidBetweenTime.Malformed",
            f"EndTime must be 0 to {days} days after StartTime.",
        )


def _position(text: str) -> tuple[int, int]:
    """Return the mail id and recipient number after which the next page begins."""
    if not text:
        return (0, 0)
    found = re.fullmatch("([0-9]{1,9})#([0-9]{1,9})", text)
    if found is None:
        raise Refusal(400, "InvalidNextStart", "NextStart is not from an answer.")
    return (int(found[1]), int(found[2]))
