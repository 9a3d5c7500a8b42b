"""Files that a run keeps in a folder of its own: what data URIs and addresses hold is stored, names are looked up."""

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
    """The file that `reference` means: a data URI or web address, whose content is stored, or the name of a file that
    is there already."""
    if folder is None:
        raise ValueError("this run has no folder for files")
    if reference.startswith("data:"):
        return _stored(reference, folder)
    if _SCHEME.match(reference):
        scheme = reference.partition("://")[0].lower()
        if scheme in ("http", "https"):
            return _downloaded(reference, folder)
        raise ValueError(
            f"files from {scheme}:// addresses are not supported: give an http address, a data URI or a file's name"
        )
    return find(reference, folder)


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
    _write(folder, name, content)
    return StoredFile(folder, name, mime)


def keep(folder: Path, name: str, content: bytes) -> StoredFile:
    """A file that a block made, as a file of the run. ValueError when there is no room for it."""
    _write(folder, name, content)
    return StoredFile(folder, name, mimetypes.guess_type(name)[0] or "application/octet-stream")


def _write(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / name).exists():
        _make_room(folder, len(content))
        (folder / name).write_bytes(content)


def _downloaded(url: str, folder: Path) -> StoredFile:
    import httpx

    import outbound

    try:
        with outbound.client(outbound.Policy(max_bytes=MOST_BYTES, timeout=300)) as client:
            answer = outbound.fetch(client, outbound.build(client, "GET", url)).raise_for_status()
    except httpx.HTTPStatusError as refused:
        raise ValueError(f"the file was not delivered: the server answered {refused.response.status_code}") from None
    except httpx.HTTPError as wrong:
        raise ValueError(f"the file could not be fetched: {str(wrong) or type(wrong).__name__}") from None
    mime = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    name = _named(answer.url.path, answer.content)
    _write(folder, name, answer.content)
    return StoredFile(folder, name, mime or mimetypes.guess_type(name)[0] or "application/octet-stream")


def _named(path: str, content: bytes) -> str:
    """The last part of the address; when another file of the run has this name, with a mark of the content."""
    digest = hashlib.sha256(content).hexdigest()[:32]
    last = re.sub(r"[^\w.-]", "_", path.rpartition("/")[2])[-150:].strip(".")
    return f"{digest[:12]}_{last}" if last else f"{digest}.bin"


def _make_room(folder: Path, size: int) -> None:
    used = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    if used + size > MOST_BYTES_OF_RUN:
        raise ValueError(f"the files of this run would be larger than {MOST_BYTES_OF_RUN // 2**20} MB together")


def find(reference: str, folder: Path) -> StoredFile:
    """The file of this name, which leads nowhere else. Raises ValueError when there is none."""
    # separators become part of the name: no reference leads out of the folder
    name = re.sub(r"[/\\\0]", "_", reference)
    path = folder / name
    # longer names cannot exist and are an error of the file system
    if name in {"", ".", ".."} or len(name) > 200 or not path.is_file() or path.is_symlink():
        raise ValueError(f"this run has no file {name[:200]!r}")
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"the file is larger than {MOST_BYTES // 2**20} MB")
    return StoredFile(folder, name, mimetypes.guess_type(name)[0] or "application/octet-stream")
