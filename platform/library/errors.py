"""What can go wrong with presets, webhooks and the store, in the words an API client reads."""

from http import HTTPStatus
from uuid import UUID


class LibraryError(Exception):
    """A request about a preset, a webhook or the store was refused; nothing has been stored."""

    status = HTTPStatus.BAD_REQUEST
    code = "library_error"
    hint = ""


class PresetNotFound(LibraryError):
    status = HTTPStatus.NOT_FOUND
    code = "preset_not_found"
    hint = "List the presets of the graph to see which there are."

    def __init__(self, preset_id: UUID) -> None:
        super().__init__(f"There is no preset {preset_id}.")


class GraphGone(LibraryError):
    status = HTTPStatus.GONE
    code = "graph_gone"
    hint = "Make a preset of another graph."

    def __init__(self, name: str) -> None:
        super().__init__(f"The graph of the preset {name!r} was deleted.")


class HalfChanged(LibraryError):
    code = "half_changed"
    hint = "Send inputs and credentials together: what is left out of either is gone."

    def __init__(self) -> None:
        super().__init__("inputs and credentials of a preset are changed together.")


class NoTrigger(LibraryError):
    code = "no_trigger"
    hint = "Add a trigger node to the graph, or make an ordinary preset."

    def __init__(self, name: str) -> None:
        super().__init__(f"The graph {name!r} has no node that a webhook could trigger.")


class WebhookNotFound(LibraryError):
    status = HTTPStatus.NOT_FOUND
    code = "webhook_not_found"
    hint = "List the webhooks to see which there are."

    def __init__(self, webhook_id: UUID) -> None:
        super().__init__(f"There is no webhook {webhook_id}.")


class NotSigned(LibraryError):
    """The answer does not say what is wrong: whoever guesses gets no help."""

    status = HTTPStatus.UNAUTHORIZED
    code = "not_signed"
    hint = "Sign with the secret of the webhook: webhook-signature (Standard Webhooks) or X-Hub-Signature-256."

    def __init__(self) -> None:
        super().__init__("The signature of the message is missing or wrong.")


class TooLarge(LibraryError):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "too_large"
    hint = "The limit is PETIOLE_WEBHOOK_BYTES."

    def __init__(self, most: int) -> None:
        super().__init__(f"The message is larger than {most} bytes.")


class NoObject(LibraryError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "no_object"
    hint = "Send a JSON object."

    def __init__(self) -> None:
        super().__init__("The message is no JSON object.")


class ListingNotFound(LibraryError):
    status = HTTPStatus.NOT_FOUND
    code = "listing_not_found"
    hint = "Search the store to see what it offers; what was not approved yet is seen by its owner alone."

    def __init__(self, listing_id: object) -> None:
        super().__init__(f"The store has no agent {str(listing_id)[:100]!r}.")


class NotPublished(LibraryError):
    status = HTTPStatus.NOT_FOUND
    code = "not_published"
    hint = "List your own listings (mine=true) to see which there are."

    def __init__(self, graph_id: UUID) -> None:
        super().__init__(f"The graph {graph_id} is not in the store.")


class SlugTaken(LibraryError):
    status = HTTPStatus.CONFLICT
    code = "slug_taken"
    hint = "Give another slug."

    def __init__(self, slug: str) -> None:
        super().__init__(f"Another graph of its owner has the slug {slug!r} in the store.")


class SlugFixed(LibraryError):
    status = HTTPStatus.CONFLICT
    code = "slug_fixed"
    hint = "Leave the slug out: who looks for the graph finds it under the one that it has."

    def __init__(self, slug: str) -> None:
        super().__init__(f"The graph has the slug {slug!r} in the store, which cannot be changed.")


class CannotDecide(LibraryError):
    status = HTTPStatus.CONFLICT
    code = "cannot_decide"
    hint = "Look at the listing again: it has changed meanwhile, or a newer version of it was approved."

    def __init__(self, listing: object, state: str) -> None:
        super().__init__(f"{listing} cannot become {state}.")
