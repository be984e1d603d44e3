# SPDX-License-Identifier: MIT
"""HTTP/1.1 over plain sockets: reads requests byte for byte, and can answer badly on purpose.

Promises: every request reaches the handler as it was on the wire, connections are kept alive and
numbered, and a `Plan` may stall, reset or truncate. What an answer says is the handler's business.
"""

from __future__ import annotations

import enum
import http
import math
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from kept_port import keep_port

_HEAD_LIMIT = 64 * 1024
_BODY_LIMIT = 64 * 1024 * 1024
_HANDSHAKE_SECONDS = 10.0


class BadRequest(Exception):
    """The bytes are not an HTTP request that this server reads."""


class Gone(Exception):
    """The client closed the connection."""


@dataclass(frozen=True)
class Request:
    """One request as it came in; text is decoded with surrogateescape, so nothing is lost."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    raw: bytes = field(repr=False)
    connection: int
    received: float
    tls: bool
    version: str = "HTTP/1.1"

    def header(self, name: str) -> str | None:
        """The first value of a header, or None."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    @property
    def host(self) -> str:
        """The Host header without its port, lower case."""
        host = (self.header("host") or "").lower()
        return host.rpartition("]")[0][1:] if host.startswith("[") else host.partition(":")[0]


@dataclass(frozen=True)
class Response:
    """What to answer; Content-Length is added by the server unless it is given."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class End(enum.Enum):
    """How an exchange ends."""

    ANSWER = "answer"
    TRUNCATE = "truncate"
    RESET = "reset"


@dataclass(frozen=True)
class Plan:
    """What to do with one request: wait (math.inf: until the client goes away), then respond."""

    respond: Callable[[], Response]
    stall: float = 0.0
    end: End = End.ANSWER


Handler = Callable[[Request], Plan]


class _Connection:
    """One accepted connection, served by one thread."""

    def __init__(self, sock: socket.socket, number: int, handler: Handler) -> None:
        self._socket = sock
        self._number = number
        self._handler = handler
        self._buffer = bytearray()

    def serve(self) -> None:
        while self._exchange():
            pass

    def _exchange(self) -> bool:
        try:
            request = self._read_request()
        except BadRequest as problem:
            body = f"{problem}\n".encode()
            self._send(Response(400, {"Connection": "close"}, body), "GET", 0)
            return False
        plan = self._handler(request)
        if plan.stall > 0:
            self._stall(plan.stall)
        if plan.end is End.RESET:
            self._reset()
            return False
        response = plan.respond()
        self._send(response, request.method, 64 if plan.end is End.TRUNCATE else 0)
        asked = (request.header("connection") or "").lower()
        last = asked == "close" or (request.version == "HTTP/1.0" and asked != "keep-alive")
        return plan.end is End.ANSWER and not last and response.headers.get("Connection") != "close"

    def _receive(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise Gone
        self._buffer += data

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._receive()
        taken = bytes(memoryview(self._buffer)[:count])
        del self._buffer[:count]
        return taken

    def _take_until(self, mark: bytes, limit: int) -> bytes:
        while mark not in self._buffer:
            if len(self._buffer) > limit:
                raise BadRequest("the head is too long")
            self._receive()
        return self._take(self._buffer.index(mark) + len(mark))

    def _read_request(self) -> Request:
        head = self._take_until(b"\r\n\r\n", _HEAD_LIMIT)
        received = time.monotonic()
        lines = head[:-4].decode("utf-8", "surrogateescape").split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1.") or not words[1].startswith("/"):
            raise BadRequest(f"not a request line: {lines[0]!r}")
        headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip() or "\n" in line or "\r" in line:
                raise BadRequest(f"not a header: {line!r}")
            headers.append((name, value.strip(" \t")))
        body, raw_body = self._read_body(headers)
        path, _, query = words[1].partition("?")
        return Request(words[0], path, query, tuple(headers), body, head + raw_body, self._number,
                       received, isinstance(self._socket, ssl.SSLSocket), words[2])

    def _read_body(self, headers: list[tuple[str, str]]) -> tuple[bytes, bytes]:
        lowered = [(name.lower(), value) for name, value in headers]
        lengths = {value for name, value in lowered if name == "content-length"}
        chunked = any(name == "transfer-encoding" and value.lower() == "chunked"
                      for name, value in lowered)
        if any(name == "expect" and value.lower() == "100-continue" for name, value in lowered):
            self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if chunked:
            if lengths:
                raise BadRequest("both Content-Length and Transfer-Encoding")
            return self._read_chunks()
        if not lengths:
            return b"", b""
        length = lengths.pop()
        if lengths or not length.isascii() or not length.isdigit() or int(length) > _BODY_LIMIT:
            raise BadRequest("a Content-Length that cannot be used")
        body = self._take(int(length))
        return body, body

    def _read_chunks(self) -> tuple[bytes, bytes]:
        body, raw = bytearray(), bytearray()
        while True:
            line = self._take_until(b"\r\n", 1024)
            try:
                size = int(line.split(b";")[0], 16)
            except ValueError as error:
                raise BadRequest("not a chunk size") from error
            if size == 0:
                break
            chunk = self._take(size + 2)
            body += chunk[:-2]
            raw += line + chunk
            if len(body) > _BODY_LIMIT:
                raise BadRequest("the body is too long")
        raw += line
        while line != b"\r\n":
            line = self._take_until(b"\r\n", _HEAD_LIMIT)
            raw += line
        return bytes(body), bytes(raw)

    def _send(self, response: Response, method: str, missing: int) -> None:
        try:
            reason = http.HTTPStatus(response.status).phrase
        except ValueError:
            reason = "Unknown"
        lines = [f"HTTP/1.1 {response.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        if not any(name.lower() == "content-length" for name in response.headers):
            lines.append(f"Content-Length: {len(response.body) + missing}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")
        self._socket.sendall(head + (b"" if method == "HEAD" else response.body))

    def _stall(self, seconds: float) -> None:
        """Waits; raises Gone as soon as the client (or the server as a whole) goes away."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            timeout = None if math.isinf(left) else left
            if select.select([self._socket], [], [], timeout)[0]:
                self._receive()

    def _reset(self) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()


class Server:
    """Listens on 127.0.0.1; one thread accepts, one thread serves each connection."""

    def __init__(self, handler: Handler, context: ssl.SSLContext | None = None,
                 port: int = 0) -> None:
        self._handler = handler
        self._context = context
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._listener: socket.socket | None = None
        self._accepting: threading.Thread | None = None
        self.accepted = 0
        self.failed_handshakes = 0
        self._kept = keep_port(port)
        self.port = int(self._kept.getsockname()[1])
        self.listen()

    def listen(self) -> None:
        """Starts to listen, always on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128,
                                              reuse_port=True)
        self._accepting = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._accepting.start()

    def refuse(self) -> None:
        """Stops to listen and drops every connection: clients get 'connection refused'."""
        listener, self._listener = self._listener, None
        if listener is not None and self._accepting is not None:
            _shut(listener)
            self._accepting.join()
            listener.close()
        self.drop_connections()

    def close(self) -> None:
        """The same for good: the port is free for others."""
        self.refuse()
        self._kept.close()

    def drop_connections(self) -> None:
        """Closes every open connection and waits until its thread has ended."""
        with self._lock:
            threads = list(self._open.items())
        for sock, thread in threads:
            _shut(sock)
            if thread is not threading.current_thread():
                thread.join()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self.accepted += 1
                thread = threading.Thread(target=self._serve, args=(sock, self.accepted),
                                          daemon=True)
                self._open[sock] = thread
                thread.start()

    def _serve(self, plain: socket.socket, number: int) -> None:
        sock = plain
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                sock = self._handshake(plain)
            _Connection(sock, number, self._handler).serve()
        except (Gone, OSError):
            pass
        finally:
            with self._lock:
                self._open.pop(plain, None)
            sock.close()
            plain.close()

    def _handshake(self, plain: socket.socket) -> ssl.SSLSocket:
        assert self._context is not None
        descriptor = plain.dup()
        try:
            descriptor.settimeout(_HANDSHAKE_SECONDS)
            secure = self._context.wrap_socket(descriptor, server_side=True,
                                               suppress_ragged_eofs=True)
        except (OSError, ssl.SSLError):
            with self._lock:
                self.failed_handshakes += 1
            descriptor.close()
            raise
        secure.settimeout(None)
        return secure


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
