"""
A local DirectMail for development and tests, without an account.

It checks signatures and parameters as the service documents them, keeps the mail in
memory and shows it in a browser. It needs the standard library only, apart from
:mod:`django_directmail.api`, whose signatures it uses.
"""

from django_directmail.sandbox.accounts import (
    ACCESS_KEY_ID,
    ACCESS_KEY_SECRET,
    STS_ACCESS_KEY_ID,
    STS_ACCESS_KEY_SECRET,
    STS_SECURITY_TOKEN,
)
from django_directmail.sandbox.faults import Fault
from django_directmail.sandbox.server import Sandbox

__all__ = [
    "ACCESS_KEY_ID",
    "ACCESS_KEY_SECRET",
    "STS_ACCESS_KEY_ID",
    "STS_ACCESS_KEY_SECRET",
    "STS_SECURITY_TOKEN",
    "Fault",
    "Sandbox",
]
