"""The addresses of the site."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", include("contact.urls")),
    path("admin/", admin.site.urls),
    # Browsers ask for it where a page names no icon, as the admin's pages do.
    path("favicon.ico", RedirectView.as_view(url="/static/contact/icon.svg")),
]
