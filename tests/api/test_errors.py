"""The error tree: what it claims, and that it can be stored."""

import copy
import pickle

import pytest

from django_directmail.api import errors
from django_directmail.api.errors import (
    ApiError,
    CredentialsError,
    DirectMailError,
    InvalidSignature,
    Outcome,
    RejectedError,
    SendError,
    ServerError,
    ThrottledError,
    TransportError,
    UnsupportedMessage,
    has_public_text,
    make_text_public,
    public_text,
    strongest,
)


class TestEverySort:
    ERRORS = [
        DirectMailError("text", accepted="unknown", retryable=True, retry_after=1.5),
        TransportError("text", accepted="unknown"),
        UnsupportedMessage("text"),
        InvalidSignature("text"),
        *(
            sort(
                "text",
                code="Code",
                message="message",
                request_id="request",
                http_status=400,
                remedy="remedy",
                accepted="unknown",
                retryable=True,
                retry_after=1.5,
            )
            for sort in (
                ApiError,
                CredentialsError,
                ThrottledError,
                RejectedError,
                ServerError,
            )
        ),
        SendError(
            "text",
            sent=[Outcome(0, ("env",), ("request",))],
            failed=[Outcome(1, error=ThrottledError("text", code="Throttling"))],
        ),
    ]

    @pytest.mark.parametrize(
        "again",
        [copy.copy, copy.deepcopy]
        + [
            lambda error, p=protocol: pickle.loads(pickle.dumps(error, p))
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        ],
    )
    @pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
    def test_survives_pickling_and_copying(self, error, again):
        found = again(error)

        assert type(found) is type(error)
        assert found.args == error.args == ("text",)
        assert repr(vars(found)) == repr(vars(error))

    def test_every_class_is_tried(self):
        assert {type(error) for error in self.ERRORS} == {
            value
            for value in vars(errors).values()
            if isinstance(value, type) and issubclass(value, Exception)
        }

    def test_what_is_not_said_is_not_claimed(self):
        for sort in {type(error) for error in self.ERRORS} - {InvalidSignature}:
            error = sort()
            assert (error.accepted, error.retryable, error.retry_after) == (
                "no",
                False,
                None,
            )


def test_an_unsupported_message_is_a_value_error_and_a_forgery_is_not_ours():
    assert issubclass(UnsupportedMessage, ValueError)
    assert not issubclass(InvalidSignature, DirectMailError)


class TestSendError:
    NO = TransportError(accepted="no", retryable=True)
    MAYBE = TransportError(accepted="unknown")
    FINAL = RejectedError(accepted="no")

    @pytest.mark.parametrize(
        ("sent", "failures", "accepted", "retryable"),
        [
            (0, [NO, NO], "no", True),
            (0, [NO, FINAL], "no", False),
            (0, [NO, MAYBE], "unknown", False),
            (1, [NO], "yes", False),
            (0, [SendError(sent=[Outcome(0)]), MAYBE], "yes", False),
            (0, [ValueError("not one of ours")], "no", False),
            (0, [], "no", False),
        ],
    )
    def test_claims_the_most_that_may_have_arrived(
        self, sent, failures, accepted, retryable
    ):
        error = SendError(
            sent=[Outcome(n) for n in range(sent)],
            failed=[Outcome(n, error=each) for n, each in enumerate(failures)],
        )

        assert (error.accepted, error.retryable) == (accepted, retryable)

    def test_keeps_the_outcomes_in_order(self):
        sent, failed = [Outcome(1), Outcome(0)], [Outcome(3), Outcome(2)]

        error = SendError("text", sent=sent, failed=failed)

        assert (error.sent, error.failed) == (tuple(sent), tuple(failed))


class TestPublicText:
    @pytest.mark.parametrize(
        ("error", "text"),
        [
            (TransportError("no route"), "no route"),
            (UnsupportedMessage("no domain"), "no domain"),
            (make_text_public(LookupError("REGION is unknown")), "REGION is unknown"),
        ],
    )
    def test_text_that_the_package_wrote_is_public(self, error, text):
        assert has_public_text(error)
        assert public_text(error) == text

    @pytest.mark.parametrize("error", [LookupError("sesame"), OSError(5, "sesame")])
    def test_of_any_other_error_only_the_class_is_public(self, error):
        assert not has_public_text(error)
        assert public_text(error) == type(error).__name__


def test_the_strongest_of_no_errors_is_no():
    assert strongest([]) == "no"
    assert strongest([None]) == "no"
