"""Reads tables."""

from collections.abc import Iterator
from typing import Any

from blocks.library.spreadsheets import bounded, is_sheet, of_csv, of_sheet
from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Effect, Emissions, Field, Workload
from blocks.sdk.files import store

Row = dict[str, str]


class ReadSpreadsheetBlock(Block):
    """Reads rows out of CSV text or of a CSV, Excel or OpenDocument file."""

    id = "acf7625e-d2cb-4941-bfeb-2819fc6fc015"
    categories = (Category.DATA, Category.TEXT)
    workload = Workload.CPU
    effect = Effect.IDEMPOTENT
    cases = (
        Case({"contents": "a,b\n1,2\n3"}, [("rows", [{"a": "1", "b": "2"}, {"a": "3"}])]),
        Case({"contents": "a\n1\n2", "produce_singular_result": True}, [("row", {"a": "1"}), ("row", {"a": "2"})]),
        Case({"contents": " a ;'b;c'\n", "delimiter": ";", "quotechar": "'"}, [("rows", [])]),
        Case({"contents": "1,2", "has_header": False}, [("rows", [{"0": "1", "1": "2"}])]),
        Case({"contents": "a,b\n1,2,3"}, raises="row 1 has more cells"),
        Case({"contents": "a\n1,2", "keep_extra_cells": True}, [("rows", [{"a": "1", "1": "2"}])]),
        Case({"contents": "a,b\n1,2", "skip_columns": ["a"]}, [("rows", [{"a": "1", "b": "2"}])]),
        Case({"contents": "a,b\n1,2", "skip_columns": ["a"], "leave_columns_out": True}, [("rows", [{"b": "2"}])]),
        Case({"contents": "a,b", "skip_rows": 3}, raises="fewer than 3 rows"),
        Case({"contents": "a,b", "delimiter": ",,"}, raises="delimiter"),
        Case({"contents": ""}, raises="contents"),
    )

    class Input(BlockInput):
        contents: str | None = Field(None, advanced=False, description="The table as CSV text.")
        file_input: str | None = Field(
            None, advanced=False, format="file", description="A file with the table; counts more than the text."
        )
        delimiter: str = Field(",", description="What stands between the cells of a row.")
        quotechar: str = Field('"', description="What stands around a cell that contains the delimiter.")
        escapechar: str = Field("\\", description="What makes the next character an ordinary one.")
        has_header: bool = Field(default=True, description="The first row names the columns; otherwise 0, 1 and so on.")
        skip_rows: int = Field(0, description="How many rows to leave out behind the header.")
        strip: bool = Field(default=True, description="Take blanks off both ends of names and cells.")
        skip_columns: list[str] = Field([], description="Columns to leave out, see leave_columns_out.")
        produce_singular_result: bool = Field(default=False, description="Emit every row by itself.")
        leave_columns_out: bool = Field(default=False, description="Really leave out the columns in skip_columns.")
        keep_extra_cells: bool = Field(default=False, description="Name cells beyond the header by position.")

    class Output(BlockOutput):
        row: Row = Field(description="A row: its cells by column.")
        rows: list[Row] = Field(description="All rows.")

    def run(self, data: Input, context: Context) -> Emissions:
        rows = bounded(_table(data, context))
        header = _stripped(next(rows, []), strip=data.strip) if data.has_header else None
        for _ in range(data.skip_rows):
            if next(rows, None) is None:
                raise ValueError(f"the table has fewer than {data.skip_rows} rows to skip")
        gone = set(data.skip_columns) if data.leave_columns_out else set()
        found = (_named(number, row, header, gone, data) for number, row in enumerate(rows, 1))
        if not data.produce_singular_result:
            yield "rows", list(found)
            return
        for row in found:
            if context.cancelled():
                return
            yield "row", row


def _table(data: Any, context: Context) -> Iterator[list[str]]:
    text = data.contents
    if data.file_input:
        file = store(data.file_input, context.files)
        path = file.folder / file.name
        if is_sheet(path):
            return of_sheet(path)
        text = path.read_bytes().decode("utf-8-sig", "replace")
    if not text:
        raise ValueError("contents or file_input must be given, and not be empty")
    return of_csv(text, delimiter=data.delimiter, quotechar=data.quotechar, escapechar=data.escapechar)


def _named(number: int, row: list[str], header: list[str] | None, gone: set[str], data: Any) -> Row:
    if header is not None and len(row) > len(header) and not data.keep_extra_cells:
        raise ValueError(f"row {number} has more cells than the header")
    names = header or []
    named = (
        (names[at] if at < len(names) else str(at), cell) for at, cell in enumerate(_stripped(row, strip=data.strip))
    )
    return {name: cell for name, cell in named if name not in gone}


def _stripped(cells: list[str], *, strip: bool) -> list[str]:
    return [cell.strip() for cell in cells] if strip else cells
