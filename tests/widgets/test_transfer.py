import io
from pathlib import Path

import pytest

from fer_utils.widgets import transfer
from fer_utils.widgets.transfer import TransferError, Upload, read_part


@pytest.fixture
def upload() -> Upload:
    return Upload("note.txt", 5, io.BytesIO())


def test_parts_add_up(upload: Upload) -> None:
    upload.add(0, b"smi")
    assert (upload.received, upload.complete) == (3, False)
    upload.add(3, memoryview(b"le"))
    assert upload.complete
    assert upload.stream.getvalue() == b"smile"


@pytest.mark.parametrize(("offset", "part"), [(1, b"s"), (0, b""), (0, b"smiles")])
def test_a_part_that_does_not_fit_is_refused(upload: Upload, offset: int, part: bytes) -> None:
    with pytest.raises(TransferError, match=r"note.txt: expected bytes from 0 to 5, got \d"):
        upload.add(offset, part)
    assert upload.stream.getvalue() == b""


@pytest.mark.parametrize("stored", [True, False])
def test_a_file_is_read_in_parts(
    stored: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "PART_BYTES", 4)
    source: bytes | Path = b"neutral"
    if stored:
        source = tmp_path / "word"
        source.write_bytes(b"neutral")
    assert read_part(source, 0) == (b"neut", 7)
    assert read_part(source, 4) == (b"ral", 7)


def test_a_part_goes_through_an_untouched_jupyter_server() -> None:
    assert transfer.PART_BYTES <= 1_000_000
