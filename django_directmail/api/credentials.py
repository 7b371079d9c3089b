"""
AccessKeys: given, read from the environment, or asked for at each call.

The names of the environment variables are those of Alibaba Cloud's own tools. They are
read at each call, so a rotated key takes effect without a restart.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from django_directmail.api.errors import CredentialsError

__all__ = ["Credentials", "CredentialsSource", "from_environment", "resolve"]

ENVIRONMENT = {
    "access_key_id": "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "access_key_secret": "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "security_token": "ALIBABA_CLOUD_SECURITY_TOKEN",
}


@dataclass(frozen=True, init=False)
class Credentials:
    """
    An AccessKey. ``security_token`` belongs to temporary ones (STS, RAM roles).

    Raise :exc:`~django_directmail.api.errors.CredentialsError` if the ID or the secret
    is empty, or if one of them holds white space, which a copied key easily does, or
    a character that no key has and no HTTP header can carry.
    """

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)

    def __init__(
        self,
        access_key_id: str,
        access_key_secret: str,
        security_token: str | None = None,
    ) -> None:
        # Written out, because a traceback may be shown with the variables of its
        # frames: a generated method would keep the secret in one of them.
        object.__setattr__(self, "access_key_id", access_key_id)
        object.__setattr__(self, "access_key_secret", access_key_secret)
        object.__setattr__(self, "security_token", security_token)
        del access_key_id, access_key_secret, security_token
        problem = _find_problem(self)
        if problem:
            raise _no_credentials(problem)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "Credentials are not pickled: the secret would be readable wherever the"
            " pickle goes. Read them again where they are needed."
        )

    def __copy__(self) -> Credentials:
        return self

    def __deepcopy__(self, memo: object) -> Credentials:
        return self


#: A :class:`Credentials`, a callable that returns one, or an object with a
#: ``get_credential()`` method as the ``alibabacloud-credentials`` package has.
CredentialsSource = Credentials | Callable[[], Any] | Any


def from_environment(environ: Mapping[str, str] | None = None) -> Credentials:
    """
    Return the credentials of the environment variables.

    Raise :exc:`~django_directmail.api.errors.CredentialsError` that names the missing
    ones.
    """
    environ = os.environ if environ is None else environ
    names = [ENVIRONMENT["access_key_id"], ENVIRONMENT["access_key_secret"]]
    missing = " and ".join(name for name in names if not environ.get(name))
    try:
        if missing:
            raise _no_credentials(
                f"There is no AccessKey: set {missing} in the environment."
            )
        return Credentials(
            **{name: environ.get(var) or None for name, var in ENVIRONMENT.items()}  # type: ignore[arg-type]  # checked above
        )
    finally:
        # All secrets of the process, which a traceback must not show.
        del environ


def resolve(source: CredentialsSource) -> Credentials:
    """
    Return the :class:`Credentials` that ``source`` stands for, asking it if need be.

    What it returns may also be any object with the three attributes of
    :class:`Credentials`. An exception that it raises passes through.
    """
    if hasattr(source, "get_credential"):
        source = source.get_credential()
    elif callable(source):
        source = source()
    if isinstance(source, Credentials):
        return source
    try:
        return Credentials(
            source.access_key_id,
            source.access_key_secret,
            getattr(source, "security_token", None) or None,
        )
    except AttributeError:
        kind = type(source).__name__
    finally:
        # It may hold a secret, which a traceback must not show.
        del source
    raise _no_credentials(
        f"The credentials source gave a {kind}; it must give an object with"
        " access_key_id, access_key_secret and security_token."
    )


def _find_problem(credentials: Credentials) -> str:
    for name in ENVIRONMENT:
        value = getattr(credentials, name)
        if not value and name == "security_token":
            continue
        if not isinstance(value, str) or not value:
            return f"{name} is empty."
        # Of all white space, only the space itself counts as printable.
        if " " in value or not value.isprintable():
            return f"{name} holds a space or a line break. Was it copied whole?"
        if not value.isascii():
            return f"{name} holds a character that is not ASCII. Was it copied right?"
    return ""


def _no_credentials(text: str) -> CredentialsError:
    return CredentialsError(text, code="MissingCredentials", remedy=text)
