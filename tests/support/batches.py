"""Batches for tests."""

from django_directmail.batch import send_batch

CONTENT = {"subject": "Hello {UserName}", "text_body": "Dear {UserName}"}


def send(receivers=("ana@example.com",), **values):
    """Send a small batch, with ``values``."""
    values = {"receivers": receivers, "template_content": CONTENT, **values}
    return send_batch(**values)
