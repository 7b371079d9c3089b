"""The CSP middleware, which Django has since 6.0. Delete this with Django 5.2."""

from django.conf import settings


class ContentSecurityPolicyMiddleware:
    """Add ``SECURE_CSP`` to every page except the error pages of DEBUG."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.policy = "; ".join(
            f"{name} {' '.join(sources)}"
            for name, sources in settings.SECURE_CSP.items()
        )

    def __call__(self, request):
        """Return the response with the policy."""
        response = self.get_response(request)
        # Those have inline styles and scripts.
        if not (settings.DEBUG and response.status_code in (404, 500)):
            response.headers.setdefault("Content-Security-Policy", self.policy)
        return response
