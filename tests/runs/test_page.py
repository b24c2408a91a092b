import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from voila.app import Voila

from fer_utils.runs import page
from fer_utils.runs.page import AppError


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Record the arguments that Voilà would be started with."""
    calls: list[list[str]] = []

    def launch_instance(cls: type[Voila], argv: list[str], **more: Any) -> None:
        policy = more["tornado_settings"]["headers"]["Content-Security-Policy"].split("; ")
        assert "default-src 'self'" in policy
        assert "media-src 'self' blob:" in policy  # the kernel sends videos as blobs
        calls.append(argv)

    monkeypatch.setattr(Voila, "launch_instance", classmethod(launch_instance))
    return calls


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_one_notebook_is_served_to_this_machine_only(
    launched: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    page.serve(port=port, no_browser=True)
    [arguments] = launched
    assert arguments[0] == str(page.LIVE_NOTEBOOK)
    for expected in (
        "--Voila.ip=127.0.0.1",
        f"--port={port}",
        "--Voila.open_browser=False",
        "--VoilaConfiguration.file_allowlist=^$",
        "--preheat_kernel=True",
        "--pool_size=1",
        "--MappingKernelManager.cull_idle_timeout=600",
    ):
        assert expected in arguments
    assert not any("token" in argument for argument in arguments)
    assert f"http://127.0.0.1:{port}/ (this machine only" in capsys.readouterr().out


def test_other_machines_need_a_token(
    launched: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    page.serve(host="0.0.0.0", port=free_port())
    [arguments] = launched
    [token] = [part.removeprefix("--token=") for part in arguments if "token" in part]
    assert len(token) == 32
    printed = capsys.readouterr().out
    assert f"?token={token}" in printed
    assert "HTTPS" in printed


def test_a_taken_port_is_told_before_anything_starts(
    launched: list[list[str]], taken_port: int
) -> None:
    with pytest.raises(AppError, match=f"port {taken_port} .*choose another port with --port"):
        page.serve(port=taken_port)
    assert launched == []


@pytest.mark.parametrize("port", [-1, 70000])
def test_a_port_that_cannot_be_is_told(port: int) -> None:
    with pytest.raises(AppError, match=f"cannot serve on 127.0.0.1 port {port}"):
        page.serve(port=port)


def test_a_missing_notebook_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "LIVE_NOTEBOOK", tmp_path / "none.ipynb")
    with pytest.raises(AppError, match=r"none.ipynb is missing: install fer-utils again"):
        page.serve()


def test_a_missing_extra_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "voila.app", None)
    with pytest.raises(AppError) as caught:
        page.serve()
    assert str(caught.value) == "the page needs voila: pip install 'fer-utils[app]'"


def test_the_page_is_found_from_any_folder(
    launched: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page.serve(port=free_port(), no_browser=True)
    served = Path(launched[0][0])
    assert served.is_absolute()
    assert served.name == "06_live_webcam.ipynb"


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("a.b", False)],
)
def test_only_loopback_addresses_are_local(host: str, local: bool) -> None:
    assert page.is_local(host) == local


def test_voila_understands_the_options() -> None:
    arguments = page.voila_arguments(
        host="127.0.0.1", port=1, theme="dark", token="secret", open_browser=False
    )
    server = Voila()
    server.parse_command_line(arguments)
    assert server.extra_args == [str(page.LIVE_NOTEBOOK)]
    assert (server.ip, server.port, server.port_retries) == ("127.0.0.1", 1, 0)
    assert (server.token, server.open_browser) == ("secret", False)
    configuration = server.config.VoilaConfiguration
    assert configuration.theme == "dark"
    assert list(configuration.file_allowlist) == ["^$"]
