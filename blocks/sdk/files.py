"""Files that a run keeps in a folder of its own: data URIs are stored there, names are looked up there."""

import base64
import binascii
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 100 * 1024 * 1024  # of one file
MOST_BYTES_OF_RUN = 1024 * 1024 * 1024

_DATA = re.compile(r"data:(?P<mime>[\w.+-]+/[\w.+-]+)?(?:;[\w.+-]+=[^;,]*)*;base64,", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the folder of a run; `name` is its path relative to that folder."""

    folder: Path
    name: str
    mime: str

    def data_uri(self) -> str:
        content = (self.folder / self.name).read_bytes()
        return f"data:{self.mime};base64,{base64.b64encode(content).decode('ascii')}"


def store(reference: str, folder: Path | None) -> StoredFile:
    """The file that `reference` means: a data URI, which is stored, or the name of a file that is there already."""
    if folder is None:
        raise ValueError("this run has no folder for files")
    if reference.startswith("data:"):
        return _stored(reference, folder)
    if _SCHEME.match(reference):
        scheme = reference.partition("://")[0].lower()
        raise ValueError(f"files from {scheme}:// addresses are not supported: give a data URI or the name of a file")
    return _found(reference, folder)


def _stored(uri: str, folder: Path) -> StoredFile:
    head = _DATA.match(uri)
    if head is None:
        raise ValueError("a data URI must look like data:<type>;base64,<content>")
    if (len(uri) - head.end()) * 3 // 4 > MOST_BYTES:
        raise ValueError(f"the file is larger than {MOST_BYTES // 2**20} MB")
    try:
        content = base64.b64decode(uri[head.end() :], validate=True)
    except binascii.Error as wrong:
        raise ValueError(f"the content of the data URI is no base64: {wrong}") from None
    mime = head["mime"] or "text/plain"
    # named after its content, so that a repeated call of the block finds the same file
    name = hashlib.sha256(content).hexdigest()[:32] + (mimetypes.guess_extension(mime) or ".bin")
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / name).exists():
        _make_room(folder, len(content))
        (folder / name).write_bytes(content)
    return StoredFile(folder, name, mime)


def _make_room(folder: Path, size: int) -> None:
    used = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    if used + size > MOST_BYTES_OF_RUN:
        raise ValueError(f"the files of this run would be larger than {MOST_BYTES_OF_RUN // 2**20} MB together")


def _found(reference: str, folder: Path) -> StoredFile:
    # separators become part of the name: no reference leads out of the folder
    name = re.sub(r"[/\\\0]", "_", reference)
    path = folder / name
    # longer names cannot exist and are an error of the file system
    if name in {"", ".", ".."} or len(name) > 200 or not path.is_file() or path.is_symlink():
        raise ValueError(f"this run has no file {name[:200]!r}")
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"the file is larger than {MOST_BYTES // 2**20} MB")
    return StoredFile(folder, name, mimetypes.guess_type(name)[0] or "application/octet-stream")
