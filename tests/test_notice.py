"""NOTICE names every file by others, with its checksum."""

import hashlib
import json
import re

from fer_utils.paths import PROJECT_ROOT

NOTICE = (PROJECT_ROOT / "NOTICE").read_text(encoding="utf-8")
CHECKSUMS = {
    path: digest for digest, path in re.findall(r"^  ([0-9a-f]{64})  (\S+)$", NOTICE, re.M)
}


def test_the_checksums_are_those_of_the_files() -> None:
    digests = {
        path: hashlib.sha256((PROJECT_ROOT / path).read_bytes()).hexdigest() for path in CHECKSUMS
    }
    assert digests == CHECKSUMS


def test_every_network_and_the_portrait_are_listed() -> None:
    vision = PROJECT_ROOT / "fer_utils" / "vision"
    files = [*(vision / "networks").glob("*.tflite"), vision / "sample_portrait.jpg"]
    assert {path.relative_to(PROJECT_ROOT).as_posix() for path in files} == set(CHECKSUMS)


def test_the_packages_in_the_page_are_listed() -> None:
    lock = json.loads(
        (PROJECT_ROOT / "fer_utils/web/package-lock.json").read_text(encoding="utf-8")
    )
    bundled = {
        path.removeprefix("node_modules/"): package["version"]
        for path, package in lock["packages"].items()
        if path and not package.get("dev")
    }
    assert set(bundled) == {"@litertjs/core", "@litertjs/wasm-utils"}
    for name, version in bundled.items():
        assert name in NOTICE
        assert version in NOTICE


def test_the_license_of_the_networks_is_next_to_them() -> None:
    text = (PROJECT_ROOT / "fer_utils/vision/networks/LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
