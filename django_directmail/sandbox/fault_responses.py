"""The responses of faulty calls: wrong ones, and ones that are sent wrongly."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

from django_directmail.sandbox.faults import Fault
from django_directmail.sandbox.http_request import HttpRequest
from django_directmail.sandbox.responses import HttpResponse, Refusal
from django_directmail.sandbox.service import Service

__all__ = [
    "body_pieces",
    "faulty_response",
    "reset_at_close",
    "write_endless_headers",
]

#: Bytes of the body of the fault "large", and of each piece that is written at once.
LARGE = 1_000_000_000
PIECE = 65_536
#: Levels of the JSON of the fault "deep".
DEEP = 100_000
#: Ten levels of XML entities, each ten times as long as the one before: 10 GB of text.
BOMB = "".join(
    f'<!ENTITY {name} "{f"&{inner};" * 10 if inner else "ha" * 5}">'
    for inner, name in zip(["", *"abcdefghi"], "abcdefghij", strict=True)
)


def faulty_response(
    fault: Fault, request: HttpRequest, correct: HttpResponse, service: Service
) -> HttpResponse:
    """Return the response that ``fault`` sends instead of the ``correct`` one."""
    response = _replace(fault, request, correct, service)
    if fault.retry_after is not None:
        wait = {"x-acs-retry-after": str(fault.retry_after)}
        response = replace(response, headers={**response.headers, **wait})
    return response


def _replace(
    fault: Fault, request: HttpRequest, correct: HttpResponse, service: Service
) -> HttpResponse:
    match fault.kind:
        case "error":
            refusal = Refusal(fault.status, fault.code, fault.message)
            return service.refuse(request, refusal)
        case "throttled":
            text = "Request was denied due to user flow control."
            return service.refuse(request, Refusal(400, "Throttling.User", text))
        case "status":
            page = f"<html><body><h1>{fault.status}</h1></body></html>"
            return HttpResponse(fault.status, page.encode(), "text/html")
        case "redirect":
            to = {"Location": "http://elsewhere.invalid/"}
            return HttpResponse(302, b"", "text/html", to)
        case "garbage":
            return HttpResponse(200, b"\x00\xff not an answer \xfe")
        case "deep":
            return HttpResponse(200, b"[" * DEEP + b"]" * DEEP)
        case "bomb":
            text = f"<!DOCTYPE a [{BOMB}]><a><EnvId>&j;</EnvId></a>"
            return HttpResponse(200, text.encode(), "text/xml")
        case "content_type":
            return replace(correct, content_type="text/html")
    return correct


def body_pieces(
    fault: Fault | None, body: bytes, stopping: threading.Event
) -> tuple[int, Iterator[bytes]]:
    """
    Return the value of ``Content-Length``, and the pieces that are really sent.

    Each piece is created when it is written: once the caller has closed the connection,
    writing fails, and no more pieces are created.
    """
    kind = fault.kind if fault else ""
    if kind == "truncated":
        return len(body), iter([body[: len(body) // 2]])
    if fault and kind == "slow":
        return len(body), _slowly(body, fault.seconds, stopping)
    if kind == "large":
        return LARGE, _large_body(stopping)
    return len(body), iter([body])


def _slowly(body: bytes, seconds: float, stopping: threading.Event) -> Iterator[bytes]:
    for byte in body:
        if stopping.wait(seconds / len(body)):
            return
        yield bytes([byte])


def _large_body(stopping: threading.Event) -> Iterator[bytes]:
    sent = 0
    while sent < LARGE and not stopping.is_set():
        yield b" " * min(PIECE, LARGE - sent)
        sent += PIECE


def write_endless_headers(
    write: Callable[[bytes], object], stopping: threading.Event
) -> None:
    """Write headers without an end, until the caller closes the connection."""
    write(b"HTTP/1.1 200 OK\r\n")
    sent = 0
    while sent < LARGE and not stopping.is_set():
        sent += len(line := b"X-Filler: " + b"x" * 1000 + b"\r\n")
        write(line)


def reset_at_close(connection: socket.socket) -> None:
    """Make the close of ``connection`` a TCP reset, as from a broken network."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
