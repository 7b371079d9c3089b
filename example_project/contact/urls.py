"""The form and the page behind it."""

from django.urls import path

from contact import views

urlpatterns = [
    path("", views.ContactView.as_view(), name="contact"),
    path("thanks/", views.ThanksView.as_view(), name="thanks"),
]
