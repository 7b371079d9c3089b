"""
The options of a mailer: one line for each key, and the check of its value.

The same keys stand in ``DIRECTMAIL`` in upper case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

from django.utils.module_loading import import_string

from django_directmail.api.client import clean_timeout
from django_directmail.api.credentials import CredentialsSource
from django_directmail.api.endpoints import clean_endpoint, endpoint_for
from django_directmail.api.rate import clean_rate_limit
from django_directmail.api.retries import clean_attempts
from django_directmail.api.signing import SIGNATURES
from django_directmail.api.spelling import suggest
from django_directmail.message.addresses import parse_address
from django_directmail.message.headers import Headers
from django_directmail.message.parameters import clean_parameters
from django_directmail.message.policy import POLICIES

__all__ = ["CREDENTIAL_KEYS", "OPTIONS", "WITHOUT_EFFECT", "Fallback", "LogOptions"]


@dataclass(frozen=True)
class LogOptions:
    """
    The log: whether mails go into it, and with their bodies; for how many days they
    stay; and the alias of its database, which ``None`` leaves to the routers.
    """

    enabled: bool = True
    bodies: bool = False
    retention_days: int = 90
    database: str | None = None


@dataclass(frozen=True)
class Fallback:
    """
    The other mailer: an alias of ``MAILERS``, or the path of a backend and its options.

    ``name`` is what the log calls it.
    """

    name: str
    options: Mapping[str, Any] | None = field(default=None, repr=False)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"it is of type {type(value).__name__}; it must be text.")
    return value


def _account_name(value: Any) -> str:
    address = parse_address(_text(value), "ACCOUNT_NAME")
    if address.display_name:
        raise ValueError("it has a display name; it must be a bare address.")
    return address.wire


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"it is {value!r}; it must be True or False.")
    return value


def _source(value: Any) -> CredentialsSource:
    problem = ""
    try:
        source = import_string(value) if isinstance(value, str) else value
        if isinstance(source, type):
            source = _make(source)
    except ImportError as error:
        problem = f"{error}. Write the dotted path of a callable or an object."
    except Exception as error:
        # Not its text, which may hold what it was about to read.
        problem = f"it raised {type(error).__name__} when it was imported or made."
    if problem:
        raise ValueError(problem)
    if not (
        callable(source)
        or hasattr(source, "get_credential")
        or hasattr(source, "access_key_id")
    ):
        raise ValueError(
            f"it is of type {type(source).__name__}; it must be a callable that returns"
            " credentials, or an object with get_credential()."
        )
    return source


@lru_cache(maxsize=8)
def _make(kind: type[Any]) -> Any:
    """Return the one object of a class named in the settings; it may hold a cache."""
    return kind()


def _region(value: Any) -> str:
    endpoint_for(value)
    return str(value)


def _signature(value: Any) -> str:
    if not isinstance(value, str) or value not in SIGNATURES:
        raise ValueError(f"it is {value!r}; it must be {' or '.join(SIGNATURES)}.")
    return str(value)


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
    Headers(values.get("headers") or {}).for_api()
    return values


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise ValueError(f"it is {value!r}; it must be a number above 0.")
    return value


def _log(value: Any) -> dict[str, Any]:
    """Return what is given, by the names of :class:`LogOptions`."""
    if not isinstance(value, Mapping):
        raise ValueError(f"it is a {type(value).__name__}; it must be a dict.")
    known = {option.name.upper(): option for option in fields(LogOptions)}
    found = {}
    for key, choice in value.items():
        option = known.get(str(key).upper())
        if option is None:
            raise ValueError(f'"{key}" is no part of it.{suggest(str(key), known)}')
        kind: Any = {"retention_days": int, "database": str}.get(option.name, bool)
        if choice is None and option.name == "database":
            continue
        if type(choice) is not kind or (kind is int and choice < 1):
            expected = {bool: "True or False", int: "a number of days", str: "text"}
            raise ValueError(f'"{key}" is {choice!r}; it must be {expected[kind]}.')
        found[option.name] = choice
    return found


def _count(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"it is {value!r}; it must be a whole number above 0.")
    return int(value)


def _redirect(value: Any) -> str:
    addresses = [value] if isinstance(value, str) else value
    if not isinstance(addresses, (list, tuple)) or not addresses:
        raise ValueError(f"it is {value!r}; it must be an address, or a list of them.")
    return ",".join(parse_address(one, "REDIRECT_ALL_TO").wire for one in addresses)


def _domains(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        raise ValueError(f"it is {value!r}; it must be a list of domains.")
    return tuple(
        # Spelt as in an address, so that a domain is encoded as there.
        parse_address(f"x@{_text(domain)}", "ALLOWED_DOMAINS").key.removeprefix("x@")
        for domain in value
    )


def _fallback(value: Any) -> Fallback:
    if isinstance(value, str):
        return Fallback(value)
    if not isinstance(value, Mapping) or not {"BACKEND"} <= set(value) <= {
        "BACKEND",
        "OPTIONS",
    }:
        raise ValueError(
            "it must be an alias of MAILERS, the dotted path of a backend, or a dict"
            ' with "BACKEND" and "OPTIONS".'
        )
    options = value.get("OPTIONS") or {}
    if not isinstance(options, Mapping):
        raise ValueError('its "OPTIONS" must be a dict.')
    return Fallback(_text(value["BACKEND"]), dict(options))


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
    "account_name": _account_name,
    "defaults": _defaults,
    "timeout": clean_timeout,
    "split_recipients": _boolean,
    "policy": _policy,
    "log": _log,
    "rate_limit": clean_rate_limit,
    "max_concurrency": _count,
    "max_attempts": clean_attempts,
    "redirect_all_to": _redirect,
    "allowed_domains": _domains,
    "smtp_fallback": _fallback,
    # Names that are settled, for what is still to come. They change nothing yet, and
    # a system check says so.
    "queue": _mapping,
    "webhook": _mapping,
}
#: Keys that are known and change nothing yet.
WITHOUT_EFFECT = (
    "queue",
    "webhook",
)
