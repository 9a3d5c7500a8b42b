"""What can be wrong with what people say about notifications."""

from http import HTTPStatus


class WebhookRefused(Exception):
    status = HTTPStatus.BAD_REQUEST
    code = "webhook_refused"
    hint = "Name an http or https address that can be reached from the internet."

    def __init__(self, reason: str) -> None:
        super().__init__(f"The address of the webhook is not possible: {reason}")
