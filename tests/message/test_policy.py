"""What the API cannot carry: the policies."""

from email.message import EmailMessage as MimeMessage

import pytest

from django_directmail.api.errors import UnsupportedMessage
from django_directmail.backends import EmailBackend
from django_directmail.message.policy import POLICIES
from tests.support.messages import message, with_html


def people(number):
    return [f"user{n}@example.com" for n in range(number)]


class TestPolicies:
    """What the API cannot carry."""

    PARTS = {
        "cc": lambda: message(cc=["cc@example.com"]),
        "headers": lambda: message(headers={"X-Priority": "1"}),
        "alternatives": lambda: alternative("text/calendar"),
        "inline_images": lambda: inline_image(),
        "reply_to": lambda: message(reply_to=people(2)),
        "tags": lambda: tagged("a", "b"),
        "tracking": lambda: tracked(),
    }

    @pytest.mark.parametrize("feature", PARTS)
    def test_error_names_the_part_and_sends_nothing(self, mailer, feature):
        outbox = mailer(POLICY={feature: "error"})

        with pytest.raises(UnsupportedMessage, match=f'POLICY."{feature}"') as caught:
            self.PARTS[feature]().send()

        assert caught.value.accepted == "no"
        assert outbox.calls == 0

    @pytest.mark.parametrize("feature", PARTS)
    def test_warn_sends_the_rest_and_logs_it(self, mailer, feature, caplog):
        outbox = mailer(POLICY={feature: "warn"})

        assert self.PARTS[feature]().send() == 1

        assert outbox.mails[0].to == ["to@example.com"]
        (record,) = caplog.records
        assert f'POLICY["{feature}"]' in record.message

    @pytest.mark.parametrize(
        "feature", ["headers", "alternatives", "inline_images", "tracking"]
    )
    def test_default_is_an_error(self, outbox, feature):
        with pytest.raises(UnsupportedMessage):
            self.PARTS[feature]().send()

        assert outbox.calls == 0

    def test_second_html_alternative_is_not_dropped_in_silence(self, outbox):
        one = with_html()
        one.attach_alternative("<p>other</p>", "text/html")

        with pytest.raises(UnsupportedMessage, match="text/html"):
            one.send()

    @pytest.mark.parametrize("kind", ["text/HTML", "text/html; charset=utf-8"])
    def test_kind_is_read_without_case_and_parameters(self, mailer, kind):
        outbox = mailer()
        one = message()
        one.attach_alternative("<p>HTML</p>", kind)

        one.send()

        assert outbox.mails[0].html == "<p>HTML</p>"

    def test_body_of_another_kind_is_refused(self, outbox):
        one = message()
        one.content_subtype = "calendar"

        with pytest.raises(UnsupportedMessage, match="text/calendar"):
            one.send()

        assert outbox.calls == 0

    @pytest.mark.parametrize("feature", POLICIES)
    def test_first_choice_is_the_default(self, configure, feature):
        configure()

        assert EmailBackend().account.policy[feature] == POLICIES[feature][0]


def alternative(kind):
    one = with_html()
    one.attach_alternative("BEGIN:VCALENDAR", kind)
    return one


def inline_image():
    one = with_html(html='<img src="cid:logo">')
    image = MimeMessage()
    image.set_content(b"GIF89a", maintype="image", subtype="gif", cid="<logo>")
    # Django before 6.0 takes it only where nobody checks the class.
    one.attachments.append(image)
    return one


def tagged(*tags):
    one = message()
    one.tags = list(tags)
    return one


def tracked():
    one = message()
    one.track_opens = True
    return one
