"""Any run of bad luck, against a model of the service: never a second mail."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_directmail.api import Client, DirectMailError, TransportError
from django_directmail.api.error_codes import api_error
from tests.support.api_samples import KEY, mail
from tests.support.clocks import FakeClock

#: What can happen to one request. Those in the second line may come to pass before the
#: gateway looks at the nonce or behind it.
EVENTS = [
    *("fine", "unreached", "lost", "late", "no answer", "failure", "kept and failed"),
    *("throttled", "throttled behind", "forbidden", "forbidden behind"),
]


class Service:
    """DirectMail as it is documented: it carries out no nonce that it has seen."""

    def __init__(self, events, verdicts=()):
        self.events = iter(events)
        self.verdicts = iter(verdicts)
        self.seen = set()
        self.mails = []
        self.late = []
        self.requests = []

    def call(self, prepared):
        """Do to a request what happens next, and answer like ``Client.send``."""
        event = next(self.events, "fine")
        nonce = prepared.request.data.nonce
        self.requests.append((nonce, prepared.request.body))
        match event:
            case "unreached":
                raise TransportError(accepted="no", retryable=True)
            case "lost":
                raise TransportError(accepted="unknown")
            case "late":
                self.late.append(prepared)
                raise TransportError(accepted="unknown")
            case "throttled" | "forbidden":
                raise answered({"throttled": "Throttling.User"}.get(event, "Forbidden"))
        self.check(nonce)
        if event.endswith("behind"):
            code = "Throttling" if event.startswith("throttled") else "NoPermission"
            raise answered(code)
        if event == "failure":
            raise answered("InternalError", 500)
        result = self.carry_out(nonce)
        if event == "no answer":
            raise TransportError(accepted="unknown")
        if event == "kept and failed":
            raise answered("ServiceUnavailable", 503)
        return result

    def check(self, nonce):
        """Be the gateway."""
        if nonce in self.seen:
            raise answered("SignatureNonceUsed")
        self.seen.add(nonce)

    def carry_out(self, nonce):
        """Be what is behind the gateway."""
        if verdict := next(self.verdicts, ""):
            raise answered(verdict)
        self.mails.append(nonce)
        return nonce

    def deliver_the_late(self):
        """Let what was under way arrive."""
        for prepared in self.late:
            try:
                self.check(prepared.request.data.nonce)
                self.carry_out(prepared.request.data.nonce)
            except DirectMailError:
                pass
        self.late = []


def answered(code, status=400):
    """Return the error for an answer with this code."""
    return api_error(
        "SingleSendMail", code=code, message="", request_id="R", http_status=status
    )


@settings(max_examples=400, deadline=None)
@given(
    events=st.lists(st.sampled_from(EVENTS), max_size=8),
    verdicts=st.lists(st.sampled_from(["", "InvalidSendMail.Spam"]), max_size=4),
    arrives_between=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_never_a_second_mail_and_never_a_wrong_word(events, verdicts, arrives_between):
    service = Service(events, verdicts)
    client = Client(KEY, clock=FakeClock().clock, max_attempts=6, rate_limit=1e6)
    arrivals = iter(arrives_between)

    def once(prepared):
        if next(arrivals, False):
            service.deliver_the_late()
        return service.call(prepared)

    try:
        client.retry_policy.send(
            client.prepare(mail()), once=once, anew=lambda: client.prepare(mail())
        )
        accepted = "yes"
    except DirectMailError as error:
        accepted = error.accepted
    service.deliver_the_late()

    assert len(service.mails) <= 1
    assert accepted != "yes" or service.mails
    assert accepted != "no" or not service.mails
    # The same nonce is the same request, byte for byte.
    assert len(set(service.requests)) == len({nonce for nonce, _ in service.requests})


@pytest.mark.parametrize("event", EVENTS)
def test_each_event_is_one_that_the_model_knows(event):
    service = Service([event, "fine"])
    prepared = Client(KEY).prepare(mail())

    if event == "fine":
        service.call(prepared)
    else:
        with pytest.raises(DirectMailError):
            service.call(prepared)

    assert len(service.mails) == (event in ("fine", "no answer", "kept and failed"))
