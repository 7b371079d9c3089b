"""The admin in a real browser, for a user who may do everything."""

import os

import django
import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client

from tests.support.admin_browser_pages import DESKTOP, POLICY


@pytest.fixture(scope="module")
def database_beside_a_browser():
    """Let this thread use the database, although playwright runs its loop in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture
def policy():
    """Return the policy of the site."""
    return POLICY


@pytest.fixture
def server(live_server, settings, policy):
    """Yield the server, with middleware that sends the policy."""
    settings.SECURE_CSP = policy
    middleware = "tests.support.admin_browser_pages.strict_policy"
    if django.VERSION >= (6, 0):
        middleware = "django.middleware.csp.ContentSecurityPolicyMiddleware"
    settings.MIDDLEWARE = [middleware, *settings.MIDDLEWARE]
    httpd = live_server.thread.httpd
    usual = httpd.get_app()
    httpd.set_app(StaticFilesHandler(WSGIHandler()))
    yield live_server
    httpd.set_app(usual)


@pytest.fixture
def visit(browser, server):
    """
    Return a function that opens a page for somebody who may do all.

    At the end, nothing may have gone wrong in a page, and no policy been violated,
    except by what stands in a mail.
    """
    client = Client()
    client.force_login(User.objects.create_superuser("ann"))
    session = client.cookies["sessionid"].value
    contexts, complaints = [], []

    def complain(message):
        if message.type in ("error", "warning") and "/content/" not in str(
            message.location
        ):
            complaints.append(message.text)

    def visit(url, **options):
        context = browser.new_context(
            **{"viewport": DESKTOP, "locale": "en", "base_url": server.url} | options
        )
        contexts.append(context)
        context.add_cookies(
            [{"name": "sessionid", "value": session, "url": server.url}]
        )
        context.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        page = context.new_page()
        page.on("console", complain)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.complaints = complaints
        page.answer = page.goto(url)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == [], "\n".join(complaints)
