"""The error tree, the table of codes, and what a message may show."""

import copy
import pickle

import pytest

from django_directmail.api import errors
from django_directmail.api.codes import RULES, api_error
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
    strongest,
)

TEXT = ["private text"]
NO = (RejectedError, "no", False)
CREDENTIALS = (CredentialsError, "no", False)
THROTTLED = (ThrottledError, "no", True)
SERVER = (ServerError, "unknown", False)

#: Code and HTTP status, as DirectMail's and the gateway's error pages have them, and
#: what a sender of mail must make of it.
DOCUMENTED = [
    ("InvalidMailAddress.NotFound", 404, NO),
    ("InvalidMailAddressStatus.Malformed", 400, NO),
    ("InvalidMailAddressDomain.Malformed", 400, NO),
    ("InvalidMailAddressSendType.Malformed", 400, NO),
    ("InvalidMailAddressName.Malformed", 400, NO),
    ("InvalidToAddress", 400, NO),
    ("InvalidToAddress.Spam", 400, NO),
    ("InvalidReceiverName.Malformed", 400, NO),
    ("InvalidReceiver.NotFound", 404, NO),
    ("InvalidTemplate.NotFound", 404, NO),
    ("InvalidTemplateName.Malformed", 400, NO),
    ("InvalidBody", 400, NO),
    ("InvalidSubject.Malformed", 400, NO),
    ("InvalidFromAlias.Malformed", 400, NO),
    ("InvalidFromALias.Malformed", 400, NO),
    ("InvalidReplyAddress.Malformed", 400, NO),
    ("InvalidReplyAddressAlias.Malformed", 400, NO),
    ("InvalidSendMail.Spam", 400, NO),
    ("InvalidIP.NotFound", 404, CREDENTIALS),
    ("InvalidUser.NotFound", 404, CREDENTIALS),
    ("EmailFormatError", 400, NO),
    ("EmailLengthError", 400, NO),
    ("InternalServiceError", 500, SERVER),
    ("ServiceUnavailable", 503, SERVER),
    ("InternalError", 500, SERVER),
    ("ServerBusy", 503, SERVER),
    ("MissingParameter", 400, NO),
    ("Forbidden", 400, CREDENTIALS),
    ("Signature", 400, CREDENTIALS),
    ("SignatureDoesNotMatch", 400, CREDENTIALS),
    ("SignatureDoesNotMatch", 403, CREDENTIALS),
    ("IncompleteSignature", 400, CREDENTIALS),
    ("InvalidSignatureMethod", 400, CREDENTIALS),
    ("UnsupportedHTTPMethod", 400, NO),
    ("SignatureNonceUsed", 400, (RejectedError, "unknown", False)),
    ("InvalidTimeStamp.Format", 400, CREDENTIALS),
    ("InvalidTimeStamp.Expired", 400, CREDENTIALS),
    ("IllegalTimestamp", 400, CREDENTIALS),
    ("InvalidAccessKeyId.NotFound", 400, CREDENTIALS),
    ("InvalidAccessKeyId.NotFound", 404, CREDENTIALS),
    ("InvalidAccessKeyId.Inactive", 400, CREDENTIALS),
    ("MissingSecurityToken", 400, CREDENTIALS),
    ("InvalidSecurityToken.Expired", 400, CREDENTIALS),
    ("InvalidSecurityToken.Malformed", 400, CREDENTIALS),
    ("InvalidSecurityToken.MismatchWithAccessKey", 400, CREDENTIALS),
    ("Throttling", 400, THROTTLED),
    ("Throttling.User", 400, THROTTLED),
    ("Throttling.Api", 429, THROTTLED),
    ("Throttling.User", 503, THROTTLED),
    ("Forbidden.RAM", 403, CREDENTIALS),
    ("Forbidden.RiskControl", 403, CREDENTIALS),
    ("NoPermission", 403, CREDENTIALS),
    ("InvalidParameter.Format", 400, NO),
    ("UnsupportedOperation", 400, NO),
    ("NoSuchVersion", 400, NO),
    ("InsufficientBalance", 400, NO),
    ("InvalidProduct.NotFound", 404, NO),
    ("InvalidApi.NotFound", 404, NO),
    ("InvalidProtocol.NeedSsl", 404, NO),
    ("NeverHeardOf.This", 400, NO),
    ("NeverHeardOf.This", 429, THROTTLED),
    ("NeverHeardOf.This", 500, SERVER),
    ("NeverHeardOf.This", 503, SERVER),
    ("NeverHeardOf.This", None, NO),
]


def refusal(code="Novel", message="", *, status=400, private=(), request_id="R"):
    """Return the exception for an error answer."""
    return api_error(
        "SingleSendMail",
        code=code,
        message=message,
        request_id=request_id,
        http_status=status,
        private=private,
    )


@pytest.mark.parametrize(("code", "status", "expected"), DOCUMENTED)
def test_a_documented_code_becomes_its_exception(code, status, expected):
    error = refusal(code, status=status)

    assert (type(error), error.accepted, error.retryable) == expected
    assert (error.code, error.http_status) == (code, status)
    assert error.remedy
    assert str(error).endswith(error.remedy)


def test_every_rule_is_there_for_a_documented_code():
    codes = {code for code, _, _ in DOCUMENTED}

    assert set(RULES) - codes - {code.partition(".")[0] for code in codes} == set()


@pytest.mark.parametrize(
    ("status", "verb"), [(400, "was refused"), (500, "failed"), (429, "was refused")]
)
def test_the_text_says_what_happened_with_code_and_request(status, verb):
    error = refusal("Novel.Code", "Some reason.", status=status, request_id="8F2C")

    assert str(error).startswith(
        f"SingleSendMail {verb}: Novel.Code (request 8F2C). Some reason."
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
            failed=[Outcome(1, error=refusal("Throttling"))],
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


def test_the_strongest_of_no_errors_is_no():
    assert strongest([]) == "no"
    assert strongest([None]) == "no"


class TestMessages:
    def test_the_message_is_redacted(self):
        error = refusal(message="You sent bob@example.org: private text", private=TEXT)

        assert error.message == "You sent [...]@example.org: [...]"
        assert error.message in str(error)

    @pytest.mark.parametrize("field", ["code", "request_id"])
    def test_a_code_or_request_id_of_another_form_is_redacted(self, field):
        values = {"code": "Code", "request_id": "R", field: "bob@example.org " * 100}

        error = refusal(**values)

        assert "bob" not in str(error)
        assert len(getattr(error, field)) == 200

    @pytest.mark.parametrize("field", ["code", "request_id"])
    def test_a_code_or_request_id_that_repeats_a_parameter_is_redacted(self, field):
        values = {"code": "Code", "request_id": "R", field: "my private text"}

        error = refusal(**values, private=TEXT)

        assert getattr(error, field) == "my [...]"
        assert "private" not in str(error)
