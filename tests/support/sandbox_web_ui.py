"""Requests to the web UI of the sandbox, without a browser."""

import requests


def get(sandbox, path, **options):
    """Request ``path`` of ``sandbox`` as a browser does; return the response."""
    return requests.get(f"{sandbox.url}{path}", timeout=10, **options)


def policy(answer):
    """Return the Content-Security-Policy of a response: directive to value."""
    text = answer.headers["Content-Security-Policy"]
    parts = [part.strip().partition(" ") for part in text.split(";")]
    return {name: value for name, _, value in parts}
