"""Which addresses may send."""

import pytest

from django_directmail.api import Client, RejectedError
from django_directmail.sandbox import Sandbox
from django_directmail.sandbox.accounts import Senders
from tests.support.api_samples import KEY, mail


def test_a_sandbox_may_have_other_senders():
    with Sandbox(senders=["news@shop.test"]) as sandbox:
        client = Client(KEY, endpoint=sandbox.url)

        client.call(mail(account_name="news@shop.test"))
        with pytest.raises(RejectedError, match="NotFound"):
            client.call(mail(account_name="other@shop.test"))


@pytest.mark.parametrize(
    ("patterns", "address", "known"),
    [
        (["a@b.test"], "A@B.test", True),
        (["a@b.test"], "x@b.test", False),
        (["@b.test"], "x@b.test", True),
        (["@b.test"], "x@deep.b.test", True),
        (["@b.test"], "x@notb.test", False),
        ([" @B.test "], "x@b.test", True),
        (["*"], "x@b.test", True),
        (["b.test"], "x@b.test", False),
        ([], "x@b.test", False),
    ],
)
def test_a_pattern_is_an_address_a_domain_or_all(patterns, address, known):
    assert Senders(patterns).include(address) is known
