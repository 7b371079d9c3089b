"""``python -m django_directmail.sandbox``: start a local DirectMail."""

from __future__ import annotations

import argparse
import sys
from functools import partial

from django_directmail.sandbox.command_line import add_arguments, serve


def main() -> int:
    """Start the sandbox with the given options; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m django_directmail.sandbox",
        description="A local DirectMail: checks the calls, keeps and shows the mail.",
    )
    add_arguments(parser)
    options = parser.parse_args()
    try:
        serve(
            host=options.host,
            port=options.port,
            senders=options.sender,
            write=partial(print, flush=True),
        )
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
