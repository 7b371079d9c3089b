"""
What Django's own tests demand of every email backend, over real HTTP.

The cases are those of Django's shared backend tests and of its message tests, as far as
an API can carry them. Each message goes through the configured mailer to the sandbox
and is read back as a MIME message. Where we differ, the test states the error.
"""
