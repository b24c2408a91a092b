import io

import pytest

from fer_utils.widgets import file_panel
from fer_utils.widgets.file_panel import TransferError, Upload, read_part


@pytest.fixture
def upload() -> Upload:
    return Upload("note.txt", 5, io.BytesIO())


def test_parts_add_up(upload: Upload) -> None:
    upload.add(0, b"smi")
    assert upload.received == 3
    upload.add(3, memoryview(b"le"))
    assert upload.received == upload.size
    assert upload.stream.getvalue() == b"smile"


@pytest.mark.parametrize(("offset", "part"), [(1, b"s"), (0, b""), (0, b"smiles")])
def test_a_part_that_does_not_fit_is_refused(upload: Upload, offset: int, part: bytes) -> None:
    with pytest.raises(TransferError, match=r"note.txt: expected bytes from 0 to 5, got \d"):
        upload.add(offset, part)
    assert upload.stream.getvalue() == b""


def test_a_file_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_panel, "PART_BYTES", 4)
    source = io.BytesIO(b"neutral")
    assert read_part(source, 0) == (b"neut", 7)
    assert read_part(source, 4) == (b"ral", 7)


def test_a_part_goes_through_an_untouched_jupyter_server() -> None:
    assert file_panel.PART_BYTES <= 1_000_000
