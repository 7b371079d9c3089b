"""Options and output of ``python -m django_directmail.sandbox`` and manage.py."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

from django_directmail.sandbox import accounts
from django_directmail.sandbox.server import DEFAULT_PORT, Sandbox

__all__ = ["add_arguments", "serve", "start_message"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the sandbox to ``parser``."""
    parser.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help=f"Port to listen on; 0 picks a free one. Default: {DEFAULT_PORT}.",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="Address to listen on. Default: 127.0.0.1. With another address, everybody"
        " who can connect to it can read the mail.",
    )
    parser.add_argument(
        "--sender",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="A sender that exists, besides example.com, .net and .org: an address,"
        " @domain, or * for all. Can be repeated.",
    )


def serve(
    *, host: str, port: int, senders: Iterable[str], write: Callable[[str], object]
) -> None:
    """
    Serve until Ctrl+C; write a start message with ``write``.

    Raise :exc:`OSError` with a message for the user if it cannot listen on the port.
    """
    try:
        sandbox = Sandbox(
            host=host, port=port, senders=[*accounts.DEFAULT_SENDERS, *senders]
        )
    except OSError as error:
        raise OSError(
            f"Cannot listen on {host}, port {port}: {error.strerror or error}."
            " Is a sandbox running already? --port 0 picks a free port."
        ) from None
    write(start_message(sandbox))
    try:
        sandbox.serve_forever()
    except KeyboardInterrupt:
        write("\nStopped; the mail is gone.")
    finally:
        sandbox.stop()


def start_message(sandbox: Sandbox) -> str:
    """Return the start message: the settings to use, and the valid senders."""
    return f"""\
DirectMail sandbox at {sandbox.url} (open it in a browser; Ctrl+C stops it)

  DIRECTMAIL = {{
      "ACCESS_KEY_ID": "{accounts.ACCESS_KEY_ID}",
      "ACCESS_KEY_SECRET": "{accounts.ACCESS_KEY_SECRET}",
      "ENDPOINT": "{sandbox.url}",
  }}

  Temporary credentials: {accounts.STS_ACCESS_KEY_ID}, \
{accounts.STS_ACCESS_KEY_SECRET}, token {accounts.STS_SECURITY_TOKEN}
  Senders: {", ".join(sandbox.service.senders.patterns)} (--sender adds one)
"""


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535).")
    return int(text)
