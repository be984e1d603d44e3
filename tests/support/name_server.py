# SPDX-License-Identifier: MIT
"""A name server on a loopback address of its own: every name is 127.0.0.1, or none is there."""

from __future__ import annotations

import errno
import random
import socket
import threading

A = b"\x00\x01"
AAAA = b"\x00\x1c"
NOBODY = "127.54.0.1"  # where none of these listens


class NameServer:
    """Answers until it is closed, but for the types of questions in `silent`; `asked` lists the
    names. One that is `empty` knows no name. Port 53 needs root."""

    def __init__(self, silent: tuple[bytes, ...] = (), empty: bool = False) -> None:
        self._flags = b"\x81\x83" if empty else b"\x81\x80"
        self._known = () if empty else (A,)
        self._silent = silent
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.address = self._bind()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _bind(self) -> str:
        """Takes an address that no other run of the tests has."""
        while True:
            address = f"127.53.{random.randrange(256)}.{random.randrange(1, 255)}"
            try:
                self._socket.bind((address, 53))
                return address
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise

    def close(self) -> None:
        """Ends it."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", (self.address, 53))
        self._thread.join(10)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            query, client = self._socket.recvfrom(4096)
            if not query:
                return
            answer = self._answer(query)
            if answer:
                self._socket.sendto(answer, client)

    def _answer(self, query: bytes) -> bytes:
        """RFC 1035: the question again, and for one of type A the address; empty for none."""
        end, labels = 12, []
        while length := query[end]:
            labels.append(query[end + 1:end + 1 + length].decode())
            end += 1 + length
        question = query[12:end + 5]
        self.asked.append(".".join(labels))
        if question[-4:-2] in self._silent:
            return b""
        found = question[-4:-2] in self._known
        head = query[:2] + self._flags + b"\x00\x01" + (b"\x00\x01" if found else b"\x00\x00") + b"\0" * 4
        answer = b"\xc0\x0c" + A + b"\x00\x01" + b"\0\0\0\x3c" + b"\x00\x04" + b"\x7f\0\0\x01"
        return head + question + (answer if found else b"")
