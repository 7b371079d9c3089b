"""Any message: a plan, or a ValueError or TypeError; and it stays as it is."""

import copy
import datetime
from contextlib import suppress
from email.message import EmailMessage as Part

from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext_lazy
from hypothesis import given, settings
from hypothesis import strategies as st

from django_directmail.conf import Account
from django_directmail.message.plan import build_plan
from django_directmail.message.policy import POLICIES
from django_directmail.options import OPTIONS


class Sly:
    """An object that refuses whatever it is asked, as a broken value may."""

    def __repr__(self):
        return "Sly()"

    def _raise(self, *args):
        raise ValueError("sly")

    __str__ = __len__ = __iter__ = __bool__ = __getitem__ = read = _raise


def _part(text):
    part = Part()
    part["Content-ID"] = "<x>"
    part.set_payload(text)
    return part


texts = st.text(max_size=20) | st.sampled_from(
    ["a@example.com", "B <b@example.com>", "{name}", "x\r\ny", "\ud800", "é@例子.测试"]
    + ["<body>{x}", "@", "a@b@c", '"', "(" * 50, "=?utf-8?q?a=0Ab?=", " ", "smtp"]
)
odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.binary(max_size=9),
    texts,
    st.sampled_from([gettext_lazy("Subject"), datetime.date(2026, 1, 2), object]),
    st.builds(Sly),
)
anything = st.recursive(
    odd,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner, inner)
        | st.dictionaries(texts | st.integers(), inner, max_size=3)
    ),
    max_leaves=6,
)
addresses = st.lists(st.sampled_from(["a@example.com", "b@example.org"]) | texts | odd)
attachments = st.lists(
    st.tuples(texts | odd, st.binary(max_size=9) | texts | odd, texts | odd)
    | st.builds(_part, texts)
    | anything,
    max_size=3,
)
#: What Django and this app read of a message.
attributes = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("to", "cc", "bcc", "reply_to"), addresses | anything),
        **dict.fromkeys(("subject", "body", "from_email", "encoding"), odd),
        **dict.fromkeys(("content_subtype", "template_id"), texts | odd),
        "attachments": attachments | anything,
        "alternatives": st.lists(st.tuples(texts | odd, texts)) | odd,
        "extra_headers": st.dictionaries(texts, texts | odd),
        **dict.fromkeys(
            [
                "tags",
                "metadata",
                "merge_data",
                "merge_metadata",
                "merge_headers",
                "merge_global_data",
                "directmail",
                "esp_extra",
                "track_opens",
                "track_clicks",
            ],
            st.dictionaries(st.just("a@example.com") | texts, anything, max_size=2)
            | anything,
        ),
    },
)
accounts = st.builds(
    lambda policy, **values: Account(
        policy={**{k: v[0] for k, v in POLICIES.items()}, **policy},
        smtp_fallback=OPTIONS["smtp_fallback"](
            "django.core.mail.backends.locmem.EmailBackend"
        ),
        **values,
    ),
    st.fixed_dictionaries(
        {}, optional={k: st.sampled_from(v) for k, v in POLICIES.items()}
    ),
    split_recipients=st.booleans(),
    redirect_all_to=st.sampled_from([None, "staging@example.net"]),
    allowed_domains=st.sampled_from([None, ("example.com",)]),
)


@settings(deadline=2_000)
@given(given=attributes, account=accounts)
def test_any_message_becomes_a_plan_or_a_refusal(given, account):
    message = EmailMultiAlternatives("Subject", "Text", "f@example.com", ["t@a.test"])
    vars(message).update(given)
    before = {name: (value, copy.copy(value)) for name, value in vars(message).items()}

    with suppress(ValueError, TypeError):
        for call in build_plan(message, account).calls:
            call.action.parameters()

    assert vars(message).keys() == before.keys()
    for name, (value, copied) in before.items():
        assert vars(message)[name] is value
        assert repr(value) == repr(copied)
