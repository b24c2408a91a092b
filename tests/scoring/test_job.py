"""Plans and manifests survive a round trip through text."""

from collections.abc import Callable
from pathlib import Path

from fer_utils.scoring.job import Manifest, Partition, PlannedFile, ScoringSettings


def test_a_partition_survives_a_round_trip() -> None:
    strange = PlannedFile(name="new\nline \udce9 ü", size=3, modified=9)
    bad = PlannedFile(name="b", problem="why")
    partition = Partition(number=7, video=False, files=(strange, bad))
    line = partition.to_line()
    assert line.isascii()
    assert "\n" not in line
    assert Partition.from_line(line) == partition


def test_a_manifest_survives_a_round_trip(
    tmp_path: Path, settings: Callable[..., ScoringSettings]
) -> None:
    manifest = Manifest(settings=settings(tmp_path, rate=2.5), plan="feed", files=3, parts=2)
    assert Manifest.from_text(manifest.to_text()) == manifest
