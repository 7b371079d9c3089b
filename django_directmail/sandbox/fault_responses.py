"""What a fault makes of an answer: another one, or one that goes out wrongly."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

from django_directmail.sandbox.authentication import HttpCall
from django_directmail.sandbox.faults import Fault
from django_directmail.sandbox.responses import HttpAnswer, Refusal
from django_directmail.sandbox.service import Service

__all__ = ["body_of", "endless_headers", "reset_at_close", "spoil"]

#: Bytes of an answer that is too large, and of each piece of it.
LARGE = 1_000_000_000
PIECE = 65_536
DEEP = 100_000
#: Ten levels of entities, each ten times the one before: 10 GB of text.
BOMB = "".join(
    f'<!ENTITY {name} "{f"&{inner};" * 10 if inner else "ha" * 5}">'
    for inner, name in zip(["", *"abcdefghi"], "abcdefghij", strict=True)
)


def spoil(
    fault: Fault, http: HttpCall, right: HttpAnswer, service: Service
) -> HttpAnswer:
    """Return the answer that ``fault`` puts in the place of the ``right`` one."""
    answer = _replacement(fault, http, right, service)
    if fault.retry_after is not None:
        wait = {"x-acs-retry-after": str(fault.retry_after)}
        answer = replace(answer, headers={**answer.headers, **wait})
    return answer


def _replacement(
    fault: Fault, http: HttpCall, right: HttpAnswer, service: Service
) -> HttpAnswer:
    match fault.kind:
        case "error":
            refusal = Refusal(fault.status, fault.code, fault.message)
            return service.refuse(http, refusal)
        case "throttled":
            text = "Request was denied due to user flow control."
            return service.refuse(http, Refusal(400, "Throttling.User", text))
        case "status":
            page = f"<html><body><h1>{fault.status}</h1></body></html>"
            return HttpAnswer(fault.status, page.encode(), "text/html")
        case "redirect":
            to = {"Location": "http://elsewhere.invalid/"}
            return HttpAnswer(302, b"", "text/html", to)
        case "garbage":
            return HttpAnswer(200, b"\x00\xff not an answer \xfe")
        case "deep":
            return HttpAnswer(200, b"[" * DEEP + b"]" * DEEP)
        case "bomb":
            text = f"<!DOCTYPE a [{BOMB}]><a><EnvId>&j;</EnvId></a>"
            return HttpAnswer(200, text.encode(), "text/xml")
        case "content_type":
            return replace(right, content_type="text/html")
    return right


def body_of(
    fault: Fault | None, body: bytes, stopping: threading.Event
) -> tuple[int, Iterator[bytes]]:
    """
    Return the length that the answer claims to have, and what really goes out.

    Nothing more is made once the caller is gone: writing a piece fails then.
    """
    kind = fault.kind if fault else ""
    if kind == "truncated":
        return len(body), iter([body[: len(body) // 2]])
    if fault and kind == "slow":
        return len(body), _drip(body, fault.seconds, stopping)
    if kind == "large":
        return LARGE, _fill(stopping)
    return len(body), iter([body])


def _drip(body: bytes, seconds: float, stopping: threading.Event) -> Iterator[bytes]:
    for byte in body:
        if stopping.wait(seconds / len(body)):
            return
        yield bytes([byte])


def _fill(stopping: threading.Event) -> Iterator[bytes]:
    sent = 0
    while sent < LARGE and not stopping.is_set():
        yield b" " * min(PIECE, LARGE - sent)
        sent += PIECE


def endless_headers(
    write: Callable[[bytes], object], stopping: threading.Event
) -> None:
    """Write an answer that never gets to its body, until the caller is gone."""
    write(b"HTTP/1.1 200 OK\r\n")
    sent = 0
    while sent < LARGE and not stopping.is_set():
        sent += len(line := b"X-Filler: " + b"x" * 1000 + b"\r\n")
        write(line)


def reset_at_close(connection: socket.socket) -> None:
    """Let the connection end with a reset, as when a machine in between gives up."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
