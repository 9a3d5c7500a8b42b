"""Blocks that read files: texts in pieces, tables within limits."""

import base64
import zipfile
from pathlib import Path
from typing import Any

import pytest

from blocks import registry
from blocks.library import spreadsheets
from blocks.sdk import BlockSpec, Context
from blocks.sdk.cases import call


def block(name: str) -> BlockSpec:
    return next(spec for spec in registry.all_specs() if spec.name == name)


def uri(content: str | bytes, mime: str = "text/plain") -> str:
    raw = content.encode() if isinstance(content, str) else content
    return f"data:{mime};base64,{base64.b64encode(raw).decode()}"


def read(tmp_path: Path, name: str, **data: Any) -> list[Any]:
    return [value for _, value in call(block(name), data, Context(files=tmp_path))]


def test_a_text_comes_row_by_row_when_asked_for(tmp_path: Path) -> None:
    text = uri("a\nbcd\n\ne")
    assert read(tmp_path, "FileReadBlock", file_input=text, delimiter="\n") == ["a\nbcd\n\ne"]
    assert read(tmp_path, "FileReadBlock", file_input=text, delimiter="\n", each_row=True) == ["a", "bcd", "", "e"]
    limited = {"delimiter": "\n", "each_row": True, "skip_rows": 1, "row_limit": 1, "size_limit": 2}
    assert read(tmp_path, "FileReadBlock", file_input=text, **limited) == ["bc", "d"]


def test_a_table_comes_from_a_csv_file(tmp_path: Path) -> None:
    table = uri("\ufeffname;age\n Ann ;3\n'B;o';4\n", "text/csv")
    rows = read(tmp_path, "ReadSpreadsheetBlock", file_input=table, contents="x", delimiter=";", quotechar="'")
    assert rows == [[{"name": "Ann", "age": "3"}, {"name": "B;o", "age": "4"}]]


def workbook(path: Path, rows: str) -> bytes:
    """The smallest workbook there is."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    related = '<Relationships xmlns="{}/relationships"><Relationship Id="r1" Type="{}/{}" Target="{}"/></Relationships>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": related.format(package, office, "officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{office}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": related.format(package, office, "worksheet", "worksheets/s.xml"),
        "xl/worksheets/s.xml": f"<worksheet {main}><sheetData>{rows}</sheetData></worksheet>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path.read_bytes()


HEADER = '<row><c t="inlineStr"><is><t> name </t></is></c><c t="inlineStr"><is><t>age</t></is></c></row>'


def test_a_table_comes_from_a_workbook(tmp_path: Path) -> None:
    row = '<row><c t="inlineStr"><is><t>Ann</t></is></c><c><v>3</v></c></row><row><c/><c><v>2.5</v></c></row>'
    book = workbook(tmp_path / "book.xlsx", HEADER + row)
    rows = read(tmp_path, "ReadSpreadsheetBlock", file_input=uri(book))
    assert rows == [[{"name": "Ann", "age": "3"}, {"name": "", "age": "2.5"}]]


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0 broken"])
def test_a_broken_workbook_fails_the_node(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ValueError, match="no spreadsheet"):
        read(tmp_path, "ReadSpreadsheetBlock", file_input=uri(content))


def test_a_workbook_that_unpacks_to_a_large_one_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_UNPACKED", 1024)
    book = workbook(tmp_path / "bomb.xlsx", HEADER * 1000)
    with pytest.raises(ValueError, match="unpacked"):
        read(tmp_path, "ReadSpreadsheetBlock", file_input=uri(book))


def test_a_table_has_a_limit() -> None:
    with pytest.raises(ValueError, match="more than 200000 rows"):
        read(Path(), "ReadSpreadsheetBlock", contents="a\n" * 200_002)


def test_a_cell_that_never_ends_fails_the_node() -> None:
    with pytest.raises(ValueError, match="no CSV"):
        read(Path(), "ReadSpreadsheetBlock", contents='a\n"' + "x" * 200_000)
