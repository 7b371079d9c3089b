"""Settings for the tests; each test adds the mailer that it needs."""

from django import VERSION

SECRET_KEY = "only-for-tests"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django_directmail"]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
}
ROOT_URLCONF = "tests.urls"
DEFAULT_FROM_EMAIL = "noreply@mail.example.com"
SERVER_EMAIL = "errors@mail.example.com"
if VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": "django_directmail.backends.EmailBackend"}}
