"""Plan a results folder, or check that an existing one belongs to the same run."""

import shutil
from collections.abc import Iterator
from dataclasses import asdict
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path

from fer_utils.paths import atomic_file, write_text
from fer_utils.scoring.job import Manifest, Partition, PlannedFile, ScoringError, ScoringSettings
from fer_utils.scoring.listing import list_partitions

# Parquet readers skip names that start with an underscore or a dot.
MANIFEST, PLAN, ERRORS = "_run.json", "_plan.jsonl", "_errors"
_REMEDY = "give another --out, or --restart to delete these results and start over"


def prepare(out: Path, settings: ScoringSettings, *, restart: bool) -> Manifest:
    """Plan a new run, or check that an interrupted one can be resumed.

    Parameters
    ----------
    out : Path
        The results folder; created if missing.
    settings : ScoringSettings
        Settings of the run.
    restart : bool
        Whether to delete the results of an earlier run.

    Returns
    -------
    Manifest
        The folder's manifest.

    Raises
    ------
    ScoringError
        If there is nothing to score, or the folder holds other files or results of other inputs
        or settings.
    """
    manifest = _manifest_in(out)
    if next(_partitions(settings), None) is None:
        raise ScoringError(
            f"{settings.inputs} has no pictures or videos: give another folder or list"
        )
    if manifest is not None and restart:
        shutil.rmtree(out)
        manifest = None
    if manifest is None:
        return _write_plan(out, settings)
    _compare_settings(out, manifest.settings, settings)
    for old, new in zip_longest(_files(read_plan(out)), _files(_partitions(settings))):
        if old != new:
            raise ScoringError(
                f"{out} holds results of other files: {_difference(old, new)}. "
                f"Undo the change, {_REMEDY}"
            )
    return manifest


def read_plan(out: Path) -> Iterator[Partition]:
    """Yield the partitions of a prepared folder in order."""
    with (out / PLAN).open(encoding="ascii") as lines:
        yield from map(Partition.from_line, lines)


def part_path(out: Path, number: int) -> Path:
    """Return the path of the part that a partition is written to."""
    # Six digits, so that up to a million names sort correctly as text.
    return out / f"part-{number:06d}.parquet"


def finished_parts(out: Path) -> set[int]:
    """Return the numbers of the parts that exist."""
    numbers = (path.stem.removeprefix("part-") for path in out.glob("part-*.parquet"))
    return {int(number) for number in numbers if number.isdecimal()}


def remove_leftovers(out: Path) -> None:
    """Delete half-written files of killed workers; call it once all parts exist."""
    for folder in (out, out / ERRORS):
        for path in folder.glob(".part-*.parquet"):
            path.unlink(missing_ok=True)


def _manifest_in(out: Path) -> Manifest | None:
    """Return the manifest of earlier results, or None if the folder is free for new ones."""
    if out.exists() and not out.is_dir():
        raise ScoringError(f"expected a folder, but {out} is a file: give another --out")
    try:
        return Manifest.from_text((out / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        # Leftovers of a run that was stopped while planning do no harm.
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
    checksum, files, parts = sha256(), 0, 0
    with atomic_file(out / PLAN) as temporary, temporary.open("wb") as stream:
        for partition in _partitions(settings):
            line = f"{partition.to_line()}\n".encode("ascii")
            stream.write(line)
            checksum.update(line)
            files += len(partition.files)
            parts += 1
    manifest = Manifest(settings=settings, plan=checksum.hexdigest(), files=files, parts=parts)
    (out / ERRORS).mkdir(exist_ok=True)
    write_text(out / MANIFEST, manifest.to_text())
    return manifest


def _compare_settings(out: Path, before: ScoringSettings, now: ScoringSettings) -> None:
    new = asdict(now)
    differences = [
        f"{name} was {value}, now it is {new[name]}"
        for name, value in asdict(before).items()
        if value != new[name]
    ]
    if differences:
        raise ScoringError(
            f"{out} holds results of another run: {'; '.join(differences)}. "
            f"Use the same settings, {_REMEDY}"
        )


def _difference(old: PlannedFile | None, new: PlannedFile | None) -> str:
    if old and new and old.name == new.name:
        return f"{old.name!r} has changed since"
    was, is_now = (f"{file.name!r}" if file else "nothing" for file in (old, new))
    return f"expected {was}, found {is_now}"


def _partitions(settings: ScoringSettings) -> Iterator[Partition]:
    return list_partitions(Path(settings.inputs), Path(settings.root), size=settings.partition)


def _files(partitions: Iterator[Partition]) -> Iterator[PlannedFile]:
    return (file for partition in partitions for file in partition.files)
