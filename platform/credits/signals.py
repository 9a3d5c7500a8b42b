"""What somebody should hear of: sent in the transaction of what happened, so that both are kept or neither is."""

from django.dispatch import Signal

# request: the RefundRequest that a person has to decide
refund_requested = Signal()
# user_id, amount, balance (after it), key
refund_processed = Signal()
