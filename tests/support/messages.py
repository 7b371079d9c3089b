"""Make a message, and read what arrived: as MIME, and by our own field names."""

import json
from email.headerregistry import Address
from email.message import EmailMessage

from django.core.mail import EmailMultiAlternatives

from django_directmail.api.actions.mail import SingleSendMail, Template
from django_directmail.api.fields import wire_names


def message(**values):
    """Return a message, complete unless ``values`` say otherwise."""
    complete = {
        "subject": "Subject",
        "body": "Content\n",
        "from_email": "from@example.com",
        "to": ["to@example.com"],
    }
    return EmailMultiAlternatives(**{**complete, **values})


def with_html(html="<p>HTML</p>", **values):
    """Return a message with an HTML alternative."""
    one = message(**values)
    one.attach_alternative(html, "text/html")
    return one


def parameters(mail):
    """Return the parameters of a received mail under the fields of the action."""
    by_wire = {wire: name for name, wire in wire_names(SingleSendMail).items()}
    found = {
        by_wire[wire]: value
        for wire, value in mail.parameters.items()
        if wire in by_wire
    }
    if "headers" in found:
        found["headers"] = json.loads(found["headers"])
    if "template" in found:
        template = json.loads(found["template"])
        found["template"] = {
            name: template[wire]
            for name, wire in wire_names(Template).items()
            if wire in template
        }
    return found


def only(outbox):
    """Return the one mail that arrived, as a MIME message."""
    (received,) = outbox.mails
    return rebuild(received)


def rebuild(mail):
    """
    Return the message that DirectMail would make of a received mail.

    Hidden recipients are not in it, as nobody gets to see them.
    """
    message = EmailMessage()
    message["Subject"] = mail.subject
    message["From"] = Address(mail.sender_name, addr_spec=mail.sender)
    message["To"] = ", ".join(mail.to)
    if mail.reply_to:
        message["Reply-To"] = Address(mail.reply_to_name, addr_spec=mail.reply_to)
    for name, value in mail.headers.items():
        message[name] = value
    if mail.text:
        message.set_content(mail.text, cte="base64")
    if mail.html and mail.text:
        message.add_alternative(mail.html, subtype="html", cte="base64")
    elif mail.html:
        message.set_content(mail.html, subtype="html", cte="base64")
    return message
