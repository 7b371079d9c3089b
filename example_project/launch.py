"""
Start the example site: ``demo`` sends two mails and stops, ``run`` serves the site.

Sandbox and site are threads of this process, so nothing keeps running after its end.
"""

import argparse
import contextlib
import os
import secrets
import sys
import time
from email.utils import parseaddr

try:
    from demo import demo
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from serving import Problem, Site, Stop, prepared_database

    from django_directmail.sandbox import Sandbox
    from django_directmail.sandbox.accounts import DEFAULT_SENDERS
except ImportError as error:
    sys.exit(f"{error}. Install the package first: pip install -e .")

KEY = "ALIBABA_CLOUD_ACCESS_KEY_ID"


def run(stop, port, sandbox_port):
    """Serve until the user stops it, then return 0."""
    with contextlib.ExitStack() as stack:
        site = _listen(Site, "--port", port)
        stack.callback(site.stop)
        sandbox = None
        if not os.environ.get(KEY):
            sandbox = _listen(_make_sandbox, "--sandbox-port", sandbox_port)
            stack.enter_context(sandbox)
            os.environ["DIRECTMAIL_ENDPOINT"] = sandbox.url
        stack.enter_context(prepared_database())
        login = _describe_login()
        if sandbox:
            _send_samples(sandbox)
        site.start()
        print(_describe_mail())
        print(f"  Contact form  {site.url}/")
        if sandbox:
            print(f"  Sent mail     {sandbox.url}/")
        print(f"  Admin         {site.url}/admin/  ({login})")
        if sandbox:
            print("\nWhat happened to Bob's mail? In the admin, open Mails and look")
            print("for bob@example.com.")
        print("\nCtrl+C stops everything.")
        while not stop.wanted:
            time.sleep(0.2)
    print("\nStopped." + (" The mail of the sandbox is gone." if sandbox else ""))
    return 0


def _send_samples(sandbox):
    # Models can be imported only after Django is set up.
    from samples import send_samples

    send_samples(sandbox)


def _listen(server, option, port):
    try:
        return server(port)
    except OSError as error:
        reason = error.strerror or error
    variable = option.lstrip("-").replace("-", "_").upper()
    raise Problem(
        f"Cannot listen on port {port}: {reason}. Is the example running already?"
        f" Choose another port with {option} (make run {variable}=...); 0 picks a free"
        " one."
    )


def _make_sandbox(port):
    own = parseaddr(os.environ.get("CONTACT_SENDER", ""))[1]
    return Sandbox(port=port, senders=[*DEFAULT_SENDERS, *([own] if own else [])])


def _describe_mail():
    if settings.SANDBOX_URL:
        return "The site is running. Its mail goes to the sandbox, to nobody else.\n"
    sender, recipients = settings.DEFAULT_FROM_EMAIL, settings.CONTACT_RECIPIENTS
    text = (
        f"The site is running, and its mail is real, because {KEY} is set:\n"
        f"from {sender} to {', '.join(recipients)}.\n"
    )
    if "example.com" in sender:
        text += (
            "DirectMail refuses that sender. Set CONTACT_SENDER to one of your account,"
            "\nand CONTACT_RECIPIENTS to an address that you read.\n"
        )
    return text


def _describe_login():
    """Return how to log in; create an administrator if there is none."""
    users = get_user_model()._default_manager
    if found := users.filter(is_superuser=True).first():
        return f"as {found}; manage.py changepassword sets a new password"
    password = secrets.token_urlsafe(12)
    users.create_superuser("admin", password=password)
    return f"as admin with password {password}, shown only now"


def _port(text):
    if not (text.isascii() and text.isdecimal()) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535).")
    return int(text)


def _parse(arguments):
    parser = argparse.ArgumentParser(
        description="Starts the example site of django_directmail."
    )
    modes = parser.add_subparsers(dest="mode", required=True)
    modes.add_parser("demo", help="Send two mails through everything and show them.")
    serve = modes.add_parser("run", help="Serve site and sandbox until Ctrl+C.")
    for option, default in (("--port", 8000), ("--sandbox-port", 8025)):
        serve.add_argument(
            option,
            type=_port,
            default=default,
            help=f"0 picks a free one. Default: {default}.",
        )
    return parser.parse_args(arguments)


def main(arguments=None):
    """Run one mode and return the exit code."""
    options = _parse(arguments)
    # For pipes: write each line at once, replace characters that the encoding lacks.
    sys.stdout.reconfigure(line_buffering=True, errors="replace")
    os.environ["DJANGO_SETTINGS_MODULE"] = "website.settings"
    stop = Stop()
    try:
        if options.mode == "demo":
            return demo(stop)
        return run(stop, options.port, options.sandbox_port)
    except Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
