"""Fetch a picture from a web address, however the server behaves."""

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Collection
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from fer_utils.data.image_files import MOST_BYTES

# Seconds that everything together may take: look-up, redirects, connections, headers and data.
TIME_LIMIT = 15.0
MOST_REDIRECTS = 5

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK = 1 << 16
# Characters with a meaning of their own in an address.
_SAFE = "%/:?#[]@!$&'()*+,;=~"
# What is written where a server does not know the kind of a file.
_UNKNOWN_KINDS = ("application/octet-stream", "binary/octet-stream")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class DownloadError(ValueError):
    """A web address that gives no picture; the message says why."""


def fetch(url: str, *, allowed_hosts: Collection[str] = ()) -> bytes:
    """Return the file at a web address, as far as its server says that it is a picture.

    Only public servers are asked: an address that leads into a private network, or to this
    machine, is refused, also after a redirect. Each host is looked up once, and the connection
    goes to the very address that was checked. Proxies of the environment are not used.

    Parameters
    ----------
    url : str
        Begins with ``http://`` or ``https://``.
    allowed_hosts : collection of str
        Names or addresses of hosts that may be private, such as a server of your own.

    Returns
    -------
    bytes
        At most `fer_utils.data.image_files.MOST_BYTES`, not yet looked into.

    Raises
    ------
    DownloadError
        If the address is refused, the server cannot be reached, does not prove its name, has no
        such file or one that is no picture, or if the file is too large or takes longer than
        `TIME_LIMIT`.

    Examples
    --------
    >>> read_image(fetch("https://example.org/party.jpg")).shape  # doctest: +SKIP
    (480, 640, 3)
    """
    download = _Download(url, {host.lower() for host in allowed_hosts})
    # A thread, since neither the look-up of a name nor a server that drips bytes can be timed.
    thread = threading.Thread(target=download.run, daemon=True)
    thread.start()
    thread.join(TIME_LIMIT)
    if thread.is_alive():
        download.stop()
        raise DownloadError(f"{url} took longer than {TIME_LIMIT:g} seconds: save it as a file")
    if download.error is not None:
        raise download.error
    return download.data


class _Download:
    """One call of `fetch`, in a thread of its own."""

    def __init__(self, url: str, allowed_hosts: set[str]) -> None:
        self.url = url
        self.data = b""
        self.error: Exception | None = None
        self._allowed_hosts = allowed_hosts
        self._stopped = False
        self._socket: socket.socket | None = None

    def run(self) -> None:
        """Fetch; leave the file in `data`, or what went wrong in `error`."""
        try:
            self.data = self._follow()
        except DownloadError as error:
            self.error = error
        except TimeoutError:
            self.error = DownloadError(f"{self.url} took longer than {TIME_LIMIT:g} seconds")
        except ssl.SSLCertVerificationError as error:
            self.error = DownloadError(
                f"{self.url}: the server does not prove its name ({error.verify_message})"
            )
        except (OSError, http.client.HTTPException) as error:
            self.error = DownloadError(f"{self.url} cannot be fetched: {_reason(error)}")
        except Exception as error:  # Raised again where `fetch` was called.
            self.error = error

    def stop(self) -> None:
        """End the connection under the thread's hands, so that it ends as well."""
        self._stopped = True
        if self._socket is not None:
            with contextlib.suppress(OSError):  # It may be closed already.
                self._socket.shutdown(socket.SHUT_RDWR)

    def _follow(self) -> bytes:
        url = self.url
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._ask(_checked(url))
            if isinstance(answer, bytes):
                return answer
            url = urljoin(url, quote(answer, safe=_SAFE, encoding="latin-1"))
        raise DownloadError(f"{self.url} redirects more than {MOST_REDIRECTS} times")

    def _ask(self, parts: SplitResult) -> bytes | str:
        """Return the file, or the address that the server redirects to."""
        host = _ascii_host(parts)
        port = parts.port or _PORTS[parts.scheme]
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(host, port)
        try:
            # Not by the host's name, which may lead elsewhere by now.
            connection.sock = self._connect(host, port, secure=secure)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"User-Agent": "fer-utils", "Accept": "image/*"}
            connection.request("GET", quote(target, safe=_SAFE), headers=headers)
            return _read(connection.getresponse(), parts.geturl())
        finally:
            connection.close()
            if self._socket is not None:
                self._socket.close()

    def _connect(self, host: str, port: int, *, secure: bool) -> socket.socket:
        problem: OSError | None = None
        for address in self._addresses(host, port):
            try:
                connected = socket.create_connection((address, port), timeout=TIME_LIMIT)
            except OSError as error:
                problem = error
                continue
            # A second handle, since the first one is handed over to TLS.
            self._socket = connected.dup()
            if self._stopped:
                connected.close()
                break
            if not secure:
                return connected
            return ssl.create_default_context().wrap_socket(connected, server_hostname=host)
        raise problem or TimeoutError

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise DownloadError(f"{self.url}: no host is known as {host}") from error
        addresses = [str(place[0]) for *_, place in found]
        if host not in self._allowed_hosts:
            for address in addresses:
                if not is_public(ipaddress.ip_address(address)):
                    raise DownloadError(
                        f"{self.url} is refused: {host} is {address}, which is no public address"
                    )
        return addresses


def is_public(address: _Address) -> bool:
    """Return whether an address belongs to the public internet, also one inside of another."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise DownloadError(f"{url} is no web address: {error}") from error
    if parts.scheme not in _PORTS:
        raise DownloadError(f"{url} is refused: expected http:// or https://")
    if not host:
        raise DownloadError(f"{url} is no web address: it has no host")
    if "@" in parts.netloc:
        raise DownloadError(f"{_without_user(url)} is refused: it carries a user or a password")
    return parts


def _without_user(url: str) -> str:
    return re.sub(r"//[^/?#]*@", "//", url)


def _ascii_host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise DownloadError(f"{parts.geturl()} is no web address: {error}") from error


def _read(response: http.client.HTTPResponse, url: str) -> bytes | str:
    if response.status in _REDIRECTS:
        target = response.headers.get("Location")
        if target is None:
            raise DownloadError(f"{url} redirects to nowhere")
        return target
    if response.status != http.client.OK:
        meaning = http.client.responses.get(response.status, "")
        raise DownloadError(f"{url} cannot be fetched: {response.status} {meaning}".rstrip())
    kind = response.headers.get_content_type()
    if "Content-Type" in response.headers and not _may_be_picture(kind):
        raise DownloadError(
            f"{url} is of the kind {kind[:60]!r}: give the address of a picture itself"
        )
    return _read_body(response, url)


def _may_be_picture(kind: str) -> bool:
    return kind.startswith("image/") or kind in _UNKNOWN_KINDS


def _read_body(response: http.client.HTTPResponse, url: str) -> bytes:
    # What is promised is not relied on, but saves the reading.
    data, promised = bytearray(), response.length or 0
    while max(len(data), promised) <= MOST_BYTES:
        chunk = response.read(_CHUNK)
        if not chunk:
            if response.length:
                raise DownloadError(f"{url} broke off after {len(data)} bytes: try again")
            return bytes(data)
        data += chunk
    raise DownloadError(f"{url} has more than {MOST_BYTES / 1e6:g} MB: save it smaller as a file")


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "no server answers there"
    if isinstance(error, http.client.IncompleteRead):
        return "it broke off"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
