"""What can go wrong in and around a block, and the text under which a block's failure is reported."""


class DefinitionError(TypeError):
    """A block class that cannot be a block. The message names the class and what to change."""


class ConversionError(ValueError):
    """A value that cannot become what its pin asks for."""


class InputError(ValueError):
    """Input that a block cannot be called with."""


class BlockDisabled(ValueError):
    """A block that is known but cannot be run here."""


def decorate(block_name: str, block_id: str, problem: BaseException | object) -> str:
    """The text on the `error` pin: `problem` is what the block raised, or the value that it emitted as `error`."""
    return f"raised by {block_name} with message: {_message(problem)}. block_id: {block_id}"


def text_of(problem: object) -> str:
    """What `problem` says of itself; the objects of third parties may fail even at that."""
    try:
        return str(problem)
    except Exception:  # any: a broken __str__ must not hide the failure that is being reported
        return f"<{type(problem).__name__}>"


def _message(problem: BaseException | object) -> str:
    if problem is None:
        return "Output error was None"
    text = text_of(problem)
    if text or not isinstance(problem, BaseException) or isinstance(problem, ValueError):
        return text
    return "Unknown error occurred"
