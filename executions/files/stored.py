"""The files of runs as the file storage has them: what there is, and how it goes when its run needs it no more."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, cast
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction

from blocks.sdk import files
from executions.database import repeated
from executions.errors import StorageAway
from executions.models import RunFile
from executions.states import Status
from executions.values import folder_of

log = logging.getLogger(__name__)

BATCH: Final = 1000


def runs_folder() -> Path | None:
    """None where the file storage is no folder."""
    try:
        return Path(default_storage.path("runs"))
    except NotImplementedError:
        return None


@contextmanager
def answers() -> Iterator[None]:
    """StorageAway when the storage does not do what is asked of it; FileNotFoundError passes."""
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as lost:  # every storage has errors of its own
        log.exception("a request was answered 503, the file storage does not work")
        raise StorageAway from lost


def listed(run_id: UUID) -> list[tuple[str, int]]:
    """Name and size of what the blocks of the run have made."""
    if runs_folder() is None:
        return list(RunFile.objects.filter(run_id=run_id).order_by("name").values_list("name", "size"))
    folder = folder_of(run_id)
    found = sorted(one for one in folder.iterdir() if one.is_file()) if folder.is_dir() else []
    return [(one.name, one.stat().st_size) for one in found]


def opened(run_id: UUID, name: str) -> tuple[BinaryIO, str]:
    """The content of a file of the run, and its name. Raises ValueError or FileNotFoundError when there is none."""
    if runs_folder() is None:
        row = RunFile.objects.filter(run_id=run_id, name=name).first()
        if row is None:
            raise FileNotFoundError(name)
        with answers():
            return cast(BinaryIO, default_storage.open(row.file)), row.name
    found = files.find(name, folder_of(run_id))
    return (found.folder / found.name).open("rb"), found.name


def remove_with_the_end(run_id: UUID) -> None:
    """Called in the transaction in which a run completes.

    A folder goes before the commit: who died after it would leave it for ever. What is kept elsewhere goes after the
    commit, because that takes its time; should it be forgotten, its rows are still there for `purge`."""
    if runs_folder() is None:
        transaction.on_commit(partial(_remove_completed, run_id))
    else:
        shutil.rmtree(folder_of(run_id), ignore_errors=True)


def _remove_completed(run_id: UUID) -> None:
    try:
        _remove_rows(run_id)
    except Exception:  # the run has ended whatever a storage says; each has errors of its own
        log.exception("files of run %s are left for the next purge", run_id)


def purge() -> int:
    """Files of completed runs that were left; the number of those runs."""
    left = RunFile.objects.filter(run__status=Status.COMPLETED).order_by("run_id").values_list("run_id", flat=True)
    runs = list(left.distinct()[:BATCH])
    for run_id in runs:
        _remove_rows(run_id)
    return len(runs)


def remove_all(run_id: UUID) -> None:
    """Everything that was ever kept below the name of the run, large values too."""
    folder = runs_folder()
    if folder is not None:
        shutil.rmtree(folder / str(run_id), ignore_errors=True)
        return
    _remove_rows(run_id)
    _remove_tree(f"runs/{run_id}")


def runs_with_files(before: datetime) -> list[UUID]:
    """Runs below whose name something is kept since before then, as far as the storage can list that."""
    folder = runs_folder()
    if folder is not None:
        found = [one for one in folder.iterdir() if one.is_dir()] if folder.is_dir() else []
        names = [one.name for one in found if one.stat().st_mtime < before.timestamp()]
        return [run_id for name in names if (run_id := _id(name))]
    ids = [run_id for name in _list("runs")[0] if (run_id := _id(name))]
    return [run_id for run_id in ids if _made_at(run_id) < before.timestamp()]


@repeated
def _rows(run_id: UUID) -> list[RunFile]:
    return list(RunFile.objects.filter(run_id=run_id))


@repeated
def _forget(row: RunFile) -> None:
    RunFile.objects.filter(pk=row.pk).delete()


def _remove_rows(run_id: UUID) -> None:
    """The content first: a row without it is found again, content without a row is not."""
    for row in _rows(run_id):
        default_storage.delete(row.file)
        _forget(row)


def _remove_tree(name: str) -> None:
    folders, found = _list(name)
    for one in found:
        default_storage.delete(f"{name}/{one}")
    for one in folders:
        _remove_tree(f"{name}/{one}")


def _list(name: str) -> tuple[list[str], list[str]]:
    """Folders and files below the name; nothing where the storage cannot say it."""
    try:
        folders, found = default_storage.listdir(name)
    except (NotImplementedError, FileNotFoundError):
        return [], []
    return [one for one in folders if one], [one for one in found if one]


def _id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


def _made_at(run_id: UUID) -> float:
    """Seconds since 1970: an id of version 7 begins with its time."""
    return (run_id.int >> 80) / 1000
