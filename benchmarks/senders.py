"""
Send the same letters with each sender: this package, the SDK, django-anymail, SMTP.

Each sender turns the letters into its own objects, as its users have to. As a script,
this is the worker: it sends one ``Job`` and prints how long that took.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from measuring import has, work

__all__ = ["ACS3", "HMAC_SHA1", "SENDERS", "Job", "Sample", "can_send", "send"]

HMAC_SHA1 = "HMAC-SHA1"
ACS3 = "ACS3-HMAC-SHA256"
PARAGRAPH = "Good morning,\n\nyour order is on its way. 您的订单已发货。\n"
SENDER = "shop@example.com"
ALIAS = "Shop"
KEY = {"access_key_id": "sandbox-id", "access_key_secret": "sandbox-secret"}
#: Calls per second; so high that the network is the limit and not ``RATE_LIMIT``.
UNLIMITED = 1_000_000


@dataclass(frozen=True)
class Job:
    """
    What to send: ``count`` mails of ``size`` bytes to the server at ``url``.

    It is sent ``repeat`` times, after ``warm_up`` mails that do not count.
    ``size`` 0 is an ordinary mail, of 1.3 KB. ``rate_limit`` ``None`` is the default.
    """

    sender: str
    url: str
    count: int
    signature: str = HMAC_SHA1
    size: int = 0
    repeat: int = 1
    warm_up: int = 20
    rate_limit: int | None = UNLIMITED


class Sample(NamedTuple):
    """Medians, in seconds, for all mails of a job together."""

    wall: float
    cpu: float


class Letter(NamedTuple):
    """A mail that is not an object of any sender yet."""

    to: str
    subject: str
    text: str
    html: str


Send = Callable[[Sequence[Letter]], None]


def send(job: Job) -> Sample:
    """Carry out ``job`` in a fresh process."""
    return Sample(**work("senders.py", json.dumps(asdict(job))))


def can_send(sender: str) -> bool:
    """Say whether what ``sender`` needs is installed."""
    needed = {"sdk": "alibabacloud-dm20151123", "anymail": "django-anymail"}
    return has({**needed, "smtp": "aiosmtpd"}.get(sender, "requests"))


def _letters(job: Job) -> list[Letter]:
    if job.size:
        paragraphs = job.size // len(PARAGRAPH.encode()) + 1
        html = (PARAGRAPH * paragraphs).encode()[: job.size].decode(errors="ignore")
        text = "Good morning."
    else:
        text = PARAGRAPH * 10
        html = f"<p>{text}</p>"
    return [
        Letter(f"customer{number}@example.net", f"Order {number} 订单", text, html)
        for number in range(job.count)
    ]


def configure(**settings: Any) -> None:
    """Set Django up without an app, with these ``settings``."""
    import django
    from django.conf import settings as lazy

    lazy.configure(USE_TZ=True, INSTALLED_APPS=[], **settings)
    django.setup()


def _messages(letters: Sequence[Letter]) -> list[Any]:
    from django.core.mail import EmailMultiAlternatives

    messages = []
    for letter in letters:
        message = EmailMultiAlternatives(
            letter.subject, letter.text, f"{ALIAS} <{SENDER}>", [letter.to]
        )
        message.attach_alternative(letter.html, "text/html")
        messages.append(message)
    return messages


def _through(backend: Any) -> Send:
    """Send with a backend of Django, all in one list."""

    def send_all(letters: Sequence[Letter]) -> None:
        sent = backend.send_messages(_messages(letters))
        assert sent == len(letters), (sent, len(letters))

    return send_all


def _backend(job: Job, **options: Any) -> Send:
    configure()
    from django_directmail.backends import EmailBackend

    if job.rate_limit is not None:
        options["rate_limit"] = job.rate_limit
    return _through(
        EmailBackend(endpoint=job.url, signature=job.signature, **KEY, **options)
    )


def _client(job: Job) -> Send:
    from django_directmail.api import Client, Credentials
    from django_directmail.api.rate import DEFAULT_RATE_LIMIT

    client = Client(
        Credentials(*KEY.values()),
        endpoint=job.url,
        signature=job.signature,
        rate_limit=job.rate_limit or DEFAULT_RATE_LIMIT,
    )

    def send_all(letters: Sequence[Letter]) -> None:
        for letter in letters:
            client.call(_action(letter))

    return send_all


def _action(letter: Letter) -> Any:
    from django_directmail.api import SingleSendMail

    return SingleSendMail(
        account_name=SENDER,
        from_alias=ALIAS,
        to_address=letter.to,
        subject=letter.subject,
        text_body=letter.text,
        html_body=letter.html,
    )


def _sdk(job: Job) -> Send:
    from alibabacloud_dm20151123.client import Client
    from alibabacloud_dm20151123.models import SingleSendMailRequest
    from alibabacloud_tea_openapi.models import Config

    client = Client(
        Config(
            **KEY,
            endpoint=job.url.removeprefix("http://"),
            protocol="http",
            # "v2" is the SDK's name of HMAC-SHA1; ACS3 is its default.
            signature_algorithm="v2" if job.signature == HMAC_SHA1 else None,
        )
    )

    def send_all(letters: Sequence[Letter]) -> None:
        for letter in letters:
            answer = client.single_send_mail(
                SingleSendMailRequest(
                    account_name=SENDER,
                    address_type=1,
                    from_alias=ALIAS,
                    reply_to_address=False,
                    to_address=letter.to,
                    subject=letter.subject,
                    text_body=letter.text,
                    html_body=letter.html,
                )
            )
            assert answer.body.env_id

    return send_all


def _post(job: Job) -> Send:
    import requests

    from django_directmail.api import Client, Credentials

    client = Client(
        Credentials(*KEY.values()), endpoint=job.url, signature=job.signature
    )
    signed = [client.prepare(_action(letter)).request for letter in _letters(job)]
    session = requests.Session()

    def send_all(letters: Sequence[Letter]) -> None:
        for request in signed[: len(letters)]:
            answer = session.post(
                request.url, data=request.body, headers=dict(request.headers)
            )
            assert answer.status_code == 200

    return send_all


def _anymail(job: Job) -> Send:
    configure(
        ANYMAIL={
            "MAILGUN_API_KEY": "key",
            "MAILGUN_API_URL": f"{job.url}/v3",
            "MAILGUN_SENDER_DOMAIN": "example.com",
        }
    )
    from anymail.backends.mailgun import EmailBackend

    return _through(EmailBackend())


def _smtp(job: Job) -> Send:
    configure()
    from django.core.mail.backends.smtp import EmailBackend

    host, _, port = job.url.partition(":")
    return _through(EmailBackend(host=host, port=int(port)))


SENDERS: dict[str, Callable[[Job], Send]] = {
    "backend": _backend,
    "serial": lambda job: _backend(job, max_concurrency=1),
    "client": _client,
    "sdk": _sdk,
    "post": _post,
    "anymail": _anymail,
    "smtp": _smtp,
}


def measure(job: Job) -> Sample:
    """Send, in this process."""
    letters = _letters(job)
    send_all = SENDERS[job.sender](job)
    send_all(letters[: min(job.warm_up, job.count)])
    samples = []
    for _ in range(job.repeat):
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        send_all(letters)
        samples.append((time.perf_counter() - wall, time.process_time() - cpu))
    return Sample(*map(statistics.median, zip(*samples, strict=True)))


if __name__ == "__main__":
    print(json.dumps(measure(Job(**json.loads(sys.argv[1])))._asdict()))
