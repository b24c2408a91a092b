import subprocess
import sys
from pathlib import Path

import pytest

from fer_utils.litert import ModelError, open_network
from fer_utils.paths import PROJECT_ROOT

NETWORK = PROJECT_ROOT / "fer_utils/vision/networks/face_landmark.tflite"
SCRIPT = """
import os, subprocess, sys
from fer_utils.litert import quiet_native_stderr
with quiet_native_stderr():
    os.write(2, b"native\\n")
    subprocess.run([sys.executable, "-c", "import sys; print('child', file=sys.stderr)"])
    print("python", file=sys.stderr)
os.write(2, b"native again\\n")
print("python again", file=sys.stderr)
"""


def test_only_what_python_writes_comes_through_and_only_meanwhile() -> None:
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert ended.stderr.split("\n") == ["python", "native again", "python again", ""]


@pytest.mark.parametrize("as_type", [str, Path])
def test_a_network_is_ready_to_run(as_type: type) -> None:
    network = open_network(as_type(NETWORK), threads=2)
    assert network.get_input_details()[0]["shape"].tolist() == [1, 192, 192, 3]
    network.invoke()


def test_a_missing_file_has_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"other\.tflite not found: check the path, or re"):
        open_network(tmp_path / "other.tflite")


@pytest.mark.parametrize("data", [b"", b"hello", NETWORK.read_bytes()[:1000]])
def test_a_damaged_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "damaged.tflite"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"damaged\.tflite is damaged or not a LiteRT network"):
        open_network(path)


def test_only_one_place_opens_networks() -> None:
    opening = [
        path.relative_to(PROJECT_ROOT).as_posix()
        for path in (PROJECT_ROOT / "fer_utils").rglob("*.py")
        if "import Interpreter" in path.read_text(encoding="utf-8")
    ]
    assert opening == ["fer_utils/litert.py"]
