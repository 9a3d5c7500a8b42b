from django.urls import path

from credits.api import AddCredits, Credits, Transactions

urlpatterns = [
    path("credits", Credits.as_view(), name="credits"),
    path("credits/transactions", Transactions.as_view(), name="credits-transactions"),
    path("credits/admin/add_credits", AddCredits.as_view(), name="credits-add"),
]
