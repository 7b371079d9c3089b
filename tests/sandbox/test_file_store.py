"""The file store: upload authorisation, upload, and use of a file by one mail."""

import base64
import hmac
import json
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
import requests

from django_directmail.api import DirectMailError, File, RejectedError, upload
from django_directmail.api.actions.files import AuthorizeFileUpload
from django_directmail.sandbox import Sandbox
from django_directmail.sandbox.file_store import FileStore
from django_directmail.sandbox.http_request import BUCKET
from django_directmail.sandbox.responses import Refusal
from tests.support.api_samples import KEY, mail, one_try
from tests.support.sandbox_calls import post

MOST = 15 * 1024 * 1024 // 4 * 3


@pytest.fixture
def form(client):
    """Return the fields of a form that the store takes."""
    authorisation = client.call(AuthorizeFileUpload(region_id="cn-hangzhou"))
    return {
        "OSSAccessKeyId": authorisation.access_key_id,
        "Signature": authorisation.signature,
        "key": authorisation.object_key,
        "policy": authorisation.encoded_policy,
        "success_action_status": "201",
    }


def put(sandbox, form, content=b"content", *, path=f"/{BUCKET}/", **options):
    """Post ``form`` and a file, as requests makes it: fields first, the file last."""
    return requests.post(
        sandbox.url + path,
        data=form,
        files={"file": ("name", content)},
        timeout=10,
        **options,
    )


def url_of(form):
    """Return the URL by which a mail names what was uploaded."""
    return f"http://{BUCKET}.127.0.0.1/{form['key']}"


def error_of(answer):
    """Return status and code of an answer in OSS's XML."""
    root = ElementTree.fromstring(answer.content)
    assert root.tag == "Error"
    assert [child.tag for child in root] == ["Code", "Message", "RequestId", "HostId"]
    return answer.status_code, root.findtext("Code")


def attached(*urls, **changes):
    """Return the parameters of attachments at ``urls``, with ``changes``."""
    found = {}
    for number, url in enumerate(urls, start=1):
        found[f"Attachments.{number}.AttachmentName"] = "a.txt"
        found[f"Attachments.{number}.AttachmentUrl"] = url
    return {**found, **changes}


class TestAuthorisation:
    def test_the_policy_is_signed_by_the_rule_of_oss(self, sandbox, form):
        """Base64 of HMAC-SHA1 of the encoded policy (oss: PostObject)."""
        secret = sandbox.service.file_store.secret.encode()
        digest = hmac.digest(secret, form["policy"].encode(), "sha1")

        assert form["Signature"] == base64.b64encode(digest).decode()

    def test_the_policy_is_for_one_key_and_a_time(self, form):
        policy = json.loads(base64.b64decode(form["policy"]))

        end = datetime.strptime(policy["expiration"], "%Y-%m-%dT%H:%M:%S.%fZ")
        left = end.replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)
        assert timedelta(minutes=9) < left <= timedelta(minutes=10)
        assert {"bucket": BUCKET} in policy["conditions"]
        assert ["eq", "$key", form["key"]] in policy["conditions"]

    def test_no_two_have_one_key(self, client):
        asked = AuthorizeFileUpload(region_id="cn-hangzhou")

        assert client.call(asked).object_key != client.call(asked).object_key

    def test_each_sandbox_has_a_secret_of_its_own(self, sandbox, form):
        """A key that everybody knows would let any web page fill the memory."""
        with Sandbox() as another:
            answer = put(another, form)

        assert error_of(answer) == (403, "SignatureDoesNotMatch")

    def test_it_is_for_directmail_only(self, client):
        with pytest.raises(RejectedError, match="Product must be Dm"):
            client.call(AuthorizeFileUpload(region_id="cn-hangzhou", product="Oss"))

    def test_it_is_no_action_of_directmail_s_own_version(self, sandbox):
        assert post(sandbox, Action="AuthorizeFileUpload").code == "InvalidApi.NotFound"


class TestPost:
    def test_a_file_is_taken(self, sandbox, form):
        answer = put(sandbox, form)

        root = ElementTree.fromstring(answer.content)
        assert (answer.status_code, root.tag) == (201, "PostResponse")
        # The MD5 of "content", by md5sum.
        assert {child.tag: child.text for child in root} == {
            "Bucket": BUCKET,
            "Location": f"http://{urlsplit(sandbox.url).netloc}/{form['key']}",
            "Key": form["key"],
            "ETag": '"9A0364B9E99BB480DD25E1F0284C8555"',
        }

    def test_without_a_wish_the_answer_is_204(self, sandbox, form):
        del form["success_action_status"]

        assert put(sandbox, form).status_code == 204

    def test_the_bucket_may_be_a_host(self, sandbox, form):
        host = f"{BUCKET}.{urlsplit(sandbox.url).netloc}"

        answer = put(sandbox, form, path="/", headers={"Host": host})

        assert answer.status_code == 201

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"Signature": "AAAA"}, (403, "SignatureDoesNotMatch")),
            ({"Signature": "é"}, (403, "SignatureDoesNotMatch")),
            ({"policy": "e30="}, (403, "SignatureDoesNotMatch")),
            ({"OSSAccessKeyId": "sandbox-id"}, (403, "InvalidAccessKeyId")),
            ({"key": "dm/another"}, (403, "AccessDenied")),
            ({"key": ""}, (400, "InvalidArgument")),
            ({"policy": ""}, (400, "InvalidArgument")),
            ({"Signature": ""}, (400, "InvalidArgument")),
            ({"OSSAccessKeyId": ""}, (400, "InvalidArgument")),
        ],
    )
    def test_what_is_not_allowed_is_refused(self, sandbox, form, changes, expected):
        answer = put(sandbox, {**form, **changes})

        assert error_of(answer) == expected
        assert sandbox.mailbox.refused()[0]["code"] == expected[1]
        refused = post(sandbox, **attached(url_of(form)))
        assert refused.code == "InvalidAttachments.NotFound"

    def test_an_authorisation_expires(self, sandbox, client):
        sandbox.service.file_store.lifetime = -1

        with pytest.raises(RejectedError, match="Policy expired") as caught:
            upload(client, File("a", b"x"))

        assert caught.value.code == "AccessDenied"

    @pytest.mark.parametrize("policy", ["e30=", "bm8=", "no base64", "W10="])
    def test_a_policy_that_is_none_is_refused(self, sandbox, form, policy):
        digest = hmac.digest(
            sandbox.service.file_store.secret.encode(), policy.encode(), "sha1"
        )
        signature = base64.b64encode(digest).decode()

        answer = put(sandbox, {**form, "policy": policy, "Signature": signature})

        assert error_of(answer) == (400, "InvalidPolicyDocument")

    def test_the_file_must_be_the_last_field(self, sandbox, form):
        fields = {"file": ("name", b"x"), "key": (None, form.pop("key"))}

        answer = requests.post(
            f"{sandbox.url}/{BUCKET}/", data=form, files=fields, timeout=10
        )

        assert error_of(answer) == (400, "InvalidArgument")

    def test_another_kind_of_form_is_refused(self, sandbox, form):
        answer = requests.post(f"{sandbox.url}/{BUCKET}/", data=form, timeout=10)

        assert error_of(answer) == (400, "MalformedPOSTRequest")

    def test_a_file_over_the_limit_is_refused(self, sandbox, form):
        answer = put(sandbox, form, b"x" * (15 * 1024 * 1024 + 1))

        assert error_of(answer) == (400, "EntityTooLarge")

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_nothing_but_the_post_is_known(self, sandbox, method):
        answer = requests.request(method, f"{sandbox.url}/{BUCKET}/", timeout=10)

        assert error_of(answer) == (405, "MethodNotAllowed")

    def test_it_is_no_call_of_the_api(self, sandbox, form):
        before = sandbox.calls

        put(sandbox, form)

        assert sandbox.calls == before


class TestForeignPages:
    """Names that a web page could point at this machine are not answered."""

    @pytest.mark.parametrize(
        ("host", "path"),
        [
            ("evil.example", f"/{BUCKET}/"),
            ("evil.example", "/api/mails"),
            (f"{BUCKET}.evil.example", "/"),
            (f"{BUCKET}.evil.example", f"/{BUCKET}/"),
            (f"{BUCKET}.", "/"),
            (BUCKET, f"/{BUCKET}/"),
        ],
    )
    def test_another_host_is_refused(self, sandbox, form, host, path):
        answer = put(sandbox, form, path=path, headers={"Host": host})

        assert answer.status_code == 403

    @pytest.mark.parametrize("path", ["/", "/api/mails", "/mails/1/attachments/1"])
    def test_no_mail_is_shown_below_the_host_of_the_bucket(self, sandbox, client, path):
        client.call(mail(attachments=[upload(client, File("a", b"secret"))]))
        host = f"{BUCKET}.{urlsplit(sandbox.url).netloc}"

        answer = requests.get(sandbox.url + path, headers={"Host": host}, timeout=10)

        assert error_of(answer) == (405, "MethodNotAllowed")


class TestMail:
    def test_a_refused_mail_does_not_use_its_files_up(self, sandbox, form):
        put(sandbox, form)
        refused = post(sandbox, Subject=None, **attached(url_of(form)))

        accepted = post(sandbox, **attached(url_of(form)))

        assert (refused.code, accepted.code) == ("MissingSubject", "")

    def test_a_file_that_is_missing_does_not_use_up_the_others(self, sandbox, form):
        put(sandbox, form)
        elsewhere = f"http://{BUCKET}.127.0.0.1/dm/elsewhere"
        refused = post(sandbox, **attached(url_of(form), elsewhere))

        accepted = post(sandbox, **attached(url_of(form)))

        assert "Attachment 2 is not in the file store" in refused.fields["Message"]
        assert (refused.code, accepted.code) == ("InvalidAttachments.NotFound", "")

    def test_one_file_is_no_two_attachments(self, sandbox, form):
        put(sandbox, form)

        reply = post(sandbox, **attached(url_of(form), url_of(form)))

        assert reply.code == "InvalidAttachments.NotFound"

    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1/{key}",
            "https://directmail-sandbox.127.0.0.1/{key}",
            "http://directmail-sandbox.127.0.0.1/x/{key}",
            "http://another.127.0.0.1/{key}",
            "{key}",
            "http://directmail-sandbox.127.0.0.1/",
        ],
    )
    def test_another_url_names_nothing(self, sandbox, form, url):
        put(sandbox, form)

        reply = post(sandbox, **attached(url.format(key=form["key"])))

        assert reply.code == "InvalidAttachments.NotFound"

    @pytest.mark.parametrize(
        "changes",
        [
            {"Attachments.1.AttachmentName": ""},
            {"Attachments.1.AttachmentName": None},
            {"Attachments.1.AttachmentUrl": None},
            {"Attachments.3.AttachmentName": "a", "Attachments.3.AttachmentUrl": "b"},
            {"Attachments.0.AttachmentName": "a", "Attachments.0.AttachmentUrl": "b"},
            {"Attachments.01.AttachmentName": "a"},
            {"Attachments.1.Content": "a"},
            {"Attachments": "a"},
        ],
    )
    def test_a_list_with_gaps_is_refused(self, sandbox, form, changes):
        put(sandbox, form)

        reply = post(sandbox, **attached(url_of(form), **changes))

        assert (reply.status, reply.code) == (400, "InvalidAttachments.Malformed")

    def test_more_than_a_hundred_are_refused(self, sandbox):
        urls = [f"http://{BUCKET}.127.0.0.1/{n}" for n in range(101)]
        for n in range(101):
            sandbox.service.file_store.add(str(n), b"")

        refused = post(sandbox, **attached(*urls))
        accepted = post(sandbox, **attached(*urls[:100]))

        assert (refused.code, accepted.code) == ("InvalidAttachments.TooMany", "")

    def test_more_than_fifteen_megabytes_are_refused(self, sandbox):
        urls = [f"http://{BUCKET}.127.0.0.1/{n}" for n in range(2)]
        sandbox.service.file_store.add("0", b"x" * MOST)
        sandbox.service.file_store.add("1", b"x")

        refused = post(sandbox, **attached(*urls))
        accepted = post(sandbox, **attached(urls[0]))

        assert (refused.code, accepted.code) == ("InvalidAttachments.TooLarge", "")
        assert "15728644 bytes" in refused.fields["Message"]


class TestMemory:
    def test_uploads_that_nobody_sends_make_room(self):
        store = FileStore()
        store.max_unused = 10
        for key in "abc":
            store.add(key, b"1234")

        kept = [key for key in "abc" if self.is_there(store, key)]

        assert kept == ["b", "c"]

    def test_the_newest_stays_whatever_its_size(self):
        store = FileStore()
        store.max_unused = 10

        store.add("a", b"x" * 11)

        assert self.is_there(store, "a")

    def is_there(self, store, key):
        """Take ``key`` for a mail, and say whether it was there."""
        try:
            return bool(store.take(attached(f"http://{BUCKET}.h/{key}")))
        except Refusal:
            return False

    def test_the_mailbox_counts_the_files(self, sandbox, client):
        sandbox.mailbox.max_size = 100_000
        for content in (b"1" * 60_000, b"2" * 60_000):
            client.call(mail(attachments=[upload(client, File("a", content))]))

        assert [m.attachments[0].content[:1] for m in sandbox.mails] == [b"2"]
        assert sandbox.mails[0].size > 60_000


class TestFaults:
    def test_a_fault_of_any_call_leaves_uploads_alone(self, sandbox, client, form):
        sandbox.add_fault("error")

        assert put(sandbox, form).status_code == 201
        assert len(sandbox.faults.as_list()) == 1

    def test_a_fault_waits_for_its_action(self, sandbox):
        client = one_try(KEY, endpoint=sandbox.url)
        sandbox.add_fault("error", action="SingleSendMail")

        attachment = upload(client, File("a", b"x"))

        with pytest.raises(DirectMailError, match="SingleSendMail failed"):
            client.call(mail(attachments=[attachment]))
        client.call(mail(attachments=[attachment]))

    def test_the_others_pass_it(self, sandbox):
        client = one_try(KEY, endpoint=sandbox.url)
        sandbox.add_fault("error", action="PostObject")
        sandbox.add_fault("error", code="Mine")

        with pytest.raises(DirectMailError, match="Mine"):
            client.call(mail())
        with pytest.raises(DirectMailError, match="PostObject failed"):
            upload(client, File("a", b"x"))

    def test_an_error_of_the_store_has_its_form(self, sandbox, form):
        sandbox.add_fault("error", action="PostObject", code="No", status=403)

        assert error_of(put(sandbox, form)) == (403, "No")

    def test_an_upload_can_be_kept_although_it_looks_lost(self, sandbox, form):
        sandbox.add_fault("drop_after", action="PostObject")
        with pytest.raises(requests.ConnectionError):
            put(sandbox, form)

        assert post(sandbox, **attached(url_of(form))).code == ""
