"""
The settings: the only reader of ``django.conf.settings``.

``DIRECTMAIL`` and the ``OPTIONS`` of a mailer have the same keys, in upper and in lower
case; ``OPTIONS`` win. They become a frozen :class:`Account`, read anew for each backend
object, so ``override_settings`` and a changed environment take effect at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from warnings import catch_warnings, simplefilter

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from django_directmail._compat import HAS_MAILERS, configuration_error
from django_directmail.api.client import DEFAULT_TIMEOUT, Client
from django_directmail.api.credentials import (
    Credentials,
    CredentialsSource,
    from_environment,
)
from django_directmail.api.endpoints import DEFAULT_REGION
from django_directmail.api.errors import CredentialsError
from django_directmail.api.rate import DEFAULT_RATE_LIMIT
from django_directmail.api.retries import DEFAULT_MAX_ATTEMPTS
from django_directmail.api.signing import HMAC_SHA1
from django_directmail.api.spelling import suggest
from django_directmail.message.addresses import parse_address
from django_directmail.message.policy import MessageOptions
from django_directmail.options import (
    CREDENTIAL_KEYS,
    OPTIONS,
    WITHOUT_EFFECT,
    Fallback,
    LogOptions,
)

__all__ = [
    "Account",
    "configured_mailers",
    "get_account",
    "get_log",
    "get_setting",
    "get_staff",
    "names_mailers",
    "without_effect",
]

#: Calls in flight within one list.
DEFAULT_CONCURRENCY = 8


@dataclass(frozen=True)
class Account(MessageOptions):
    """The settings of one mailer, checked. See the table of settings in the docs."""

    alias: str | None = None
    credentials: CredentialsSource = field(default=from_environment, repr=False)
    region: str = DEFAULT_REGION
    endpoint: str | None = None
    signature: str = HMAC_SHA1
    timeout: tuple[float, float] = DEFAULT_TIMEOUT
    log: LogOptions = LogOptions()
    max_concurrency: int = DEFAULT_CONCURRENCY
    smtp_fallback: Fallback | None = None
    rate_limit: float = DEFAULT_RATE_LIMIT
    max_attempts: int = DEFAULT_MAX_ATTEMPTS

    def client(self) -> Client:
        """Return the client that calls on behalf of this account."""
        return Client(
            self.credentials,
            region=self.region,
            endpoint=self.endpoint,
            signature=self.signature,
            timeout=self.timeout,
            rate_limit=self.rate_limit,
            max_attempts=self.max_attempts,
        )


def get_account(options: Mapping[str, Any], alias: str | None = None) -> Account:
    """
    Return the account of ``options`` (lower-case keys) over ``settings.DIRECTMAIL``.

    Raise :exc:`~django.core.exceptions.ImproperlyConfigured`, under an ``alias`` its
    subclass ``InvalidMailer``, for an unknown key or a value that cannot be.
    """
    try:
        given = _read_settings()
        own = _clean(options, "OPTIONS", str.lower)
        for key in {"database", "retention_days"} & set(own.get("log", ())):
            raise ValueError(
                f'OPTIONS["log"]: "{key.upper()}" belongs into DIRECTMAIL.'
            )
        log = LogOptions(**{**given.get("log", {}), **own.get("log", {})})
        # Credentials are one thing: parts of two keys never make a third.
        if not own.keys().isdisjoint(CREDENTIAL_KEYS):
            given = {k: v for k, v in given.items() if k not in CREDENTIAL_KEYS}
        values = {**given, **own}
        _check_route(values)
        return Account(
            alias=alias,
            credentials=_credentials(values),
            log=log,
            **{key: values[key] for key in ACCOUNT_KEYS if key in values},
        )
    except (ValueError, CredentialsError) as error:
        text = str(error)
    # They may hold a secret, which a traceback must not show.
    del options
    raise configuration_error(text, alias)


def _check_route(values: Mapping[str, Any]) -> None:
    routed = [k for k, choice in values.get("policy", {}).items() if choice == "smtp"]
    if routed and "smtp_fallback" not in values:
        raise ValueError(
            f'POLICY["{routed[0]}"] is "smtp", which needs SMTP_FALLBACK: an alias of'
            " MAILERS, or the path of a backend with its options."
        )


def _read_settings() -> dict[str, Any]:
    setting = getattr(settings, "DIRECTMAIL", {})
    if not isinstance(setting, Mapping):
        raise ValueError(f"DIRECTMAIL is a {type(setting).__name__}; make it a dict.")
    return _clean(setting, "DIRECTMAIL", str.upper)


def _clean(
    given: Mapping[str, Any], place: str, spell: Callable[[str], str]
) -> dict[str, Any]:
    """Return the cleaned values by lower-case key, of keys spelt as in ``place``."""
    known = {spell(key): key for key in OPTIONS}
    values = {}
    for key, value in given.items():
        if not isinstance(key, str) or key not in known:
            hint = suggest(spell(str(key)), known)
            raise ValueError(f'{place}["{key}"] is not a known option.{hint}')
        # Empty, as an environment variable that is not set, means not given.
        if value is None or value == "":
            continue
        try:
            values[known[key]] = OPTIONS[known[key]](value)
        except (ValueError, TypeError) as error:
            raise ValueError(f'{place}["{key}"]: {error}') from None
    return values


def get_log() -> LogOptions:
    """
    Return ``DIRECTMAIL["LOG"]``: there is one log for all mailers.

    Raise :exc:`~django.core.exceptions.ImproperlyConfigured` if it cannot be.
    """
    setting = getattr(settings, "DIRECTMAIL", None) or {}
    value = setting.get("LOG") if isinstance(setting, Mapping) else None
    if value is None:
        return LogOptions()
    try:
        return LogOptions(**OPTIONS["log"](value))
    except ValueError as error:
        text = str(error)
    raise ImproperlyConfigured(f'DIRECTMAIL["LOG"]: {text}')


def _credentials(values: Mapping[str, Any]) -> CredentialsSource:
    source = values.get("credentials")
    key_id, secret = values.get("access_key_id"), values.get("access_key_secret")
    token = values.get("security_token")
    if source is not None:
        if key_id or secret or token:
            raise ValueError(
                "CREDENTIALS and ACCESS_KEY_ID, ACCESS_KEY_SECRET or SECURITY_TOKEN"
                " are both set. Keep one of the two ways."
            )
        return source
    if not (key_id or secret or token):
        return from_environment
    if not (key_id and secret):
        missing = "ACCESS_KEY_SECRET" if key_id else "ACCESS_KEY_ID"
        raise ValueError(
            f"{missing} is missing. Set ACCESS_KEY_ID and ACCESS_KEY_SECRET together,"
            " or neither to take both from the environment."
        )
    return Credentials(key_id, secret, token or None)


ACCOUNT_KEYS = tuple(
    key
    for key in Account.__dataclass_fields__
    if key not in ("alias", "credentials", "log")
)


def get_setting(name: str) -> Any:
    """Return a setting of Django itself, such as ``DEFAULT_FROM_EMAIL``."""
    return getattr(settings, name)


def get_staff(name: str) -> list[str]:
    """
    Return the addresses of ``ADMINS`` or ``MANAGERS``.

    Raise :exc:`~django.core.exceptions.ImproperlyConfigured` for an entry that is
    neither an address nor a pair of name and address.
    """
    try:
        return [
            parse_address(
                entry[1] if isinstance(entry, (list, tuple)) else entry, name
            ).wire
            for entry in getattr(settings, name)
        ]
    except (TypeError, IndexError, ValueError):
        pass
    raise ImproperlyConfigured(
        f'settings.{name} must be a list of addresses, such as ["me@example.com"].'
    )


def names_mailers() -> bool:
    """Say whether the settings give names to mailers, in ``MAILERS``."""
    return HAS_MAILERS and hasattr(settings, "MAILERS")


def configured_mailers() -> Iterator[tuple[str | None, str, Mapping[str, Any]]]:
    """Yield alias (``None`` without MAILERS), backend path and options of each."""
    if names_mailers():
        for alias, entry in (settings.MAILERS or {}).items():
            settled: Mapping[str, Any] = entry or {}
            yield alias, str(settled.get("BACKEND", "")), settled.get("OPTIONS") or {}
        return
    with catch_warnings():
        simplefilter("ignore", PendingDeprecationWarning)
        simplefilter("ignore", DeprecationWarning)
        yield None, str(settings.EMAIL_BACKEND), {}


def without_effect() -> list[str]:
    """Return the keys in use that are known and change nothing in this version."""
    used = {str(key).lower() for key in getattr(settings, "DIRECTMAIL", {})}
    for _, _, options in configured_mailers():
        used.update(map(str, options))
    return [key.upper() for key in WITHOUT_EFFECT if key in used]
