"""The backend that tests configure."""

BACKEND = "django_directmail.backends.EmailBackend"
