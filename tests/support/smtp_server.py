"""A real SMTP server, for what takes another mailer than DirectMail's API."""

import asyncio
import contextlib
import email
import email.policy
import threading

from aiosmtpd.smtp import SMTP

SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


class SmtpServer:
    """
    Keeps what arrives: ``envelopes``, oldest first; ``replies`` are given first.

    Who is in ``strangers`` is no recipient here.
    """

    def __init__(self):
        self.envelopes = []
        self.strangers = set()
        self.connections = 0
        #: Answers to the next DATA commands, in place of taking the mail.
        self.replies = []
        self.port = None

    async def handle_DATA(self, server, session, envelope):
        if self.replies:
            reply = self.replies.pop(0)
            if reply is None:
                server.transport.abort()
                return "421 gone"
            return reply
        self.envelopes.append(envelope)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.strangers:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    @property
    def messages(self):
        """Return what arrived as MIME messages."""
        return [parse(envelope) for envelope in self.envelopes]


def parse(envelope):
    """Return the message in an envelope."""
    return email.message_from_bytes(envelope.content, policy=email.policy.default)


@contextlib.contextmanager
def running():
    """Yield a server that listens on a free port of this machine."""
    server = SmtpServer()
    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(
        loop.create_server(
            lambda: SMTP(server, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0
        )
    )
    server.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_stop(listening), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(listening):
    listening.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
