"""Rows of text out of CSV text and of Excel or OpenDocument files, within limits."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Any, Literal

MOST_ROWS = 200_000
MOST_CELLS = 2_000_000
MOST_UNPACKED = 500 * 1024 * 1024
_SHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
# what a file begins with that is a spreadsheet, whatever its name says
_PACKED, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def is_sheet(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(4)
    return start in (_PACKED, _COMPOUND) or path.suffix.lower() in _SHEETS


def of_csv(text: str, *, delimiter: str, quotechar: str, escapechar: str) -> Iterator[list[str]]:
    for name, sign in (("delimiter", delimiter), ("quotechar", quotechar), ("escapechar", escapechar)):
        if len(sign) > 1 or (name == "delimiter" and not sign):
            raise ValueError(f"{name} must be one character")
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quotechar else csv.QUOTE_NONE
    # without newline="" line breaks inside of quotes would change
    lines = io.StringIO(text, newline="")
    try:
        yield from csv.reader(
            lines, delimiter=delimiter, quotechar=quotechar or None, escapechar=escapechar or None, quoting=quoting
        )
    except (csv.Error, TypeError, ValueError) as wrong:
        raise ValueError(f"the text is no CSV: {wrong}") from None


def of_sheet(path: Path) -> Iterator[list[str]]:
    """The rows of the first sheet."""
    from python_calamine import CalamineError, CalamineWorkbook

    _look_inside(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False) if book.sheet_names else []
    except (CalamineError, OSError, ValueError) as wrong:
        raise ValueError(f"the file is no spreadsheet: {wrong}") from None
    for row in rows:
        yield [_written(cell) for cell in row]


def bounded(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    cells = 0
    for number, row in enumerate(rows):
        cells += len(row)
        if number >= MOST_ROWS or cells > MOST_CELLS:
            raise ValueError(f"the table has more than {MOST_ROWS} rows or {MOST_CELLS} cells")
        yield row


def _look_inside(path: Path) -> None:
    """A small file may unpack to a very large one."""
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile as wrong:
        raise ValueError(f"the file is no spreadsheet: {wrong}") from None
    if unpacked > MOST_UNPACKED:
        raise ValueError(f"the spreadsheet is larger than {MOST_UNPACKED // 2**20} MB when it is unpacked")


def _written(cell: Any) -> str:
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, (date, time)) else str(cell)
