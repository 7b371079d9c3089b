"""Things that several tests of the API start from."""

import json
from functools import partial
from pathlib import Path

from hypothesis import strategies as st

from django_directmail.api import Client, Credentials, SingleSendMail
from django_directmail.api.signing import Authorization
from django_directmail.sandbox import ACCESS_KEY_ID, ACCESS_KEY_SECRET

VECTORS = Path(__file__).parents[1] / "api" / "vectors"

#: The key that the sandbox knows.
KEY = Credentials(ACCESS_KEY_ID, ACCESS_KEY_SECRET)

#: A client that tries once, for what is not about trying again.
one_try = partial(Client, max_attempts=1)

#: Texts that encoders like to get wrong.
NASTY = [
    "",
    " ",
    "a+b c*d~e%f&g=h",
    "%2B%20%",
    "line\r\nbreak\nand\ttab",
    'It\'s 100% *ok*! (d) & "e"',
    "<p class='x'>&amp;</p>",
    "你好，世界",
    "\U0001f600 naïve é́",
    "\x00\x7f\u2028\ufeff\uffff",
]

#: About 100 KB, as a large newsletter has.
LONG = "".join(NASTY) * 500

#: Any Unicode but halves of surrogate pairs.
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.sampled_from(NASTY),
)

#: Names of parameters, as the gateway has them.
names = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcxyz0123456789._", min_size=1, max_size=12)

#: The common parameters of the API gateway, which every call has.
COMMON_PARAMETERS = {
    "AccessKeyId",
    "Action",
    "Format",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureVersion",
    "Timestamp",
    "Version",
}

#: Without a security token, and with one that must be escaped.
TOKENS = [None, "tok/en+1=="]


def mail(**changes):
    """Return a mail that the sandbox accepts, with ``changes``."""
    fields = {
        "account_name": "news@mail.example.com",
        "to_address": "alice.liddell@example.org",
        "subject": "The subject of this mail",
        "text_body": "The text of this mail",
        **changes,
    }
    return SingleSendMail(**fields)


def read_vector(name):
    """Return one known answer; its ``provenance`` says where it comes from."""
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def authorized(vector, **changes):
    """Return the headers of a known answer with its ``authorization``."""
    names = tuple(sorted(vector["headers"]))
    value = Authorization(vector["access_key_id"], names, vector["signature"])
    return {**vector["headers"], "authorization": str(value), **changes}


def vector_names(prefix):
    """Return the names of the known answers of one signature."""
    return sorted(path.stem for path in VECTORS.glob(f"{prefix}-*.json"))
