"""Reads escape sequences."""

import re
import unicodedata

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field

_PLAIN = {"\n": "", "\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
          "v": "\v"}  # fmt: skip
_ESCAPE = re.compile(
    r"\\(?:(?P<octal>[0-7]{1,3})|x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})"
    r"|N\{(?P<name>[^{}\\]{1,100})\}|(?P<bad>[xuUN]|$)|(?P<plain>.))",
    re.DOTALL,
)


class TextDecoderBlock(Block):
    r"""Reads escape sequences such as \n and \u00e9 in a text."""

    id = "2570e8fe-8447-43ed-84c7-70d657923231"
    categories = (Category.TEXT,)
    cases = (
        Case({"text": r"a\nb\t\u00e9"}, [("decoded_text", "a\nb\té")]),
        Case({"text": "é"}, [("decoded_text", "Ã©")]),
        Case({"text": r"é\n€\z\101", "keep_characters": True}, [("decoded_text", "é\n€\\zA")]),
        Case({"text": r"\ud83d\ude00 \U0001F600 \N{BULLET}"}, [("decoded_text", "😀 😀 •")]),
        Case({"text": r"bad\x"}, raises="escape sequence"),
        Case({"text": r"\N{NOBODY}"}, raises="escape sequence"),
        Case({"text": "end\\"}, raises="escape sequence"),
    )

    class Input(BlockInput):
        text: str = Field(description="The text.")
        keep_characters: bool = Field(
            default=False, description="Leave characters such as é as they are instead of mangling them to Ã©."
        )

    class Output(BlockOutput):
        decoded_text: str = Field(description="The text that the escape sequences stand for.")

    def run(self, data: Input, context: Context) -> Emissions:
        text = data.text if data.keep_characters else data.text.encode("utf-8", "surrogatepass").decode("latin-1")
        decoded = _ESCAPE.sub(_character, text)
        # two escapes that are halves of one character become that character
        yield "decoded_text", decoded.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _character(escape: re.Match[str]) -> str:
    kind = escape.lastgroup
    value = escape[kind or 0]
    try:
        if kind == "plain":
            return _PLAIN.get(value, f"\\{value}")
        if kind == "name":
            return unicodedata.lookup(value)
        if kind != "bad":
            return chr(int(value, 8 if kind == "octal" else 16))
    except (KeyError, ValueError, OverflowError):
        pass  # a name that no character has, a number beyond the last character
    raise ValueError(f"{escape[0]} at character {escape.start()} is no escape sequence")
