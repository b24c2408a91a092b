"""Download from well-behaved and other servers, all of them on this machine."""

import http.server
import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fer_utils.vision import download
from fer_utils.vision.download import DownloadError, fetch, is_public

HERE = {"127.0.0.1"}
PICTURE = bytes(range(256)) * 300
Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


class Server(http.server.ThreadingHTTPServer):
    """Answers each path as configured, and records the requests."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str]] = []
        self.root = f"http://127.0.0.1:{self.server_address[1]}"

    def at(self, path: str, answer: Answer) -> str:
        self.answers[path] = answer
        return self.root + path

    def handle_error(self, *_: Any) -> None:
        """Stay silent: clients that hang up are part of the tests."""


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Host"]))
        self.server.answers[self.path](self)

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


def sends(
    data: bytes = PICTURE, *, status: int = 200, kind: str | None = "image/png", **headers: str
) -> Answer:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        if kind is not None:
            handler.send_header("Content-Type", kind)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def drips(before: bytes, drop: bytes) -> Answer:
    """Send something, then the same bytes repeatedly, always fast enough not to time out."""

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(before)
        for _ in range(100):
            handler.wfile.write(drop)
            time.sleep(0.05)

    return answer


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TIME_LIMIT", 0.3)


def refused(url: str, message: str, **options: Any) -> None:
    with pytest.raises(DownloadError, match=message):
        fetch(url, **options)


@pytest.mark.parametrize("kind", ["image/jpeg", "IMAGE/PNG; x=y", "application/octet-stream", None])
def test_a_picture_is_fetched_whole(server: Server, kind: str | None) -> None:
    url = server.at("/a.png", sends(kind=kind))
    assert fetch(url, allowed_hosts=HERE) == PICTURE


def test_a_length_that_is_kept_changes_nothing(server: Server) -> None:
    url = server.at("/a.png", sends(**{"Content-Length": str(len(PICTURE))}))
    assert fetch(url, allowed_hosts=HERE) == PICTURE


def test_path_and_query_arrive_encoded_and_the_fragment_does_not(server: Server) -> None:
    server.at("/%C5%BC%20a%2Fb/?q=x%20y&r=%25", sends())
    assert fetch(f"{server.root}/ż a%2Fb/?q=x y&r=%25#face", allowed_hosts=HERE) == PICTURE
    assert server.asked == [("/%C5%BC%20a%2Fb/?q=x%20y&r=%25", server.root[7:])]


def test_an_address_without_a_path_asks_for_the_root(server: Server) -> None:
    server.at("/", sends())
    assert fetch(server.root, allowed_hosts=HERE) == PICTURE


def test_a_name_that_is_allowed_may_lead_to_this_machine(server: Server) -> None:
    server.at("/a.png", sends())
    url = server.root.replace("127.0.0.1", "LOCALHOST") + "/a.png"
    assert fetch(url, allowed_hosts={"Localhost"}) == PICTURE


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(server: Server, status: int) -> None:
    server.at("/folder/b.png", sends())
    server.at("/folder/c", sends(b"", status=status, Location="b.png"))
    url = server.at("/a", sends(b"", status=status, Location=server.root + "/folder/c"))
    assert fetch(url, allowed_hosts=HERE) == PICTURE


@pytest.mark.parametrize(("count", "found"), [(5, True), (6, False)])
def test_five_redirects_are_followed_and_no_more(server: Server, count: int, found: bool) -> None:
    server.at("/0", sends())
    for number in range(1, count + 1):
        server.at(f"/{number}", sends(b"", status=302, Location=f"/{number - 1}"))
    url = f"{server.root}/{count}"
    if found:
        assert fetch(url, allowed_hosts=HERE) == PICTURE
    else:
        refused(url, "redirects more than 5 times", allowed_hosts=HERE)
        assert len(server.asked) == 6


def test_a_loop_ends(server: Server) -> None:
    url = server.at("/loop", sends(b"", status=302, Location="/loop"))
    refused(url, "redirects more than 5 times", allowed_hosts=HERE)


def test_a_redirect_into_this_machine_is_refused(server: Server) -> None:
    secret = server.at("/secret", sends())
    server.at("/a.png", sends(b"", status=302, Location=secret))
    url = server.root.replace("127.0.0.1", "localhost") + "/a.png"
    refused(url, r"127\.0\.0\.1 is 127\.0\.0\.1, which is not a pub", allowed_hosts={"localhost"})
    assert [path for path, _ in server.asked] == ["/a.png"]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("file:///etc/passwd", "file:///etc/passwd is refused: expected http:// or https://"),
        ("http://user:secret@127.0.0.1/", "http://127.0.0.1/ is refused: it contains a user n"),
    ],
)
def test_a_redirect_elsewhere_is_refused(server: Server, target: str, message: str) -> None:
    url = server.at("/a.png", sends(b"", status=302, Location=target))
    refused(url, message, allowed_hosts=HERE)


def test_what_a_redirect_says_cannot_write_to_the_terminal(server: Server) -> None:
    url = server.at("/a.png", sends(b"", status=302, Location="x:\x1b[31mred"))
    refused(url, "^x:%1B", allowed_hosts=HERE)


def test_a_redirect_to_nowhere_is_told(server: Server) -> None:
    refused(
        server.at("/a", sends(b"", status=302)), "redirects without an address", allowed_hosts=HERE
    )


@pytest.mark.parametrize(
    ("status", "message"),
    [(404, "404 Not Found$"), (500, "500 Internal"), (299, "downloaded: 299$")],
)
def test_a_refusal_of_the_server_is_told(server: Server, status: int, message: str) -> None:
    refused(server.at("/a.png", sends(status=status)), message, allowed_hosts=HERE)


def test_a_page_is_no_picture(server: Server) -> None:
    url = server.at("/a.html", sends(b"<html>", kind="text/html; charset=utf-8"))
    refused(
        url, "is not a picture but 'text/html': give the address of the pic", allowed_hosts=HERE
    )


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "60001"}], ids=["unsaid", "said"])
def test_a_file_that_is_too_large_is_refused(
    server: Server, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MOST_BYTES", 60_000)
    url = server.at("/a.png", sends(bytes(60_001), **headers))
    refused(url, r"is larger than 0\.06 MB: save it as a sm", allowed_hosts=HERE)
    server.at("/a.png", sends(bytes(60_000)))
    assert fetch(url, allowed_hosts=HERE) == bytes(60_000)


def test_an_endless_file_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "MOST_BYTES", 60_000)
    url = server.at("/a.png", drips(b"HTTP/1.0 200 OK\r\n\r\n", bytes(50_000)))
    refused(url, "is larger than", allowed_hosts=HERE)


def test_a_file_that_is_said_to_be_too_large_is_not_waited_for(server: Server) -> None:
    head = b"HTTP/1.0 200 OK\r\nContent-Length: 20000001\r\n\r\n"
    url = server.at("/a.png", drips(head, b""))
    refused(url, "is larger than 20 MB", allowed_hosts=HERE)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    ("before", "drop"),
    [
        (b"HTTP/1.0 200 OK\r\nContent-Length: 900\r\n\r\n", b"x"),
        (b"HTTP/1.0 200 OK\r\nX: ", b"x"),
        (b"HTTP/1.0 200 OK\r\n", b""),
        (b"HTTP/1.0 100 Continue\r\n\r\n", b"HTTP/1.0 100 Continue\r\n\r\n"),
    ],
    ids=["body", "header", "silence", "continue"],
)
def test_a_server_that_drips_is_given_up_in_time(
    server: Server, before: bytes, drop: bytes
) -> None:
    url = server.at("/a.png", drips(before, drop))
    running = set(threading.enumerate())
    refused(url, r"took longer than 0\.3 seconds", allowed_hosts=HERE)
    for thread in set(threading.enumerate()) - running:
        if thread.name.endswith("(run)"):
            thread.join(1)
            assert not thread.is_alive()


@pytest.mark.usefixtures("patient")
def test_a_name_that_is_looked_up_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait(10) and [])
    refused("http://slow.example/", r"took longer than 0\.3 seconds")
    ended.set()


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", b"", b"SSH-"])
def test_a_connection_that_breaks_off_is_told(server: Server, head: bytes) -> None:
    url = server.at("/a.png", lambda handler: handler.wfile.write(head) and None)
    refused(url, "ended early, after 3 bytes|cannot be downloaded", allowed_hosts=HERE)


def test_chunks_that_break_off_are_told(server: Server) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"
    url = server.at("/a.png", lambda handler: handler.wfile.write(head) and None)
    refused(url, "cannot be downloaded: the connection ended early", allowed_hosts=HERE)


def test_a_port_without_a_server_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    refused(f"http://127.0.0.1:{port}/", "no server is listening there", allowed_hosts=HERE)


def test_an_unknown_host_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    refused("http://nobody.example/a.png", r"unknown host nobody\.example")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://example.org/a.png", "ftp://example.org/a.png is refused: expected http:// or"),
        ("file:///etc/passwd", "expected http:// or https://"),
        ("example.org/a.png", "expected http:// or https://"),
        ("http://user:secret@example.org/", "^http://example.org/ is refused: it contains a user"),
        ("http://", "it has no host"),
        ("http://example.org:99999/", "is not a web address: Port out of range"),
        ("http://[::1/", "is not a web address: Invalid IPv6 URL"),
    ],
)
def test_bad_addresses_are_refused_before_anything_is_asked(
    url: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("looked up"))
    refused(url, message)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0.0.0.0"])
def test_this_machine_is_refused(server: Server, host: str) -> None:
    server.at("/", sends())
    refused(server.root.replace("127.0.0.1", host) + "/", "which is not a public address")
    assert server.asked == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("64:ff9b::808:808", True),
        ("2002:808:808::1", True),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("::7f00:1", False),
        ("2002:7f00:1::1", False),
        ("2001::1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b:1::808:808", False),
    ],
)
def test_only_the_public_internet_is_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


def test_one_private_address_of_a_host_is_enough_to_refuse_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places = [(2, 1, 6, "", (address, 80)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)
    refused("http://two.example/", r"two\.example is 10\.0\.0\.1, which is not a public address")


def test_the_address_that_was_checked_is_the_one_that_is_asked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that returns a public address first and a private one later gains nothing.

    The first address does not answer, so the second one of the same lookup is used.
    """
    server.at("/a.png", sends())
    connect, looked_up, connected = socket.create_connection, [], []

    def look_up(host: str, port: int, **_: Any) -> list:
        looked_up.append(host)
        return [(2, 1, 6, "", (address, port)) for address in ("8.8.8.8", "1.1.1.1")]

    def reach(address: tuple[str, int], **options: Any) -> socket.socket:
        connected.append(address)
        if address[0] == "8.8.8.8":
            raise OSError("unreachable")
        monkeypatch.setattr(socket, "getaddrinfo", original)
        return connect(server.server_address, **options)

    original = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", reach)
    assert fetch("http://changing.example/a.png") == PICTURE
    assert looked_up == ["changing.example"]
    assert connected == [("8.8.8.8", 80), ("1.1.1.1", 80)]
    assert server.asked == [("/a.png", "changing.example")]


def test_proxies_of_the_environment_are_not_used(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert fetch(server.at("/a.png", sends()), allowed_hosts=HERE) == PICTURE


def test_a_name_in_another_script_is_asked_for_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = []

    def unknown(host: str, *_: Any, **__: Any) -> None:
        hosts.append(host)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    refused("http://bücher.example/", "unknown host xn--bcher-kva")
    assert hosts == ["xn--bcher-kva.example"]


def test_an_error_of_our_own_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_checked", lambda url: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fetch("http://example.org/")


@pytest.fixture
def secure_server(server: Server, tmp_path: Path) -> tuple[Server, Path]:
    """Return the server with TLS and its certificate, which is valid for localhost only."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(certificate), "-days", "2"]
    kind = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt"]
    command = [*kind, "ec_paramgen_curve:prime256v1", *names, *files]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.root = server.root.replace("http:", "https:")
    return server, certificate


def test_a_server_must_prove_its_name(
    secure_server: tuple[Server, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, certificate = secure_server
    url = server.at("/a.png", sends())
    named = url.replace("127.0.0.1", "localhost")
    allowed = {"localhost", "127.0.0.1"}
    refused(named, "the server's certificate is not valid", allowed_hosts=allowed)
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
    assert fetch(named, allowed_hosts=allowed) == PICTURE
    refused(url, "the server's certificate is not valid", allowed_hosts=allowed)
    assert len(server.asked) == 1
