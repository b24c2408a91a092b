"""The folder of results before its parts: what will be in it, and whether it fits a restart."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import fields
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path

from fer_utils.paths import atomic_file
from fer_utils.scoring.job import Manifest, Partition, PlannedFile, ScoringError, ScoringSettings
from fer_utils.scoring.listing import list_partitions

# Readers of Parquet pass over names that start with an underscore or a dot.
MANIFEST, PLAN, ERRORS = "_run.json", "_plan.jsonl", "_errors"
_REMEDY = "give another --out, or --restart to delete these results and begin again"


def prepare(out: Path, settings: ScoringSettings, *, restart: bool) -> Manifest:
    """Plan a new run, or check that an interrupted one may go on.

    Parameters
    ----------
    out : Path
        The folder of results; made where it is missing.
    settings : ScoringSettings
        Of the run that is about to start.
    restart : bool
        Whether to delete the results of an earlier run.

    Returns
    -------
    Manifest
        Of the folder.

    Raises
    ------
    ScoringError
        If the folder holds something else, or results of other inputs or settings; or there is
        nothing to score.
    """
    manifest = _manifest_in(out)
    if next(_partitions(settings), None) is None:
        raise ScoringError(f"{settings.inputs} holds no pictures and no videos")
    if manifest is not None and restart:
        shutil.rmtree(out)
        manifest = None
    if manifest is None:
        return _write_plan(out, settings)
    _compare_settings(out, manifest.settings, settings)
    lines = _PlanLines(settings)
    for _ in lines:
        pass
    if lines.checksum != manifest.plan:
        raise ScoringError(
            f"{out} holds results of other files: {_difference(out, settings)}. "
            f"Undo that, {_REMEDY}"
        )
    return manifest


def read_plan(out: Path) -> Iterator[Partition]:
    """Yield the partitions of a prepared folder in their order."""
    with (out / PLAN).open(encoding="ascii") as lines:
        yield from map(Partition.from_line, lines)


def part_path(out: Path, number: int) -> Path:
    """Return where the part of a partition is written."""
    # Six digits keep a million parts in order where names are sorted as text.
    return out / f"part-{number:06d}.parquet"


def finished_parts(out: Path) -> set[int]:
    """Return the numbers of the parts that are there."""
    names = (re.fullmatch(r"part-(\d+)\.parquet", path.name) for path in out.iterdir())
    return {int(name[1]) for name in names if name}


def remove_leftovers(out: Path) -> None:
    """Delete the half-written files of workers that were killed; call it when all parts stand."""
    for folder in (out, out / ERRORS):
        for path in folder.glob(".part-*.parquet"):
            path.unlink(missing_ok=True)


class _PlanLines:
    """The lines of a plan, with their checksum and counts once they were all taken."""

    def __init__(self, settings: ScoringSettings) -> None:
        self._settings = settings
        self._hash = sha256()
        self.files = self.parts = 0

    def __iter__(self) -> Iterator[str]:
        for partition in _partitions(self._settings):
            line = partition.to_line() + "\n"
            self._hash.update(line.encode("ascii"))
            self.files += len(partition.files)
            self.parts += 1
            yield line

    @property
    def checksum(self) -> str:
        return self._hash.hexdigest()


def _manifest_in(out: Path) -> Manifest | None:
    """Return the manifest of earlier results; None where the folder is free for new ones."""
    if out.exists() and not out.is_dir():
        raise ScoringError(f"{out} is a file, expected a folder: give another --out")
    try:
        return Manifest.from_text((out / MANIFEST).read_text())
    except FileNotFoundError:
        # What a run leaves that was stopped before its plan was complete is in nobody's way.
        others = [p.name for p in out.glob("*") if not p.name.startswith((".", PLAN))]
        if others:
            raise ScoringError(
                f"{out} holds other files, such as {min(others)}: give another --out"
            ) from None
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise ScoringError(
            f"{out / MANIFEST} is damaged ({error!r}): delete the folder or give another --out"
        ) from error


def _write_plan(out: Path, settings: ScoringSettings) -> Manifest:
    lines = _PlanLines(settings)
    with atomic_file(out / PLAN) as temporary, temporary.open("w", encoding="ascii") as stream:
        stream.writelines(lines)
    manifest = Manifest(
        settings=settings, plan=lines.checksum, files=lines.files, parts=lines.parts
    )
    (out / ERRORS).mkdir(exist_ok=True)
    with atomic_file(out / MANIFEST) as temporary:
        temporary.write_text(manifest.to_text())
    return manifest


def _compare_settings(out: Path, before: ScoringSettings, now: ScoringSettings) -> None:
    differences = [
        f"{name} was {getattr(before, name)}, now it is {getattr(now, name)}"
        for name in (field.name for field in fields(ScoringSettings))
        if getattr(before, name) != getattr(now, name)
    ]
    if differences:
        raise ScoringError(
            f"{out} holds results of another run: {'; '.join(differences)}. "
            f"Give the same again, {_REMEDY}"
        )


def _difference(out: Path, settings: ScoringSettings) -> str:
    """Say what the first difference between the plan and the files of today is."""
    for old, new in zip_longest(_files(read_plan(out)), _files(_partitions(settings))):
        if old != new:
            if old and new and old.name == new.name:
                return f"{old.name!r} has changed since"
            was, is_now = (f"{file.name!r}" if file else "the end" for file in (old, new))
            return f"where {was} was, {is_now} is now"
    return "the plan is damaged"


def _partitions(settings: ScoringSettings) -> Iterator[Partition]:
    return list_partitions(Path(settings.inputs), Path(settings.root), size=settings.partition)


def _files(partitions: Iterator[Partition]) -> Iterator[PlannedFile]:
    return (file for partition in partitions for file in partition.files)
