"""Attacks on the served page: from other sites, from other users, and by too many visits."""

import os
import re
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from servers import free_port, served_app

MOST_PAGES = 5
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a running page, with its token."""
    folder = tmp_path_factory.mktemp("attacked")
    with served_app(folder, "--max-pages", str(MOST_PAGES)) as url:
        yield url


def ask(address: str, path: str = "", **headers: str) -> HTTPResponse:
    """Return the answer to a request, redirects included, for a path or for the page itself."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, timeout=30)
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", path or f"/?{parts.query}", headers=fields)
    return connection.getresponse()


def with_token(address: str, path: str) -> str:
    """Return a path with the token of an address."""
    return f"{path}?{urlsplit(address).query}"


def test_a_theme_in_the_address_brings_no_script(address: str) -> None:
    answer = ask(address, with_token(address, "/") + "&theme=%22%3E%3Cscript%3Eattack()")
    body = answer.read().decode()
    assert "voila" in body
    assert "attack()" not in body
    policy = dict(
        part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; ")
    )
    assert "'unsafe-inline'" not in policy["script-src"]
    assert policy["frame-ancestors"] == "'none'"


def test_every_page_has_a_nonce_of_its_own(address: str) -> None:
    nonces = set()
    for _ in range(2):
        answer = ask(address)
        nonces |= set(re.findall("nonce-([0-9a-f]{32})", answer.headers["Content-Security-Policy"]))
        answer.read()
    assert len(nonces) == 2


@pytest.mark.parametrize("path", ["/", "/api/kernels/{kernel}", "/api/kernels/{kernel}/channels"])
def test_a_name_of_another_site_for_this_machine_is_refused(address: str, path: str) -> None:
    path = with_token(address, path.format(kernel=uuid.uuid4()))
    upgrade = UPGRADE if path.partition("?")[0].endswith("channels") else {}
    assert ask(address, path, Host="rebound.test", **upgrade).status == 403


@pytest.mark.parametrize("path", ["/", "/api/kernels/{kernel}", "/api/kernels/{kernel}/channels"])
def test_nothing_opens_without_the_token(address: str, path: str) -> None:
    for token in ("", "?token=", "?token=guessed"):
        answer = ask(address, path.format(kernel=uuid.uuid4()) + token, **UPGRADE)
        assert answer.status in (302, 403)
        assert answer.status == 403 or answer.headers["Location"].startswith("/login?")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", ["/", "/voila/static/voila.js", "/login"])
def test_a_page_of_another_site_gets_nothing(address: str, path: str, site: str) -> None:
    answer = ask(address, path, Sec_Fetch_Site=site)
    assert answer.status == 403
    assert b"open the address that the server printed" in answer.read()


def test_the_complete_address_opens_from_anywhere(address: str) -> None:
    answer = ask(address, with_token(address, "/login"), Sec_Fetch_Site="cross-site")
    assert answer.status != 403


def test_the_socket_for_requests_of_others_is_closed(address: str) -> None:
    path = with_token(address, f"/voila/query/{uuid.uuid4()}")
    assert ask(address, path, **UPGRADE).status != 101


def test_visits_start_only_so_many_kernels(address: str) -> None:
    def visit(_: int) -> tuple[int, str]:
        answer = ask(address)
        return answer.status, answer.read().decode()

    with ThreadPoolExecutor(3 * MOST_PAGES) as pool:
        answers = list(pool.map(visit, range(3 * MOST_PAGES)))
    opened = [status for status, _ in answers].count(200)
    refused = {text for status, text in answers if status == 503}
    assert 1 <= opened <= MOST_PAGES
    assert {status for status, _ in answers} <= {200, 503}
    assert [text.partition(".")[0] for text in refused] == [f"All {MOST_PAGES} places are taken"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_address_is_printed_when_the_server_answers(host: str, tmp_path: Path) -> None:
    orphan = tmp_path / "fer_utils_of_a_killed_kernel"
    orphan.mkdir()
    (orphan / ".lock").touch()
    command = [sys.executable, "-m", "fer_utils", "app", "--no-browser", "--host", host]
    with subprocess.Popen(
        [*command, "--port", str(free_port())],
        cwd=tmp_path,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            parts = urlsplit(line.split()[-1] if "token" in line else line.split()[3])
            login = f"{parts.scheme}://{parts.netloc}/login"
            with urllib.request.urlopen(login, timeout=10) as answer:
                assert answer.status == 200
        finally:
            server.terminate()
    assert not orphan.exists()
