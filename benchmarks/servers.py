"""
Run servers that need little CPU and can answer late, each in a process of its own.

``python benchmarks/servers.py http 0.05`` prints the address that it listens on. The
HTTP server verifies nothing and keeps nothing: it counts the bytes of a request and
answers ``latency`` seconds later, as DirectMail or Mailgun would. The SMTP server is
aiosmtpd, which sends each reply ``latency`` seconds late and drops the mail. A new
connection has no extra latency.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measuring import ROOT, environment

__all__ = ["sandbox", "serve"]

IDENTIFIER = "600000000000000000"


@contextlib.contextmanager
def serve(kind: str, latency: float = 0) -> Iterator[str]:
    """Run a server in a process of its own; yield its URL, or host and port."""
    command = [sys.executable, str(Path(__file__)), kind, str(latency)]
    with _run(command) as line:
        yield line.strip()


@contextlib.contextmanager
def sandbox() -> Iterator[str]:
    """Run the sandbox in a process of its own and yield its URL."""
    with _run(
        [sys.executable, "-m", "django_directmail.sandbox", "--port", "0"]
    ) as line:
        yield line[line.index("http://") :].split()[0]


@contextlib.contextmanager
def _run(command: list[str]) -> Iterator[str]:
    """Start ``command``, yield the line with its address, and stop it in the end."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment()
    ) as server:
        try:
            assert server.stdout is not None
            yield next(line for line in server.stdout if "127.0.0.1:" in line)
        finally:
            server.terminate()


class Answering(asyncio.Protocol):
    """One connection: it answers each request ``latency`` seconds after its end."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.head, self.missing = b"", 0
        self.answer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if not self.missing:
            self.head += data
            if b"\r\n\r\n" not in self.head:
                return
            head, _, data = self.head.partition(b"\r\n\r\n")
            self.head = b""
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            self.missing = int(length[1]) if length else 0
            self.answer = ANSWERS[head.startswith(b"POST /v3/")]
        # No sender sends a second request before the answer to the first.
        self.missing -= len(data)
        if self.missing <= 0:
            self.missing = 0
            if self.latency:
                loop = asyncio.get_running_loop()
                loop.call_later(self.latency, self.transport.write, self.answer)
            else:
                self.transport.write(self.answer)


def _answer(values: dict[str, str]) -> bytes:
    body = json.dumps(values).encode()
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:"
    return f"{head} {len(body)}\r\n\r\n".encode() + body


def _answers() -> tuple[bytes, bytes]:
    from django_directmail.api.fields import wire_names
    from django_directmail.api.responses import SendResult

    names = wire_names(SendResult).values()
    return (
        _answer(dict.fromkeys(names, IDENTIFIER)),
        _answer({"id": f"<{IDENTIFIER}@example.com>", "message": "Queued. Thank you."}),
    )


async def _serve(kind: str, latency: float) -> None:
    loop = asyncio.get_running_loop()
    make = {"http": lambda: Answering(latency), "smtp": lambda: _late_smtp(latency)}
    server = await loop.create_server(make[kind], "127.0.0.1", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    print(f"{'http://' if kind == 'http' else ''}127.0.0.1:{port}", flush=True)
    await server.serve_forever()


def _late_smtp(latency: float) -> Any:
    from aiosmtpd.handlers import Sink
    from aiosmtpd.smtp import SMTP

    class LateSMTP(SMTP):
        async def push(self, status: Any) -> None:
            text = status.decode() if isinstance(status, bytes) else status
            # A reply of several lines is late once, not for each line.
            if latency and text[3:4] != "-":
                await asyncio.sleep(latency)
            await super().push(status)

    return LateSMTP(Sink(), hostname="localhost", enable_SMTPUTF8=True)


if __name__ == "__main__":
    ANSWERS = _answers()
    asyncio.run(_serve(sys.argv[1], float(sys.argv[2])))
