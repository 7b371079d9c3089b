"""The table of codes: what each one means, and what its message may show."""

import pytest

from django_directmail.api.error_codes import RULES, api_error
from django_directmail.api.errors import (
    CredentialsError,
    RejectedError,
    ServerError,
    ThrottledError,
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
    ("isv.BUSINESS_LIMIT_CONTROL", 200, (ThrottledError, "no", False)),
    ("isv.MOBILE_NUMBER_ILLEGAL", 200, NO),
    ("isv.MOBILE_COUNT_OVER_LIMIT", 200, NO),
    ("isv.TEMPLATE_MISSING_PARAMETERS", 200, NO),
    ("isv.INVALID_JSON_PARAM", 200, NO),
    ("isv.INVALID_PARAMETERS", 200, NO),
    ("isv.SMS_SIGNATURE_ILLEGAL", 200, NO),
    ("isv.SMS_TEMPLATE_ILLEGAL", 200, NO),
    ("isv.AMOUNT_NOT_ENOUGH", 200, NO),
    ("isv.OUT_OF_SERVICE", 200, NO),
    ("isv.DAY_LIMIT_CONTROL", 200, NO),
    ("isp.RAM_PERMISSION_DENY", 200, CREDENTIALS),
    ("isp.SYSTEM_ERROR", 200, SERVER),
    ("isp.GATEWAY_ERROR", 200, SERVER),
    ("NeverHeardOf.This", 400, NO),
    ("NeverHeardOf.This", 429, THROTTLED),
    ("NeverHeardOf.This", 500, SERVER),
    ("NeverHeardOf.This", 503, SERVER),
    ("NeverHeardOf.This", 408, SERVER),
    ("NeverHeardOf.This", 200, SERVER),
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
