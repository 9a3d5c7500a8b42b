from django.urls import path

from credits.api import AddCredits, Credits, Transactions
from credits.api_payments import Portal, Refund, Refunds, UsersHistory, Webhook

urlpatterns = [
    path("credits", Credits.as_view(), name="credits"),
    path("credits/transactions", Transactions.as_view(), name="credits-transactions"),
    path("credits/manage", Portal.as_view(), name="credits-manage"),
    path("credits/refunds", Refunds.as_view(), name="credits-refunds"),
    path("credits/stripe_webhook", Webhook.as_view(), name="credits-stripe-webhook"),
    path("credits/admin/add_credits", AddCredits.as_view(), name="credits-add"),
    path("credits/admin/users_history", UsersHistory.as_view(), name="credits-users-history"),
    path("credits/<str:transaction_key>/refund", Refund.as_view(), name="credits-refund"),
]
