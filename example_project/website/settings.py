"""
Settings of the example site.

Mail goes to the sandbox. If the environment has ``ALIBABA_CLOUD_ACCESS_KEY_ID``, it
goes to the real DirectMail.
"""

import os
from pathlib import Path

import django

BASE_DIR = Path(__file__).resolve().parent.parent


def _environment(name, default=None):
    """Return a variable of the environment; an empty one counts as not set."""
    return os.environ.get(name) or default


# Mail

if _environment("ALIBABA_CLOUD_ACCESS_KEY_ID"):
    SANDBOX_URL = None
    # The AccessKey is not here: the backend reads it from the environment.
    DIRECTMAIL = {"REGION": _environment("ALIBABA_CLOUD_REGION_ID")}
else:
    # Imported here, so that a site in production loads nothing of the sandbox.
    from django_directmail import sandbox

    SANDBOX_URL = _environment("DIRECTMAIL_ENDPOINT", "http://127.0.0.1:8025")
    DIRECTMAIL = {
        "ACCESS_KEY_ID": sandbox.ACCESS_KEY_ID,
        "ACCESS_KEY_SECRET": sandbox.ACCESS_KEY_SECRET,
        "ENDPOINT": SANDBOX_URL,
        # With their bodies, mails can be sent again from the admin. Bodies may contain
        # secrets: therefore this is off by default, and off here if mail is real.
        "LOG": {"BODIES": True},
    }

if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": "django_directmail.backends.EmailBackend"}}
else:
    EMAIL_BACKEND = "django_directmail.backends.EmailBackend"

DEFAULT_FROM_EMAIL = _environment("CONTACT_SENDER", "Example <noreply@example.com>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
CONTACT_RECIPIENTS = [
    address.strip()
    for address in _environment("CONTACT_RECIPIENTS", "office@example.com").split(",")
]

# Site

SECRET_KEY = _environment("SECRET_KEY", "insecure-only-for-development-on-this-machine")
DEBUG = _environment("DEBUG", "1") == "1"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

INSTALLED_APPS = [
    "contact",
    "django_directmail",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Part of Django since 6.0; delete the other one with 5.2.
    "django.middleware.csp.ContentSecurityPolicyMiddleware"
    if django.VERSION >= (6, 0)
    else "website.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # The admin in the language of the browser.
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    # The HTML of a mail in the admin's log.
    "frame-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}

ROOT_URLCONF = "website.urls"
WSGI_APPLICATION = "website.wsgi.application"
STATIC_URL = "static/"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "contact.context_processors.mail",
            ],
        },
    },
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _environment("EXAMPLE_DATABASE", BASE_DIR / "db.sqlite3"),
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain"},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    # Without this, Django prints each line a second time, and mails errors to ADMINS.
    "loggers": {"django": {"handlers": []}},
}
