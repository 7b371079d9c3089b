"""The sandbox, and beside it another mailer: a real SMTP server."""

import pytest

from tests.support.smtp_server import SMTP_BACKEND, running

#: A ``POLICY`` that sends by SMTP what the API cannot carry.
ROUTED = dict.fromkeys(
    ("alternatives", "attachments", "cc", "headers", "inline_images", "reply_to"),
    "smtp",
)


@pytest.fixture
def smtp():
    """Yield a running SMTP server."""
    with running() as server:
        yield server


@pytest.fixture
def routed(mailer, smtp):
    """Return a function that sets the sandbox up, with the SMTP server beside it."""

    def routed(**directmail):
        options = {"host": "127.0.0.1", "port": smtp.port, "timeout": 5}
        return mailer(
            **{
                "POLICY": ROUTED,
                "SMTP_FALLBACK": {"BACKEND": SMTP_BACKEND, "OPTIONS": options},
                **directmail,
            }
        )

    return routed
