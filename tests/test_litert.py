import subprocess
import sys

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
