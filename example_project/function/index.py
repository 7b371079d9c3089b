"""
The entry points of the contact form: ``handler`` for events, ``application`` for WSGI.

``handler`` takes the events of an API gateway and those of an HTTP trigger of Function
Compute 3.0. Both are an HTTP request in JSON, and take an answer of the same shape
(help.aliyun.com/document_detail/74797.html and .../2545977.html). ``application`` is
for the HTTP triggers of Function Compute 2.0 (.../56316.html) and for any WSGI server.
"""

import base64
import json
import logging
import sys
from http import HTTPStatus
from wsgiref.simple_server import make_server

from contact_form import Request, answer
from form_fields import MAX_BODY, Problem

from django_directmail.api import from_environment

__all__ = ["application", "handler"]

#: The largest event in bytes. JSON can need six bytes for one byte of the body, and the
#: event has headers, too.
MAX_EVENT = 1024 * 1024

logger = logging.getLogger(__name__)
# Log each sent message, whatever level the runtime sets for other loggers.
logging.getLogger("contact_form").setLevel(logging.INFO)


def handler(event, context):
    """Return the answer to the HTTP request in ``event``: JSON, or a dict."""
    response = answer(_read_event(event), _credentials(context))
    return {
        "isBase64Encoded": False,
        "statusCode": response.status,
        "headers": response.headers,
        "body": response.body,
    }


def application(environ, start_response):
    """Answer a WSGI request (PEP 3333)."""
    request = Request(
        method=environ["REQUEST_METHOD"],
        headers=_wsgi_headers(environ),
        address=environ.get("REMOTE_ADDR", ""),
        read_body=lambda: _read_input(environ),
    )
    response = answer(request, _credentials(environ.get("fc.context")))
    body = response.body.encode()
    status = f"{response.status} {HTTPStatus(response.status).phrase}"
    start_response(status, list(response.headers.items()))
    return [body]


def _credentials(context):
    """
    Return a callable for the key of the function's role, or of the environment.

    The key of a role is temporary: each call of the function has a new one.
    """
    if getattr(getattr(context, "credentials", None), "access_key_id", None):
        return lambda: context.credentials
    return from_environment


def _read_event(event):
    """Return the request in ``event``; for another event, ``read_body`` raises."""
    try:
        event = event if isinstance(event, dict) else _load(event)
        trigger = _get(_get(event, "requestContext", dict), "http", dict)
        method = _get(event, "httpMethod", str) or _get(trigger, "method", str)
        if not method:
            logger.warning(
                "This event is no HTTP request: it has neither httpMethod, as from an"
                " API gateway, nor requestContext.http, as from an HTTP trigger."
            )
            raise Problem(400, "unreadable")
    except Problem as problem:
        return Request("POST", {}, "", lambda error=problem: _raise(error))
    headers = _get(event, "headers", dict).items()
    return Request(
        method=method,
        headers={k.lower(): v for k, v in headers if isinstance(v, str)},
        # A gateway's event has no address: a header must carry it.
        address=_get(trigger, "sourceIp", str),
        read_body=lambda: _event_body(event),
    )


def _load(event):
    if isinstance(event, (bytes, str)) and len(event) > MAX_EVENT:
        raise _too_large()
    try:
        found = json.loads(event)
    except (TypeError, ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _get(mapping, name, kind):
    value = mapping.get(name)
    return value if isinstance(value, kind) else kind()


def _raise(error):
    raise error


def _event_body(event):
    body = _get(event, "body", str)
    # An API gateway may send the text "true" instead of a boolean.
    is_encoded = str(event.get("isBase64Encoded")).lower() == "true"
    if len(body) > (MAX_BODY + 2) // 3 * 4:
        raise _too_large()
    try:
        data = base64.b64decode(body, validate=True) if is_encoded else body.encode()
    except ValueError:
        raise Problem(400, "unreadable") from None
    if len(data) > MAX_BODY:
        raise _too_large()
    return data


def _wsgi_headers(environ):
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    return headers


def _read_input(environ):
    """Return the body; never wait for more bytes than ``CONTENT_LENGTH`` says."""
    announced = environ.get("CONTENT_LENGTH") or ""
    if not announced:
        # Without a length, only some WSGI servers end the stream after the body.
        if not environ.get("wsgi.input_terminated"):
            raise Problem(411, "length")
        return _read(environ["wsgi.input"], MAX_BODY + 1)
    if not (announced.isascii() and announced.isdecimal()):
        raise Problem(400, "unreadable")
    # int() raises an error for thousands of digits.
    if len(announced) > 9 or int(announced) > MAX_BODY:
        raise _too_large()
    body = _read(environ["wsgi.input"], int(announced))
    if len(body) < int(announced):
        raise Problem(400, "unreadable")
    return body


def _read(stream, size):
    data = b""
    while len(data) < size and (part := stream.read(size - len(data))):
        data += part
    if len(data) > MAX_BODY:
        raise _too_large()
    return data


def _too_large():
    return Problem(413, "too_large", limit=MAX_BODY)


def main(port=9000):
    """Serve on this computer only, for a try, until Ctrl+C."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    with make_server("127.0.0.1", port, application) as server:
        print(f"The function is at http://127.0.0.1:{server.server_port}/", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nStopped.")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
