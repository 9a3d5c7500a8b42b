"""Where the files of a run are while one of its blocks works.

Where the file storage is a folder, that is it: the block works on the files themselves. Otherwise the block has a
working copy of its own: what it asks for by name is brought, and what it has written is kept in the storage before
anything it emits can name it to somebody else."""

import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Set
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection

from blocks.sdk import files
from columns import new_id
from executions.database import release, repeated, write
from executions.errors import EngineFailure, LostClaim
from executions.files import copies
from executions.models import NodeExecution, RunFile
from executions.values import folder_of

LONGEST_NAME: Final = 200


class SharedFolder:
    """The files themselves: what is written there is kept."""

    is_copy: ClassVar = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> None:
        """Nothing has to be brought."""

    def __exit__(self, *_: object) -> None:
        """Nothing has to be taken away."""

    def keep(self) -> None:
        """Nothing has to be taken elsewhere."""


class WorkingCopy:
    """Of one attempt, which is also what may change the files of the run: who has lost the claim keeps nothing."""

    is_copy: ClassVar = True

    def __init__(self, run_id: UUID, execution_id: UUID, token: UUID) -> None:
        self.run_id, self.execution_id, self.token = run_id, execution_id, token
        self.folder = copies.folder() / token.hex
        self._known: dict[str, tuple[int, int]] = {}  # name → size and time of what the storage has too
        self._thread = 0  # the attempt's own
        self._attached = ExitStack()

    def __enter__(self) -> None:
        self._thread = threading.get_ident()
        self._attached.enter_context(files.kept_in(self.folder, self))

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._attached.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep(self) -> None:
        """What is new in the folder, or has changed, becomes a file of the run. ValueError when it may not,
        EngineFailure when the storage does not take it."""
        for path in self._changed():
            state = _state(path)
            try:
                self._keep(path)
            finally:
                self._release()
            self._known[path.name] = state

    def _release(self) -> None:
        """Threads that a block borrows are many, and soon forgotten: none keeps a connection."""
        release()
        if threading.get_ident() != self._thread:
            connection.close()

    def _changed(self) -> Iterator[Path]:
        if not self.folder.is_dir():
            return
        with os.scandir(self.folder) as found:
            names = sorted(one.name for one in found if one.is_file(follow_symlinks=False))
        for name in names:
            if self._known.get(name) != _state(self.folder / name):
                yield self.folder / name

    def _keep(self, path: Path) -> None:
        _check_name(path.name)
        with path.open("rb") as content:
            size, digest = path.stat().st_size, hashlib.file_digest(content, "sha256").hexdigest()
            files.check_size(size)
            with _engine(f"{path.name} could not be kept"):
                before, used = self._row(path.name), self._used({path.name})
            if before is not None and (before.size, before.digest) == (size, digest):
                return
            files.check_room(used, size)
            content.seek(0)
            with _engine(f"{path.name} could not be kept"):
                self._replace(before, path.name, File(content), size=size, digest=digest)

    def _replace(self, before: RunFile | None, name: str, content: File, **facts: object) -> None:  # type: ignore[type-arg]
        stored = default_storage.save(f"runs/{self.run_id}/files/{new_id()}", content)
        try:
            self._record(name, file=stored, **facts)
        except LostClaim:
            # a commit whose answer was lost may have been made before
            if not RunFile.objects.filter(run_id=self.run_id, file=stored).exists():
                default_storage.delete(stored)
            raise
        if before is not None:
            default_storage.delete(before.file)

    @repeated
    def _record(self, name: str, **facts: object) -> None:
        with write():
            held = NodeExecution.objects.held(self.execution_id, self.token)
            # also the lock that keeps a takeback away
            if not held.select_for_update(no_key=True).values_list("pk").first():
                raise LostClaim
            RunFile.objects.update_or_create(run_id=self.run_id, name=name, defaults=facts)

    @repeated
    def _row(self, name: str) -> RunFile | None:
        return RunFile.objects.filter(run_id=self.run_id, name=name).first()

    # -- blocks.sdk.files.Depot

    def fetch(self, name: str) -> None:
        with _engine(f"{name} could not be brought"):
            for _ in range(2):  # its content may be replaced by another one at this moment
                row = self._row(name)
                self._release()
                if row is None:
                    return
                if self._copy(row):
                    self._known[name] = _state(self.folder / name)
                    return

    def _copy(self, row: RunFile) -> bool:
        """Beside the folder first: a half of it is never seen there. False: the content has gone."""
        self.folder.mkdir(exist_ok=True)
        descriptor, part = tempfile.mkstemp(dir=self.folder.parent)
        try:
            with os.fdopen(descriptor, "wb") as target, default_storage.open(row.file) as source:
                shutil.copyfileobj(source, target, 1024 * 1024)
            Path(part).replace(self.folder / row.name)
        except FileNotFoundError:
            return False
        finally:
            Path(part).unlink(missing_ok=True)
        return True

    def used(self, besides: Set[str]) -> int:
        with _engine("the files of the run could not be counted"):
            try:
                return self._used(besides)
            finally:
                self._release()

    @repeated
    def _used(self, besides: Set[str]) -> int:
        sizes = RunFile.objects.filter(run_id=self.run_id).values_list("name", "size")
        return sum(size for name, size in sizes if name not in besides)


Place = SharedFolder | WorkingCopy


def place_of(run_id: UUID, execution_id: UUID, token: UUID) -> Place:
    try:
        return SharedFolder(folder_of(run_id))
    except NotImplementedError:  # Django's word for a storage that is no folder
        return WorkingCopy(run_id, execution_id, token)


def _check_name(name: str) -> None:
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"a file of the run may have a printable name of at most {LONGEST_NAME} characters: {name!r}")


def _state(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns


@contextmanager
def _engine(what: str) -> Iterator[None]:
    """What goes wrong here is not the block's fault."""
    try:
        yield
    except LostClaim:
        raise
    except Exception as lost:  # every storage has errors of its own
        raise EngineFailure(f"file storage: {what}: {type(lost).__name__}: {lost}") from lost
