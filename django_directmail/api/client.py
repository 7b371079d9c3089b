"""
The client: ``Client(credentials, region=...).call(action)`` returns a result.

A call has two steps, so that a caller can put nonce and time on record in between:
:meth:`Client.prepare` signs, :meth:`Client.send` posts what was signed, again if need
be. For a look at the bare answer of one request there are :meth:`Client.post` and
:meth:`Client.read`.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timezone
from math import inf
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django_directmail.api import transport
from django_directmail.api.actions.action import Action
from django_directmail.api.clock import Clock
from django_directmail.api.credentials import (
    Credentials,
    CredentialsSource,
    from_environment,
    resolve,
)
from django_directmail.api.endpoints import DEFAULT_REGION, clean_endpoint, endpoint_for
from django_directmail.api.errors import CredentialsError, DirectMailError
from django_directmail.api.prepared import PreparedCall
from django_directmail.api.rate import DEFAULT_RATE_LIMIT, clean_rate_limit
from django_directmail.api.responses import Answer, read_error, read_fields
from django_directmail.api.retries import (
    DEFAULT_DEADLINE,
    DEFAULT_MAX_ATTEMPTS,
    RetryPolicy,
    clean_attempts,
    clean_deadline,
)
from django_directmail.api.signing import HMAC_SHA1, SIGNATURES, RequestData

__all__ = ["Client", "PreparedCall", "clean_timeout"]

ResultT = TypeVar("ResultT")

DEFAULT_TIMEOUT = (5.0, 10.0)


def clean_timeout(value: Any) -> tuple[float, float]:
    """Return seconds to connect and to read; raise :exc:`ValueError` if unfit."""
    pair = value if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) != 2 or not all(
        isinstance(part, (int, float)) and not isinstance(part, bool) and 0 < part < inf
        for part in pair
    ):
        raise ValueError(
            f"it is {value!r}; it must be (connect, read) in seconds, both above 0."
        )
    return (float(pair[0]), float(pair[1]))


class Client:
    """
    Calls actions of one account in one region.

    ``credentials`` is one of :data:`~django_directmail.api.credentials.
    CredentialsSource`; without it the environment is read. It is asked at each call.
    ``endpoint`` overrides the one of ``region``; one that is not Alibaba's, such as the
    sandbox, also takes the actions of other products. ``signature`` is
    ``"HMAC-SHA1"`` or ``"ACS3-HMAC-SHA256"``. ``timeout`` is seconds to connect and to
    wait for the whole answer. A call is tried ``max_attempts`` times at most, and not
    again once it has lasted for ``deadline`` seconds. ``rate_limit`` is calls in a
    second, of all clients of this process with the same endpoint, AccessKey ID and
    action. ``clock`` is for tests. Raise :exc:`ValueError` for a value that none of
    these can be.

    Cheap to make, safe to share between threads: connections belong to the process.
    """

    def __init__(
        self,
        credentials: CredentialsSource | None = None,
        *,
        region: str = DEFAULT_REGION,
        endpoint: str | None = None,
        signature: str = HMAC_SHA1,
        timeout: tuple[float, float] = DEFAULT_TIMEOUT,
        max_attempts: int = DEFAULT_MAX_ATTEMPTS,
        rate_limit: float = DEFAULT_RATE_LIMIT,
        deadline: float = DEFAULT_DEADLINE,
        clock: Clock | None = None,
    ) -> None:
        if signature not in SIGNATURES:
            raise ValueError(
                f"{signature!r} is not a signature; use {' or '.join(SIGNATURES)}."
            )
        self._credentials = from_environment if credentials is None else credentials
        self.region = region
        self.endpoint = clean_endpoint(endpoint) if endpoint else endpoint_for(region)
        self.signature = signature
        self.timeout = clean_timeout(timeout)
        self.retry_policy = RetryPolicy(
            max_attempts=clean_attempts(max_attempts),
            deadline=clean_deadline(deadline),
            rate_limit=clean_rate_limit(rate_limit),
            clock=clock or Clock(),
        )

    def __repr__(self) -> str:
        return f"<Client {self.endpoint} {self.signature}>"

    def call(
        self,
        action: Action[ResultT],
        *,
        credentials: Credentials | None = None,
        stop: threading.Event | None = None,
    ) -> ResultT:
        """
        Call ``action``, again if need be, and return its result.

        ``credentials`` are as for :meth:`prepare`, ``stop`` as for :meth:`send`.

        Raise :exc:`~django_directmail.api.errors.TransportError` or a subclass of
        :exc:`~django_directmail.api.errors.ApiError`.
        """
        return self.send(self.prepare(action, credentials=credentials), stop=stop)

    def prepare(
        self,
        action: Action[ResultT],
        *,
        nonce: str | None = None,
        timestamp: str | None = None,
        credentials: Credentials | None = None,
    ) -> PreparedCall[ResultT]:
        """
        Sign ``action`` with the credentials of this moment.

        Give ``credentials`` to sign with these: the source may have to be asked in
        another thread than the one that calls.

        ``nonce`` is new and ``timestamp`` now (UTC, ``2026-01-02T03:04:05Z``) unless
        given; with both given, the same action makes the same bytes again. Raise
        :exc:`ValueError` for one that fits into no header.
        """
        for name, value in (("nonce", nonce), ("timestamp", timestamp)):
            if value and not (value.isascii() and value.isprintable()):
                raise ValueError(f"{name} is {value!r}; it must be printable ASCII.")
        return self._sign(
            action, credentials or resolve(self._credentials), nonce, timestamp
        )

    def _sign(
        self,
        action: Action[ResultT],
        credentials: Credentials,
        nonce: str | None = None,
        timestamp: str | None = None,
    ) -> PreparedCall[ResultT]:
        data = RequestData(
            endpoint=self._endpoint_of(action),
            action=action.action_name(),
            version=action.version,
            parameters=action.parameters(),
            nonce=nonce or str(uuid.uuid4()),
            timestamp=timestamp
            or datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        request = SIGNATURES[self.signature](
            data,
            credentials.access_key_id,
            credentials.access_key_secret,
            credentials.security_token,
        )
        return PreparedCall(action, request)

    def _endpoint_of(self, action: Action[ResultT]) -> str:
        """
        Return where to call ``action``.

        Other products have hosts of their own. An endpoint that is none of Alibaba's,
        such as the sandbox, stands for all of them: what is tried there stays there.
        """
        own_host = urlsplit(self.endpoint).hostname or ""
        if action.host is None or not own_host.endswith(".aliyuncs.com"):
            return self.endpoint
        return f"https://{action.host}"

    def send(
        self,
        prepared: PreparedCall[ResultT],
        watch: Callable[[PreparedCall[ResultT]], object] | None = None,
        stop: threading.Event | None = None,
    ) -> ResultT:
        """
        Send a prepared call, again if need be, and return its result.

        A request that may have arrived is only ever replayed, byte for byte: see
        :mod:`django_directmail.api.retries`. ``watch`` is called before each try with
        the call that goes out: the same object for a replay, one with a new nonce and
        time for a new request. ``stop`` ends every wait, and with it the call. Raise
        as :meth:`call` does; the error is that of the whole call, and its ``attempts``
        says how many tries there were.
        """
        return self.retry_policy.send(
            prepared,
            once=lambda call: self.read(call, self.post(call)),
            anew=lambda: self._prepare_anew(prepared.action),
            watch=watch,
            stop=stop,
        )

    def _prepare_anew(self, action: Action[ResultT]) -> PreparedCall[ResultT]:
        """Sign for the next try, where the one before is known not to have arrived."""
        try:
            return self._sign(action, resolve(self._credentials))
        except DirectMailError:
            raise
        except Exception as error:
            # Not its text, which may hold what it was about to read. As an error of
            # the call, because it says what is known of the mail.
            kind = type(error).__name__
        text = (
            f"{action.action_name()} was not tried again: the credentials source raised"
            f" {kind} when it was asked once more."
        )
        raise CredentialsError(text, code="MissingCredentials", retryable=True)

    def post(self, prepared: PreparedCall[ResultT]) -> Answer:
        """
        Post a prepared call once and return the answer, a refusal included.

        Raise :exc:`~django_directmail.api.errors.TransportError` if none came.
        """
        return transport.send(
            prepared.request, timeout=self.timeout, sends=prepared.action.sends
        )

    def read(self, prepared: PreparedCall[ResultT], answer: Answer) -> ResultT:
        """Return the result that ``answer`` holds; raise as :meth:`call` does."""
        data = prepared.request.data
        found = read_fields(answer)
        private = (*data.parameters.values(), *prepared.request.proof)
        error = read_error(
            data.action,
            answer,
            found,
            private=private,
            sends=prepared.action.sends,
        )
        if error is not None:
            # The answer may repeat the request: nothing of it in a traceback's frame.
            del answer, found, private
            raise error
        return prepared.action.read(found or {})
