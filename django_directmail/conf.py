"""
The settings: the only reader of ``django.conf.settings``.

``DIRECTMAIL`` and the ``OPTIONS`` of a mailer have the same keys, in upper and in lower
case; ``OPTIONS`` win. They become a frozen :class:`Account`, read anew for each backend
object, so ``override_settings`` and a changed environment take effect at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from django_directmail._compat import configuration_error
from django_directmail.api.client import (
    DEFAULT_REGION,
    DEFAULT_TIMEOUT,
    Client,
    clean_endpoint,
    endpoint_for,
    suggest,
)
from django_directmail.api.credentials import (
    Credentials,
    CredentialsSource,
    from_environment,
)
from django_directmail.api.errors import CredentialsError
from django_directmail.api.signing import HMAC_SHA1, SIGNATURES
from django_directmail.parameters import clean_parameters

__all__ = ["POLICIES", "Account", "get_account", "get_setting", "get_staff"]

#: Feature to the policies that it knows; the first one is the default.
POLICIES = {
    "alternatives": ("error", "warn"),
    "cc": ("to", "warn", "error"),
    "headers": ("error", "warn"),
    "inline_images": ("error", "warn"),
    "reply_to": ("first", "warn", "error"),
    "tags": ("first", "warn", "error"),
}


@dataclass(frozen=True)
class Account:
    """The settings of one mailer, checked. See the table of settings in the docs."""

    alias: str | None = None
    credentials: CredentialsSource = field(default=from_environment, repr=False)
    region: str = DEFAULT_REGION
    endpoint: str | None = None
    signature: str = HMAC_SHA1
    account_name: str | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict, repr=False)
    timeout: tuple[float, float] = DEFAULT_TIMEOUT
    split_recipients: bool = False
    policy: Mapping[str, str] = field(
        default_factory=lambda: {name: values[0] for name, values in POLICIES.items()}
    )

    def client(self) -> Client:
        """Return the client that calls on behalf of this account."""
        return Client(
            self.credentials,
            region=self.region,
            endpoint=self.endpoint,
            signature=self.signature,
            timeout=self.timeout,
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
        # Credentials are one thing: parts of two keys never make a third.
        if any(key in own for key in CREDENTIAL_KEYS):
            given = {k: v for k, v in given.items() if k not in CREDENTIAL_KEYS}
        values = {**given, **own}
        return Account(
            alias=alias,
            credentials=_credentials(values),
            **{key: values[key] for key in ACCOUNT_KEYS if key in values},
        )
    except (ValueError, CredentialsError) as error:
        text = str(error)
    raise configuration_error(text, alias)


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
        if key not in known:
            raise ValueError(
                f'{place}["{key}"] is not a known option.{suggest(spell(key), known)}'
            )
        if value is None:
            continue
        try:
            values[known[key]] = OPTIONS[known[key]](value)
        except (ValueError, TypeError) as error:
            raise ValueError(f'{place}["{key}"]: {error}') from None
    return values


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


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"it is of type {type(value).__name__}; it must be text.")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"it is {value!r}; it must be True or False.")
    return value


def _source(value: Any) -> CredentialsSource:
    try:
        source = import_string(value) if isinstance(value, str) else value
    except ImportError as error:
        raise ValueError(str(error)) from None
    if not (
        callable(source)
        or hasattr(source, "get_credential")
        or hasattr(source, "access_key_id")
    ):
        raise ValueError(
            f"it is a {type(source).__name__}; it must be a callable that returns"
            " credentials, or an object with get_credential()."
        )
    return source


def _region(value: Any) -> str:
    endpoint_for(value)
    return str(value)


def _signature(value: Any) -> str:
    if value not in SIGNATURES:
        raise ValueError(f"it is {value!r}; it must be {' or '.join(SIGNATURES)}.")
    return str(value)


def _timeout(value: Any) -> tuple[float, float]:
    pair = value if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) != 2 or not all(
        isinstance(part, (int, float)) and not isinstance(part, bool) and part > 0
        for part in pair
    ):
        raise ValueError(
            f"it is {value!r}; it must be (connect, read) in seconds, both above 0."
        )
    return (float(pair[0]), float(pair[1]))


def _policy(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError(f"it is a {type(value).__name__}; it must be a dict.")
    policy = {name: values[0] for name, values in POLICIES.items()}
    for name, choice in value.items():
        if name not in POLICIES:
            raise ValueError(f'"{name}" has no policy.{suggest(name, POLICIES)}')
        if choice not in POLICIES[name]:
            raise ValueError(
                f'"{name}" is {choice!r}; it must be one of'
                f" {', '.join(POLICIES[name])}."
            )
        policy[name] = choice
    return policy


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"it is a {type(value).__name__}; it must be a dict.")
    return value


def _defaults(value: Any) -> dict[str, Any]:
    values = clean_parameters(value)
    if "account_name" in values:
        raise ValueError('"account_name" has a setting of its own: ACCOUNT_NAME.')
    return values


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise ValueError(f"it is {value!r}; it must be a number above 0.")
    return value


def _unavailable(value: Any) -> Any:
    raise ValueError("it has no effect in this version and could deceive. Remove it.")


CREDENTIAL_KEYS = (
    "access_key_id",
    "access_key_secret",
    "security_token",
    "credentials",
)
#: Key to the function that checks its value and returns it as the account keeps it.
OPTIONS: dict[str, Callable[[Any], Any]] = {
    "access_key_id": _text,
    "access_key_secret": _text,
    "security_token": _text,
    "credentials": _source,
    "region": _region,
    "endpoint": clean_endpoint,
    "signature": _signature,
    "account_name": _text,
    "defaults": _defaults,
    "timeout": _timeout,
    "split_recipients": _boolean,
    "policy": _policy,
    # Names that are settled, for what is still to come. They change nothing yet, and
    # a system check says so.
    "rate_limit": _number,
    "max_concurrency": _number,
    "max_attempts": _number,
    "log": _mapping,
    "queue": _mapping,
    "webhook": _mapping,
    # To ignore one of these would send mail where it must not go.
    "redirect_all_to": _unavailable,
    "allowed_domains": _unavailable,
    "smtp_fallback": _unavailable,
}
#: Keys that are known and change nothing yet.
WITHOUT_EFFECT = (
    "rate_limit",
    "max_concurrency",
    "max_attempts",
    "log",
    "queue",
    "webhook",
)
ACCOUNT_KEYS = tuple(
    key for key in Account.__dataclass_fields__ if key not in ("alias", "credentials")
)


def get_setting(name: str) -> Any:
    """Return a setting of Django itself, such as ``DEFAULT_FROM_EMAIL``."""
    return getattr(settings, name)


def get_staff(name: str) -> list[str]:
    """Return the addresses of ``ADMINS`` or ``MANAGERS``, pairs or plain."""
    return [
        str(entry[1]) if isinstance(entry, (list, tuple)) else str(entry)
        for entry in getattr(settings, name)
    ]


def without_effect(options: Mapping[str, Any]) -> list[str]:
    """Return the keys in use that are known and change nothing in this version."""
    setting = getattr(settings, "DIRECTMAIL", {})
    used = {str(key).lower() for key in (*setting, *options)}
    return [key.upper() for key in WITHOUT_EFFECT if key in used]


def is_configured() -> bool:
    """Say whether the project has a ``DIRECTMAIL`` setting."""
    return hasattr(settings, "DIRECTMAIL")
