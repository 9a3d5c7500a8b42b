"""What somebody typed for a run: inputs and masks, on the command line and in files."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

REFUSED = 2  # the exit status of everything that keeps a run from being started


def refused(reason: str) -> CommandError:
    return CommandError(reason, returncode=REFUSED)


def content_of(file: str) -> bytes:
    """What a file holds; of `-` the standard input."""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as wrong:
        raise refused(f"{file} cannot be read: {wrong.strerror}.") from None


def object_in(file: str) -> dict[str, Any]:
    try:
        found = json.loads(content_of(file))
    except RecursionError:
        raise refused(f"{file} is nested too deeply.") from None
    except ValueError as wrong:  # no JSON, or no text
        raise refused(f"{file} is no JSON: {wrong}.") from None
    if not isinstance(found, dict):
        raise refused(f"{file} must hold one JSON object.")
    return found


def inputs_of(pairs: Sequence[str], file: str | None) -> dict[str, Any]:
    """The inputs of a run: those of the file, and over them those that were typed."""
    inputs = {} if file is None else object_in(file)
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise refused(f"--input {pair}: write NAME=VALUE.")
        inputs[name] = value_of(text)
    return inputs


def value_of(text: str) -> Any:
    """JSON when it is JSON, else the text itself: 3 is a number, "3" and three are texts."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def masks_of(file: str | None) -> dict[str, dict[str, Any]]:
    masks = {} if file is None else object_in(file)
    for node, mask in masks.items():
        if not isinstance(mask, dict):
            raise refused(f"{file}: the mask of {node} must be an object of pins and values.")
    return masks
