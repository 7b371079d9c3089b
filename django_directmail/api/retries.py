"""
Trying again, by what is known of the mail: a new request, a replay, or neither.

What a try ended with says what comes next. A call is in doubt as soon as one try may
have arrived; from then on it is only replayed, the same bytes each time, because
DirectMail refuses a nonce that it has seen. It stays in doubt until an answer
settles it.

==================  =============  =================================================
a try ended         no doubt yet   in doubt: what a replay teaches
==================  =============  =================================================
with a result       done           done: whichever of them it was, it arrived once
``unreached``       a new request  nothing, it did not arrive itself; replay
``throttled``       a new request  nothing: refused for its number, maybe before
                                   anybody looked at the nonce; replay
``unanswered``      replay         nothing; replay. What only asks is asked anew
``seen``            stop: unknown  an earlier try reached DirectMail, and nobody
                                   knows with what success; stop: unknown
``judged``          stop: no       DirectMail itself read and refused the mail, so
                                   the nonce was new: no earlier try had arrived, and
                                   a late one is refused from now on; stop: no
``expired``         new token and  nothing: refused for its token, and a new token
                    new request    makes a new request; stop: unknown
``refused``         stop: no       nothing: signature, time, rights, or a code that
                                   we do not know, maybe before anybody looked at the
                                   nonce, and the same bytes get the same answer;
                                   stop: unknown
==================  =============  =================================================
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any, Literal, TypeVar

from django_directmail.api.clock import Clock
from django_directmail.api.errors import (
    ApiError,
    DirectMailError,
    ThrottledError,
    TransportError,
)
from django_directmail.api.prepared import PreparedCall
from django_directmail.api.rate import DEFAULT_RATE_LIMIT, lane_for

__all__ = ["Kind", "RetryPolicy", "Step", "clean_attempts", "clean_deadline", "kind_of"]

ResultT = TypeVar("ResultT")
Kind = Literal[
    "unreached", "throttled", "unanswered", "seen", "judged", "expired", "refused"
]
Step = Literal["anew", "replay", "renew", "stop"]

#: The table above: what to do without a doubt, and what in doubt.
STEPS: dict[Kind, tuple[Step, Step]] = {
    "unreached": ("anew", "replay"),
    "throttled": ("anew", "replay"),
    "unanswered": ("replay", "replay"),
    "seen": ("stop", "stop"),
    "judged": ("stop", "stop"),
    "expired": ("renew", "stop"),
    "refused": ("stop", "stop"),
}
#: First parts of the codes of DirectMail itself, which sits behind the gateway that
#: looks at signature and nonce (api-dm-2015-11-23-singlesendmail), and of SMS.
JUDGED = {
    "InvalidBody",
    "InvalidFromALias",
    "InvalidFromAlias",
    "InvalidMailAddress",
    "InvalidMailAddressDomain",
    "InvalidMailAddressSendType",
    "InvalidMailAddressStatus",
    "InvalidReceiver",
    "InvalidReceiverName",
    "InvalidReplyAddress",
    "InvalidReplyAddressAlias",
    "InvalidSendMail",
    "InvalidSubject",
    "InvalidTemplate",
    "InvalidTemplateName",
    "InvalidToAddress",
    "isv",
}
DEFAULT_MAX_ATTEMPTS = 4
#: Seconds. Web servers stop a worker that keeps a visitor waiting for longer
#: (gunicorn's default is 30), and a stopped worker leaves a mail that nobody knows of.
DEFAULT_DEADLINE = 25.0
#: The longest wait before the second try; it doubles with each try, up to the cap.
FIRST_WAIT = 1.0
LONGEST_WAIT = 8.0
#: DirectMail takes a request within 15 minutes of its time. One of them is for clocks
#: that differ, and for the way.
REPLAY_SECONDS = 14 * 60


def clean_attempts(value: Any) -> int:
    """Return a number of tries, 1 at least; raise :exc:`ValueError` if unfit."""
    # "type" and not "isinstance", because True is an int.
    if type(value) is not int or value < 1:
        raise ValueError(f"it is {value!r}; it must be a whole number, 1 at least.")
    return value


def clean_deadline(value: Any) -> float:
    """Return seconds, 0 at least; raise :exc:`ValueError` if unfit."""
    if type(value) not in (int, float) or not 0 <= value < inf:
        raise ValueError(f"it is {value!r}; it must be seconds, 0 at least.")
    return float(value)


def kind_of(error: DirectMailError) -> Kind:
    """Return the row of the table that ``error`` belongs to."""
    code = error.code if isinstance(error, ApiError) else ""
    if code == "SignatureNonceUsed":
        return "seen"
    if error.accepted == "unknown":
        return "unanswered"
    if isinstance(error, ThrottledError) and error.retryable:
        return "throttled"
    if isinstance(error, TransportError) and error.retryable:
        return "unreached"
    if code == "InvalidSecurityToken.Expired":
        return "expired"
    return "judged" if code.partition(".")[0] in JUDGED else "refused"


@dataclass(frozen=True)
class RetryPolicy:
    """
    How often, how long and how fast one client tries.

    ``deadline`` is in seconds from the beginning of a call: no try begins later, and no
    wait reaches beyond it.
    """

    max_attempts: int = DEFAULT_MAX_ATTEMPTS
    deadline: float = DEFAULT_DEADLINE
    rate_limit: float = DEFAULT_RATE_LIMIT
    clock: Clock = field(default_factory=Clock, repr=False)

    def send(
        self,
        prepared: PreparedCall[ResultT],
        *,
        once: Callable[[PreparedCall[ResultT]], ResultT],
        anew: Callable[[], PreparedCall[ResultT]],
        watch: Callable[[PreparedCall[ResultT]], object] | None = None,
        stop: threading.Event | None = None,
    ) -> ResultT:
        """
        Call ``once`` until it is settled or given up, and return its result.

        ``anew`` signs a new request. ``watch`` is told of each request before it goes
        out. What these raise passes through, but for the errors of calls. ``stop`` ends
        every wait, and with it the call.
        """
        run = _Run(self, stop)
        while True:
            run.take_turn(prepared)
            if watch is not None:
                watch(prepared)
            try:
                return once(prepared)
            except DirectMailError as error:
                # Without the frames of this try, which hold the mail.
                last = error.with_traceback(None)
            step = run.next_step(prepared, last)
            if step == "stop":
                break
            if step != "replay":
                prepared = anew()
        # Outside the except block, so that no error has another as its context.
        raise run.final(last)


@dataclass
class _Run:
    """One call on its way: what it ended with so far, and what time is left."""

    policy: RetryPolicy
    stop: threading.Event | None = None
    attempts: int = 0
    doubt: DirectMailError | None = None
    _has_renewed: bool = False

    def __post_init__(self) -> None:
        self.clock = self.policy.clock
        self.ends = self.clock.monotonic() + self.policy.deadline

    def take_turn(self, prepared: PreparedCall[Any]) -> None:
        """Wait for a place in the pace of the process, and count the try."""
        now = self.clock.monotonic()
        wait = lane_for(prepared.lane, now).reserve(self.policy.rate_limit, now)
        if wait > 0:
            # A whole call is not given up for the pace; at worst it is throttled.
            self.clock.sleep(min(wait, max(self.ends - now, 0.0)), self.stop)
        self.attempts += 1

    def next_step(self, prepared: PreparedCall[Any], error: DirectMailError) -> Step:
        """Return what to do after ``error``, when the time for it has come."""
        kind = kind_of(error)
        if kind == "throttled":
            now = self.clock.monotonic()
            rest = error.retry_after
            lane_for(prepared.lane, now).slow_down(
                now, rest if rest is None else min(rest, self.policy.deadline)
            )
        step = STEPS[kind][self.doubt is not None]
        if kind == "unanswered" and not prepared.action.sends:
            step = "anew"
        elif kind == "unanswered":
            self.doubt = error
        elif kind == "judged":
            self.doubt = None
        if step == "renew" and self._has_renewed:
            step = "stop"
        self._has_renewed = self._has_renewed or step == "renew"
        return step if self._is_worth_it(step, prepared, error) else "stop"

    def _is_worth_it(
        self, step: Step, prepared: PreparedCall[Any], error: DirectMailError
    ) -> bool:
        """Wait before ``step``; say whether it is allowed and there is time for it."""
        if step == "stop" or self.attempts >= self.policy.max_attempts:
            return False
        wait = 0.0 if step == "renew" else self._wait(error)
        if self.clock.monotonic() + wait >= self.ends:
            return False
        age = self.clock.wall() + wait - prepared.signed_at
        if step == "replay" and age > REPLAY_SECONDS:
            return False
        return not self.clock.sleep(wait, self.stop)

    def _wait(self, error: DirectMailError) -> float:
        """Return seconds: full jitter, so that those that failed at once come apart."""
        longest = min(FIRST_WAIT * 2 ** min(self.attempts - 1, 10), LONGEST_WAIT)
        return max(float(self.clock.chance() * longest), error.retry_after or 0.0)

    def final(self, last: DirectMailError) -> DirectMailError:
        """Return the error of the whole call: of the doubt, if one is left."""
        error = self.doubt or last
        text = str(error)
        if self.doubt and last is not self.doubt:
            text = f"{_told_by(last)} The mail may have arrived before, when {text}"
        if self.attempts > 1:
            text = f"Tried {self.attempts} times. {text}"
        error.args = (text,)
        error.attempts = self.attempts
        return error


def _told_by(last: DirectMailError) -> str:
    if isinstance(last, ApiError) and kind_of(last) == "seen":
        return (
            "DirectMail has seen this request before"
            f" (SignatureNonceUsed, request {last.request_id or 'unknown'})."
        )
    return f"The last time: {last}"
