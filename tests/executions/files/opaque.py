"""A file storage that is no file system: content lies under keys that it makes up, and nothing can be listed."""

from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from django.core.files import File
from django.core.files.storage import Storage


class OpaqueStorage(Storage):
    """`refuses`: so many times it takes nothing."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.refuses = 0

    def contents(self) -> list[str]:
        return sorted(one.read_text() for one in self.folder.iterdir())

    def _open(self, name: str, mode: str = "rb") -> File:  # type: ignore[type-arg]
        return File((self.folder / name).open("rb"), name)

    def _save(self, name: str, content: IO[Any]) -> str:
        if self.refuses:
            self.refuses -= 1
            raise ConnectionError("the bucket does not answer")
        key = uuid4().hex
        (self.folder / key).write_bytes(content.read())
        return key

    def exists(self, name: str) -> bool:
        return (self.folder / name).exists()

    def delete(self, name: str) -> None:
        (self.folder / name).unlink()
