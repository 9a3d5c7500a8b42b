"""Reads text files."""

from collections.abc import Iterator
from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Effect, Emissions, Field, Workload
from blocks.sdk.files import store


class FileReadBlock(Block):
    """Reads a text file, as a whole, in pieces or row by row."""

    id = "3735a31f-7e18-4aca-9e90-08a7120674bc"
    categories = (Category.DATA, Category.TEXT)
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    cases = (Case({"file_input": "data:text/plain;base64,aGk="}, raises="no folder for files"),)

    class Input(BlockInput):
        file_input: str = Field(format="file", description="A data URI, an address, or the name of a file of the run.")
        delimiter: str = Field("", description="What ends a row; without it the whole text is one row.")
        size_limit: int = Field(0, ge=0, description="Emit pieces of at most so many characters; 0 for no limit.")
        row_limit: int = Field(0, ge=0, description="Read at most so many rows; 0 for all of them.")
        skip_size: int = Field(0, ge=0, description="Leave so many characters out at the beginning.")
        skip_rows: int = Field(0, ge=0, description="Leave so many rows out at the beginning.")
        each_row: bool = Field(default=False, description="Emit every row by itself, without its delimiter.")

    class Output(BlockOutput):
        content: str = Field(description="The text: once, or once for each piece or row.")

    def run(self, data: Input, context: Context) -> Emissions:
        file = store(data.file_input, context.files)
        text = _decoded((file.folder / file.name).read_bytes())
        if not text:
            return
        for part in _parts(text[data.skip_size :], data):
            for piece in _pieces(part, data.size_limit):
                if context.cancelled():
                    return
                yield "content", piece


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _parts(text: str, data: Any) -> list[str]:
    rows = text.split(data.delimiter) if data.delimiter else [text]
    rows = rows[data.skip_rows :]
    if data.row_limit:
        rows = rows[: data.row_limit]
    return rows if data.each_row else [data.delimiter.join(rows)]


def _pieces(text: str, size: int) -> Iterator[str]:
    if not size or not text:
        yield text
        return
    for start in range(0, len(text), size):
        yield text[start : start + size]
