"""Download a picture from the web safely."""

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

# In seconds, for everything together: lookups, redirects, connections, headers, and data.
TIME_LIMIT = 15.0
MOST_REDIRECTS = 5

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK = 1 << 16
# Characters with a special meaning in an address.
_SAFE = "%/:?#[]@!$&'()*+,;=~"
# What servers send if they do not know the type of a file.
_UNKNOWN_TYPES = ("application/octet-stream", "binary/octet-stream")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class DownloadError(ValueError):
    """A web address that does not lead to a picture; the message says why."""


def fetch(url: str, *, allowed_hosts: Collection[str] = ()) -> bytes:
    """Download a file that its server declares to be a picture.

    Only public servers are contacted: addresses in private networks or on this machine are
    refused, also after a redirect. Each host is looked up once, and the connection uses exactly
    the IP address that was checked. Proxy settings of the environment are ignored.

    Parameters
    ----------
    url : str
        Starts with ``http://`` or ``https://``.
    allowed_hosts : collection of str
        Names or IP addresses of hosts that may be private, such as your own server.

    Returns
    -------
    bytes
        At most `fer_utils.data.image_files.MOST_BYTES`; not decoded yet.

    Raises
    ------
    DownloadError
        If the address is refused, the server cannot be reached or fails certificate
        verification, or the file is missing, not a picture, too large, or slower than `TIME_LIMIT`.

    Examples
    --------
    >>> data = fetch("https://example.org/party.jpg")  # doctest: +SKIP
    """
    download = _Download(url, {host.lower() for host in allowed_hosts})
    # In a thread, because a timeout cannot limit a name lookup or a server that sends byte by byte.
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
    """A call of `fetch`, run in its own thread."""

    def __init__(self, url: str, allowed_hosts: set[str]) -> None:
        self.url = url
        self.data = b""
        self.error: Exception | None = None
        self._allowed_hosts = allowed_hosts
        self._stopped = False
        self._socket: socket.socket | None = None

    def run(self) -> None:
        """Download the file into `data`, or set `error`."""
        try:
            self.data = self._follow()
        except DownloadError as error:
            self.error = error
        except TimeoutError:
            self.error = DownloadError(f"{self.url} took longer than {TIME_LIMIT:g} seconds")
        except ssl.SSLCertVerificationError as error:
            self.error = DownloadError(
                f"{self.url}: the server's certificate is not valid ({error.verify_message})"
            )
        except (OSError, http.client.HTTPException) as error:
            self.error = DownloadError(f"{self.url} cannot be downloaded: {_reason(error)}")
        except Exception as error:  # `fetch` raises it again.
            self.error = error

    def stop(self) -> None:
        """Shut down the connection, which ends the thread."""
        self._stopped = True
        if self._socket is not None:
            with contextlib.suppress(OSError):  # It may already be closed.
                self._socket.shutdown(socket.SHUT_RDWR)

    def _follow(self) -> bytes:
        url = self.url
        for _ in range(MOST_REDIRECTS + 1):
            response = self._request(_checked(url))
            if isinstance(response, bytes):
                return response
            url = urljoin(url, quote(response, safe=_SAFE, encoding="latin-1"))
        raise DownloadError(f"{self.url} redirects more than {MOST_REDIRECTS} times")

    def _request(self, parts: SplitResult) -> bytes | str:
        """Return the file, or the address of a redirect."""
        host = _ascii_host(parts)
        port = parts.port or _PORTS[parts.scheme]
        secure = parts.scheme == "https"
        connection_type = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = connection_type(host, port)
        try:
            # Not by name, because the name may resolve to another IP address by now.
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
            # A second handle, because TLS takes over the first one.
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
            raise DownloadError(f"{self.url}: unknown host {host}") from error
        addresses = [str(place[0]) for *_, place in found]
        if host not in self._allowed_hosts:
            for address in addresses:
                if not is_public(ipaddress.ip_address(address)):
                    raise DownloadError(
                        f"{self.url} is refused: {host} is {address}, which is not a public address"
                    )
        return addresses


def is_public(address: _Address) -> bool:
    """Return whether an IP address is public, including one embedded in an IPv6 address."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise DownloadError(f"{url} is not a web address: {error}") from error
    if parts.scheme not in _PORTS:
        raise DownloadError(f"{url} is refused: expected http:// or https://")
    if not host:
        raise DownloadError(f"{url} is not a web address: it has no host")
    if "@" in parts.netloc:
        raise DownloadError(f"{_without_user(url)} is refused: it contains a user name or password")
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
        raise DownloadError(f"{parts.geturl()} is not a web address: {error}") from error


def _read(response: http.client.HTTPResponse, url: str) -> bytes | str:
    if response.status in _REDIRECTS:
        target = response.headers.get("Location")
        if target is None:
            raise DownloadError(f"{url} redirects without an address")
        return target
    if response.status != http.client.OK:
        meaning = http.client.responses.get(response.status, "")
        raise DownloadError(f"{url} cannot be downloaded: {response.status} {meaning}".rstrip())
    content_type = response.headers.get_content_type()
    if "Content-Type" in response.headers and not _may_be_picture(content_type):
        raise DownloadError(
            f"{url} is not a picture but {content_type[:60]!r}: give the address of the picture"
        )
    return _read_body(response, url)


def _may_be_picture(content_type: str) -> bool:
    return content_type.startswith("image/") or content_type in _UNKNOWN_TYPES


def _read_body(response: http.client.HTTPResponse, url: str) -> bytes:
    # The announced length may be wrong, but saves reading a file that is too large.
    data, announced = bytearray(), response.length or 0
    while max(len(data), announced) <= MOST_BYTES:
        chunk = response.read(_CHUNK)
        if not chunk:
            if response.length:
                raise DownloadError(f"{url} ended early, after {len(data)} bytes: try again")
            return bytes(data)
        data += chunk
    raise DownloadError(f"{url} is larger than {MOST_BYTES / 1e6:g} MB: save it as a smaller file")


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "no server is listening there"
    if isinstance(error, http.client.IncompleteRead):
        return "the connection ended early"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
