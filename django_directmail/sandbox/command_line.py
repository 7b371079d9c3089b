"""The command line, for ``python -m django_directmail.sandbox`` and for manage.py."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

from django_directmail.sandbox import accounts
from django_directmail.sandbox.server import DEFAULT_PORT, Sandbox

__all__ = ["add_arguments", "banner", "serve"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the sandbox."""
    parser.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help=f"Port to listen on; 0 picks a free one. Default: {DEFAULT_PORT}.",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="Address to listen on. Default: 127.0.0.1. Anybody who reaches another"
        " one can read the mail.",
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
    Serve until Ctrl+C, after handing the banner to ``write``.

    Raise :exc:`OSError`, with a text for people, if the address cannot be had.
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
    write(banner(sandbox))
    try:
        sandbox.serve_forever()
    except KeyboardInterrupt:
        write("\nStopped; the mail is gone.")
    finally:
        sandbox.stop()


def banner(sandbox: Sandbox) -> str:
    """Return what to put into the settings, and what the sandbox knows."""
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
