# SPDX-License-Identifier: MIT
"""--witness of the real program, by the connections that it makes: none after a pass, one after a
failure, and what it says where there is no route at all."""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import shutil
import socket
import struct
import subprocess
import threading
import unittest

from aws_case import AwsTest
from kept_port import keep_port
from store_case import StoreTest, wait_until

_CONNECT = re.compile(r'^\d+ +(\d+\.\d+) connect\(\d+, \{sa_family=AF_INET, sin_port=htons\((\d+)\)',
                      re.M)
_NEW_NETWORK = 0x40000000  # CLONE_NEWNET
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1  # SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP


def _refused(*command: str) -> str:
    """Why a command cannot be run here; empty where it can."""
    if not shutil.which(command[0]):
        return f"there is no {command[0]}"
    done = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""


_NO_TRACE = _refused("strace", "-qq", "-o", "/dev/null")
_NO_NETWORK = _refused("unshare", "--net")


@unittest.skipIf(_NO_TRACE, _NO_TRACE)
class ConnectionTest(StoreTest):
    """A target and a witness on this machine, and a trace of all connections."""

    def listener(self) -> int:
        """The port of a server that takes connections and says nothing."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        return int(server.getsockname()[1])

    def nobody(self) -> int:
        """A port where nobody listens."""
        return int(self.enterContext(keep_port()).getsockname()[1])

    def connections(self, *arguments: str) -> list[tuple[int, float]]:
        """The ports that one run connects to, and when."""
        trace = self.folder / "trace"
        process = self.start("-f", "-ttt", "-e", "trace=connect", "-o", str(trace),
                             os.environ["SLA_RUNNER"], *self.job("--once", *arguments),
                             program="strace", directory=self.folder)
        process.wait()
        return [(int(port), float(at)) for at, port in _CONNECT.findall(trace.read_text())]

    def ports(self, *arguments: str) -> list[int]:
        """The ports alone."""
        return [port for port, _ in self.connections(*arguments)]

    def test_after_a_pass_nothing_is_sent(self) -> None:
        target, witness = self.listener(), f"127.0.0.1:{self.listener()}"
        self.assertEqual([target], self.ports("--tcp", f"127.0.0.1:{target}", "--witness", witness))
        self.assertEqual([], self.ports("--witness", witness, "--", "true"))
        self.assertEqual([], self.ports("--witness", witness, "--skip-code", "3", "--", "sh", "-c",
                                        "exit 3"))
        self.assertEqual(["pass", "pass", "skipped"], [one["verdict"] for one in self.events()])

    def test_after_a_failure_a_witness_is_asked_and_the_result_is_not_late(self) -> None:
        target, witness = self.nobody(), self.listener()
        words = ["--witness", f"127.0.0.1:{witness}"]
        took = []
        for _ in range(3):  # one of them is not held up by what else goes on here
            found = self.connections("--tcp", f"127.0.0.1:{target}", *words)
            self.assertEqual([target, witness], [port for port, _ in found])
            took.append(found[1][1] - found[0][1])
        self.assertLess(min(took), 1.0)
        self.assertEqual([witness], self.ports(*words, "--", "false"))
        self.assertEqual(["fail"] * 4, [one["verdict"] for one in self.events()])

    def test_each_attempt_that_fails_is_one_and_the_witness_is_asked_at_the_end(self) -> None:
        target, witness = self.nobody(), self.listener()
        found = self.ports("--tcp", f"127.0.0.1:{target}", "--witness", f"127.0.0.1:{witness}",
                           "--retries", "2", "--retry-delay", "0")
        self.assertEqual([target] * 3 + [witness], found)


@unittest.skipIf(_NO_NETWORK, _NO_NETWORK)
class RouteTest(AwsTest):
    """A runner in a network of its own, which has no route."""

    def open_route(self, pid: int, lead_to: int) -> None:
        """Makes the network of a process one with a way to a server of this one."""
        failures: list[BaseException] = []
        listeners: list[socket.socket] = []

        def enter() -> None:
            try:
                with open(f"/proc/{pid}/ns/net", "rb") as network:
                    if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), _NEW_NETWORK):
                        raise OSError(ctypes.get_errno(), "setns")
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
                    request = struct.pack("16sH14s", b"lo", 0, b"")
                    flags = struct.unpack("16sH14s", fcntl.ioctl(control, _GET_FLAGS, request))[1]
                    fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sH14s", b"lo", flags | _UP, b""))
                listeners.append(socket.create_server(("127.0.0.1", 8080)))
            except BaseException as failure:  # pylint: disable=broad-except
                failures.append(failure)
        # Only this thread changes its network; a socket stays in the one that it was made in.
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        if failures:
            raise failures[0]
        relay = threading.Thread(target=self._relay, args=(listeners[0], lead_to), daemon=True)
        relay.start()
        self.addCleanup(listeners[0].close)

    @staticmethod
    def _relay(listener: socket.socket, port: int) -> None:
        def copy(source: socket.socket, target: socket.socket) -> None:
            try:
                while data := source.recv(65536):
                    target.sendall(data)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", port), 10)
            for pair in ((client, server), (server, client)):
                threading.Thread(target=copy, args=pair, daemon=True).start()

    def test_without_a_route_it_is_unknown_and_told_once_there_is_one(self) -> None:
        aws = self.fake()
        process = self.start(
            "--net", os.environ["SLA_RUNNER"], *self.sinks(aws), "--every", "1", "--tcp",
            "127.0.0.1:1", "--witness", "127.0.0.1:8080", program="unshare",
            environment=aws.environment() | {"AWS_ENDPOINT_URL": "http://127.0.0.1:8080"})
        process.wait_for_line("verdict=unknown")
        process.wait_for_line("not delivered|next attempt|retry_seconds")
        self.assertEqual([], self.events(aws))
        self.open_route(process.pid, aws.port)
        process.wait_for_line("verdict=fail")
        wait_until(lambda: any(one["verdict"] == "fail" for one in self.events(aws)), 120.0,
                   process.describe)
        process.stop()
        first, last = self.events(aws)[0], self.events(aws)[-1]
        self.assertEqual(("unknown", False, "connect"),
                         (first["verdict"], first["counted"], first["cause"]))
        self.assertIn("no witness can be reached either", str(first["reason"]))
        self.assertEqual("fail", last["verdict"])
        self.assertNotIn("counted", last)
