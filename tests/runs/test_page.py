import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers import free_port
from voila.app import Voila

from fer_utils.runs import page
from fer_utils.runs.page import AppError
from fer_utils.runs.page_server import PageServer


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Record what Voilà would be started with."""
    calls: list[dict[str, Any]] = []

    def launch_instance(cls: type[PageServer], **options: Any) -> None:
        calls.append(options)

    monkeypatch.setattr(PageServer, "launch_instance", classmethod(launch_instance))
    return calls


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    path = tmp_path / "live.ipynb"
    path.touch()
    return path


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_one_notebook_is_served_to_this_machine_only(
    launched: list[dict[str, Any]], notebook: Path
) -> None:
    port = free_port()
    page.serve(port=port, notebook=notebook, open_browser=False, max_pages=4)
    [options] = launched
    arguments = options["argv"]
    assert arguments[0] == str(notebook)
    for expected in (
        "--Voila.ip=127.0.0.1",
        f"--port={port}",
        "--Voila.open_browser=False",
        "--VoilaConfiguration.allow_theme_override=NO",
        "--VoilaConfiguration.file_allowlist=^$",
        "--preheat_kernel=True",
        "--pool_size=1",
        "--MappingKernelManager.cull_idle_timeout=1800",
        "--MappingKernelManager.cull_connected=True",
    ):
        assert expected in arguments
    [token] = [part.removeprefix("--token=") for part in arguments if "token" in part]
    assert len(token) == 32
    assert options["address"] == f"http://127.0.0.1:{port}/?token={token}"
    assert options["announcement"].startswith(f"The live page: {options['address']}\nOpen to ")
    assert "people who use this machine" in options["announcement"]
    assert options["max_pages"] == 4
    settings = options["tornado_settings"]
    assert not settings["allow_remote_access"]
    policy = settings["headers"]["Content-Security-Policy"].split("; ")
    assert "default-src 'self'" in policy
    assert "media-src 'self' blob:" in policy  # the kernel sends videos as blobs


def test_an_address_for_other_machines_says_whom_it_is_open_to(
    launched: list[dict[str, Any]], notebook: Path
) -> None:
    page.serve(host="0.0.0.0", port=free_port(), notebook=notebook)
    [options] = launched
    assert options["tornado_settings"]["allow_remote_access"]
    for said in ("?token=", "everybody who can reach port", "HTTPS"):
        assert said in options["announcement"]


def test_an_address_of_ipv6_has_brackets(launched: list[dict[str, Any]], notebook: Path) -> None:
    port = free_port()
    page.serve(host="::1", port=port, notebook=notebook)
    assert launched[0]["address"].startswith(f"http://[::1]:{port}/?token=")


def test_a_taken_port_is_told_before_anything_starts(
    launched: list[dict[str, Any]], notebook: Path, taken_port: int
) -> None:
    with pytest.raises(AppError, match=f"port {taken_port} .*choose another port with --port"):
        page.serve(port=taken_port, notebook=notebook)
    assert launched == []


@pytest.mark.parametrize("port", [-1, 70000])
def test_a_port_that_cannot_be_is_told(notebook: Path, port: int) -> None:
    with pytest.raises(AppError, match=f"cannot serve on 127.0.0.1 port {port}"):
        page.serve(port=port, notebook=notebook)


def test_a_missing_notebook_is_told(tmp_path: Path) -> None:
    with pytest.raises(AppError, match=r"none.ipynb is missing: install fer-utils again"):
        page.serve(notebook=tmp_path / "none.ipynb")


def test_the_page_is_found_from_any_folder(
    launched: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page.serve(port=free_port(), open_browser=False)
    served = Path(launched[0]["argv"][0])
    assert served.is_absolute()
    assert served.name == "06_live_webcam.ipynb"


def test_an_unknown_theme_is_refused(notebook: Path) -> None:
    with pytest.raises(AppError, match="unknown theme 'blue': expected light or dark"):
        page.serve(notebook=notebook, theme="blue")


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("a.b", False)],
)
def test_only_loopback_addresses_are_local(host: str, local: bool) -> None:
    assert page.is_local(host) == local


def test_voila_understands_the_options(notebook: Path) -> None:
    arguments = page.voila_arguments(
        notebook, host="127.0.0.1", port=1, theme="dark", token="secret", open_browser=False
    )
    server = Voila()
    server.parse_command_line(arguments)
    assert server.extra_args == [str(notebook)]
    assert (server.ip, server.port, server.port_retries) == ("127.0.0.1", 1, 0)
    assert (server.token, server.open_browser) == ("secret", False)
    configuration = server.config.VoilaConfiguration
    assert configuration.theme == "dark"
    assert list(configuration.file_allowlist) == ["^$"]
