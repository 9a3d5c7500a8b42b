"""Reads the tags that language models write: no XML, only names in angle brackets, nested.

Names are lower-case, blanks in them become underscores; attributes, entities, CDATA and <self-closing/> mean nothing.
A `<` that begins no tag is left out, with the blanks around it. Every step looks at a character once.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from blocks.sdk.values import MAX_DEPTH, TOO_DEEP

_BLANKS = re.compile(r"\s+")


@dataclass(slots=True)
class _Element:
    name: str
    text: list[str] = field(default_factory=list)
    children: list[tuple[str, Any]] = field(default_factory=list)


class _Ahead:
    """Where a mark comes next: found once and remembered until the reader has passed it."""

    def __init__(self, text: str, mark: str) -> None:
        self.text, self.mark, self.place = text, mark, -1

    def after(self, start: int) -> int:
        if self.place < start:
            found = self.text.find(self.mark, start)
            self.place = len(self.text) if found < 0 else found
        return self.place


def read(text: str) -> dict[str, Any]:
    """The one element of `text` as {name: content}. Raises ValueError for anything else than one element."""
    outermost = _Element("")
    open_ = [outermost]
    for kind, token in _tokens(text):
        if kind == "open":
            if len(open_) > MAX_DEPTH:
                raise ValueError(TOO_DEEP)
            open_.append(_Element(_name(token)))
        elif kind == "close":
            _close(open_, _name(token))
        elif len(open_) == 1:
            raise ValueError(f"there is text outside of the outermost tag: {token[:50]!r}")
        else:
            open_[-1].text.append(token)
    if len(open_) > 1:
        raise ValueError(f"<{open_[-1].name}> is not closed")
    if len(outermost.children) != 1:
        raise ValueError(f"there must be one outermost tag; there are {len(outermost.children)}")
    return dict(outermost.children)


def content_of(children: list[tuple[str, Any]], text: str) -> Any:
    """Text without children, an object of children with different names, a list of one-key objects otherwise."""
    if not children:
        return text
    by_name = dict(children)
    return by_name if len(by_name) == len(children) else [{name: content} for name, content in children]


def _close(open_: list[_Element], name: str) -> None:
    if len(open_) == 1 or open_[-1].name != name:
        raise ValueError(f"</{name}> does not close <{open_[-1].name}>")
    element = open_.pop()
    open_[-1].children.append((name, content_of(element.children, "".join(element.text))))


def _name(token: str) -> str:
    return _BLANKS.sub("_", token.strip()).lower()


def _tokens(text: str) -> Any:
    """(kind, text) of tags and of the stretches of text between them."""
    begins, ends, slashes = _Ahead(text, "<"), _Ahead(text, ">"), _Ahead(text, "/")
    comments = _Ahead(text, "-->")
    place = 0
    while place < len(text):
        if text[place] == "\\" and place + 1 < len(text):
            place += 2  # an escape at the beginning of a text hides a character
        elif text[place] != "<":
            end = begins.after(place)
            if stretch := text[place:end].strip():
                yield "text", stretch
            place = end
        elif text.startswith("<!--", place) and comments.after(place + 4) < len(text):
            place = comments.after(place + 4) + 3
        else:
            kind, start, end = _tag(place, ends, slashes)
            if kind and not text[start:end].isspace():
                yield kind, text[start:end]
            place = end + 1


def _tag(place: int, ends: _Ahead, slashes: _Ahead) -> tuple[str, int, int]:
    """The tag that begins with the `<` at `place`: its kind and where its name lies; no kind when there is none."""
    is_closing = slashes.after(place + 1) == place + 1
    start = place + 2 if is_closing else place + 1
    end = ends.after(start)
    if end == start or end == len(ends.text) or (not is_closing and slashes.after(start) < end):
        return "", start, place
    return ("close" if is_closing else "open"), start, end
