"""What Django has by itself since 6.0. Delete this module with 5.2."""

from django.conf import settings


class ContentSecurityPolicyMiddleware:
    """Send ``SECURE_CSP`` with every page but Django's own for developers."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.policy = "; ".join(
            f"{name} {' '.join(sources)}"
            for name, sources in settings.SECURE_CSP.items()
        )

    def __call__(self, request):
        """Return the response with the policy."""
        response = self.get_response(request)
        # The error pages of DEBUG have their styles and scripts inline.
        if not (settings.DEBUG and response.status_code in (404, 500)):
            response.headers.setdefault("Content-Security-Policy", self.policy)
        return response
