"""
Answer the requests of the contact form, and send its messages as mail.

This module is independent of Function Compute and WSGI, which are in ``index``.
"""

import json
import logging
import math
import os
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from form_fields import ADDRESS, Problem, is_trapped, parse, validate
from rate_limit import RateLimit, group
from texts import choose_language, say

from django_directmail.api import (
    Client,
    CredentialsError,
    DirectMailError,
    SingleSendMail,
)

__all__ = ["Config", "Request", "Response", "answer", "read_config"]

logger = logging.getLogger(__name__)

LIMIT = RateLimit()
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]+)?")
HEADER_NAME = re.compile(r"[a-z0-9-]+")
URL = re.compile(r"https?://[!-~]+")
METHODS = "POST, OPTIONS"
#: Browsers ask once a day whether a page may call the function.
PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
}
BODY = """\
{message}

--
From: {name} <{email}>
Sent with the contact form.
"""


@dataclass(frozen=True)
class Request:
    """
    One request of a visitor's browser.

    The keys of ``headers`` are in lower case. ``address`` is the visitor's IP address
    from a source that visitors cannot forge, or ``""``. ``read_body`` returns at most
    ``MAX_BODY`` bytes, or raises :exc:`~form_fields.Problem`.
    """

    method: str
    headers: Mapping[str, str] = field(repr=False)
    address: str = field(repr=False)
    read_body: Callable[[], bytes] = field(repr=False)

    def header(self, name):
        """Return the header ``name``, or ``""``."""
        return self.headers.get(name, "")

    @property
    def wants_page(self):
        """Say whether the browser shows the answer itself, without JavaScript."""
        return "text/html" in self.header("accept")


@dataclass(frozen=True)
class Response:
    """One response; ``body`` is text."""

    status: int
    headers: dict[str, str]
    body: str = ""


@dataclass(frozen=True)
class Config:
    """The settings from the environment; the README explains each one."""

    client: Client
    sender: str
    recipients: tuple[str, ...]
    origins: tuple[str, ...]
    thanks_url: str
    client_header: str


def read_config(environ, credentials):
    """
    Return the :class:`Config` in ``environ``, with a client that uses ``credentials``.

    ``credentials`` is a callable. It is also called here, so that the log reports a
    missing key at the first request.

    Raise :exc:`ValueError` that names the variable, or
    :exc:`~django_directmail.api.CredentialsError`.
    """
    credentials()
    try:
        client = Client(
            credentials,
            region=environ.get("DIRECTMAIL_REGION") or "cn-hangzhou",
            endpoint=environ.get("DIRECTMAIL_ENDPOINT") or None,
        )
    except ValueError as error:
        raise ValueError(f"DIRECTMAIL_REGION, DIRECTMAIL_ENDPOINT: {error}") from None
    return Config(
        client=client,
        sender=_one(environ, "CONTACT_SENDER", ADDRESS, "an address"),
        recipients=_several(environ, "CONTACT_RECIPIENTS", ADDRESS, "an address"),
        origins=_several(
            environ, "CONTACT_ORIGINS", ORIGIN, "an origin, as https://www.example.com"
        ),
        thanks_url=_one(environ, "CONTACT_THANKS_URL", URL, "a URL", needed=False),
        client_header=_one(
            environ, "CONTACT_CLIENT_HEADER", HEADER_NAME, "a header", needed=False
        ).lower(),
    )


def _several(environ, name, pattern, what, *, needed=True):
    values = [part.strip() for part in environ.get(name, "").split(",")]
    values = [value for value in values if value]
    if needed and not values:
        raise ValueError(f"{name} is not set; it must be {what}.")
    for value in values:
        if not pattern.fullmatch(value.lower() if pattern is HEADER_NAME else value):
            raise ValueError(f"{name} has {value!r}, which is not {what}.")
    return tuple(values)


def _one(environ, name, pattern, what, *, needed=True):
    values = _several(environ, name, pattern, what, needed=needed)
    if len(values) > 1:
        raise ValueError(f"{name} has {len(values)} values; it takes one.")
    return values[0] if values else ""


def answer(request, credentials):
    """
    Return the :class:`Response` to ``request``; raise nothing.

    ``credentials`` is a callable that returns an AccessKey.
    """
    try:
        config = read_config(os.environ, credentials)
    except (ValueError, CredentialsError) as error:
        logger.error("The contact form is not set up: %s", error)
        return _refuse(request, Problem(500, "broken"))
    try:
        response = _answer(request, config)
    except Problem as problem:
        response = _refuse(request, problem)
    except Exception as error:
        # Function Compute would send the traceback to the visitor. The text of an
        # unexpected error may contain private data, so only its type and place are
        # logged.
        place = "".join(traceback.format_tb(error.__traceback__))
        logger.error("The contact form failed: %s\n%s", type(error).__name__, place)
        response = _refuse(request, Problem(500, "broken"))
    response.headers.update(_cors(request, config))
    return response


def _cors(request, config):
    headers = {"Vary": "Origin"}
    if request.header("origin") in config.origins:
        headers["Access-Control-Allow-Origin"] = request.header("origin")
        headers["Access-Control-Expose-Headers"] = "Retry-After"
    return headers


def _answer(request, config):
    if request.method == "OPTIONS":
        # If Access-Control-Allow-Origin is missing, the browser does not send the POST.
        return Response(204, {"Allow": METHODS, **PREFLIGHT})
    if request.method != "POST":
        raise Problem(405, "method")
    body = request.read_body()
    # Browsers send the origin of the page with the form. A request without an origin
    # is not from a browser, so no foreign page can have caused it.
    if request.header("origin") not in ("", *config.origins):
        raise Problem(403, "origin")
    fields = parse(request.header("content-type"), body)
    if is_trapped(fields):
        # The program gets the usual answer: an error would make it try other fields.
        logger.info("A message was thrown away: its hidden field is filled in.")
        return _thank(request, config)
    message = validate(fields)
    _check_rate(request, config)
    _send(config, message)
    return _thank(request, config)


def _check_rate(request, config):
    address = request.address
    if config.client_header:
        # Each proxy appends an address. Visitors can forge those before the last one.
        address = request.header(config.client_header).rpartition(",")[2]
    visitor = group(address)
    seconds = math.ceil(LIMIT.wait(visitor))
    if seconds:
        known = "" if visitor else " of unknown address; set CONTACT_CLIENT_HEADER"
        logger.warning("A message was refused: too many from one visitor%s.", known)
        raise Problem(
            429, "too_many", minutes=math.ceil(seconds / 60), retry_after=seconds
        )


def _send(config, message):
    action = SingleSendMail(
        account_name=config.sender,
        to_address=",".join(config.recipients),
        subject=f"[Contact] {message.name}",
        text_body=BODY.format(**vars(message)),
        reply_address=message.reply_address,
    )
    try:
        result = config.client.call(action)
    except DirectMailError as error:
        # The text of these errors contains neither secrets nor the visitor's text.
        logger.error(
            "A message was not sent (code %s, request %s, accepted %s): %s",
            getattr(error, "code", "") or "none",
            getattr(error, "request_id", "") or "none",
            error.accepted,
            error,
        )
        raise Problem(502, "lost" if error.accepted == "no" else "unsure") from None
    logger.info("A message was sent: %s, request %s", result.env_id, result.request_id)


def _thank(request, config):
    text = say(choose_language(request.header("accept-language")), "sent")
    response = _write(request, 200, {"sent": True, "message": text}, text)
    if request.wants_page and config.thanks_url:
        return Response(303, {**response.headers, "Location": config.thanks_url}, text)
    return response


def _refuse(request, problem):
    language = choose_language(request.header("accept-language"))
    text = say(language, problem.text, field=problem.field, **problem.values)
    data = {"error": text}
    if problem.field:
        data["field"] = problem.field
    response = _write(request, problem.status, data, text)
    if problem.status == 405:
        response.headers["Allow"] = METHODS
    if "retry_after" in problem.values:
        response.headers["Retry-After"] = str(problem.values["retry_after"])
    return response


def _write(request, status, data, text):
    """Return JSON for a script, or plain text if the browser shows it itself."""
    kind, body = "application/json", json.dumps(data, ensure_ascii=False)
    if request.wants_page:
        kind, body = "text/plain", text
    return Response(
        status,
        {
            "Content-Type": f"{kind}; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
        "" if request.method == "HEAD" else body,
    )
