"""The page with the form, and the page that says thank you."""

import logging

from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy
from django.views.generic import FormView, TemplateView

from contact.forms import ContactForm
from contact.mail import build_message
from django_directmail.api.errors import DirectMailError

logger = logging.getLogger(__name__)


class ContactView(FormView):
    """Shows the form and sends it. After an error the form keeps its text."""

    template_name = "contact/form.html"
    form_class = ContactForm
    success_url = reverse_lazy("thanks")

    def form_valid(self, form):
        """Send the mail, then redirect, so that a reload cannot send it again."""
        if form.is_trapped:
            # The program gets the usual page: an error would make it try other fields.
            logger.info("A message was thrown away: its hidden field is filled in.")
            return super().form_valid(form)
        fields = ("name", "email", "subject", "message")
        message = build_message(**{name: form.cleaned_data[name] for name in fields})
        try:
            message.send()
        except (DirectMailError, ImproperlyConfigured) as error:
            return self.mail_failed(form, error)
        return super().form_valid(form)

    def mail_failed(self, form, error):
        """Show the form again with an error, and log the reason."""
        accepted = getattr(error, "accepted", "no")
        # The text of these errors contains neither a body nor a visitor's address.
        logger.error(
            "A message was not sent: %s, code %s, request %s, accepted %s. %s",
            type(error).__name__,
            getattr(error, "code", "") or "none",
            getattr(error, "request_id", "") or "none",
            accepted,
            error,
        )
        is_lost = accepted == "no"
        return self.render_to_response(
            self.get_context_data(form=form, failure="lost" if is_lost else "unsure"),
            status=503 if is_lost else 502,
        )


class ThanksView(TemplateView):
    """Confirms that the message was taken."""

    template_name = "contact/thanks.html"
