"""The periodic job (scheduling.jobs): every few seconds, on the queue of the engine. Several at once do no harm."""

from notifications import planning, sending


def deliver() -> str:
    """Plan what was recorded, send what is due."""
    planned, sent = planning.plan(), sending.send_due()
    return f"Planned {planned} events, sent {sent} messages."
