"""The function of the example project, and requests to it."""

import base64
import contextlib
import importlib
import json
import sys
import threading
from pathlib import Path
from urllib.parse import urlencode
from wsgiref.simple_server import WSGIRequestHandler, make_server

FOLDER = Path(__file__).parents[2] / "example_project" / "function"
ORIGIN = "https://www.example.com"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MESSAGE = {
    "name": "Ada Visitor",
    "email": "ada@example.org",
    "message": "Good morning,\n\nare you open on Sunday? 星期天开门吗？",
    "website": "",
}


def load(name):
    """Import the module ``name`` of the example."""
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(FOLDER))


index = load("index")
contact_form = load("contact_form")
form_fields = load("form_fields")
rate_limit = load("rate_limit")
texts = load("texts")


def gateway_event(body="", *, method="POST", encode=False, **headers):
    """Return the event that an API gateway makes of a request (document 74797)."""
    body = body.encode() if isinstance(body, str) else body
    text = base64.b64encode(body).decode() if encode else body.decode()
    return {
        "path": "/contact",
        "httpMethod": method,
        "headers": {
            "Content-Type": FORM,
            "Origin": ORIGIN,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
        "queryParameters": {},
        "pathParameters": {},
        "body": text,
        "isBase64Encoded": "true" if encode else "false",
    }


def trigger_event(body, *, address="203.0.113.7", method="POST", **headers):
    """Return the event of an HTTP trigger of Function Compute 3.0 (2545977)."""
    return {
        "version": "v1",
        "rawPath": "/",
        "body": body,
        "isBase64Encoded": False,
        "headers": {"Content-Type": FORM, "Origin": ORIGIN, **headers},
        "queryParameters": {},
        "requestContext": {
            "accountId": "123456",
            "domainName": "id.cn-hangzhou.fcapp.run",
            "domainPrefix": "id",
            "http": {
                "method": method,
                "path": "/",
                "protocol": "HTTP/1.1",
                "sourceIp": address,
                "userAgent": "curl",
            },
            "requestId": "1-64f6cd87",
            "time": "2023-09-05T06:41:11Z",
            "timeEpoch": "1693896071895",
        },
    }


def form_body(**changes):
    """Return a filled-in form as a browser encodes it."""
    return urlencode({**MESSAGE, **changes})


def call(event, context=None):
    """Return the answer to an event: status, headers, and what the body says."""
    event = json.dumps(event).encode() if isinstance(event, dict) else event
    answer = index.handler(event, context)
    body = answer["body"]
    with contextlib.suppress(ValueError):
        body = json.loads(body)
    return answer["statusCode"], answer["headers"], body


def post(**changes):
    """Return the answer to a message, sent through an API gateway."""
    return call(gateway_event(form_body(**changes)))


class Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def serve(application):
    """Serve a WSGI application on a free port and yield its URL."""
    with make_server("127.0.0.1", 0, application, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()
