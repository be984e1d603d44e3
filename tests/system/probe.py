# SPDX-License-Identifier: MIT
# Covers: app/settings/probe.hpp, app/program_executor.hpp
"""The probes of the real program: what they ask and measure, and each cause of a failure, from
servers with one fault each."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import unittest
from collections.abc import Callable
from pathlib import Path

from aws_case import Proxy
from certificates import Authority
from name_server import A, AAAA, NameServer
from runner_process import Finished
from store_case import StoreTest, wait_until

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwell\n"
_PHASES = ("resolveMs", "connectMs", "tlsMs", "processingMs", "transferMs")
_ENTER = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'


class Server:
    """Takes connections on 127.0.0.1 and hands each, once its head has come, to a function. With a
    context it speaks TLS. `requests` lists what was sent; a function that returns True keeps it."""

    def __init__(self, answer: Callable[[socket.socket], object],
                 context: ssl.SSLContext | None = None, hears: bool = True) -> None:
        self._answer, self._context, self._hears = answer, context, hears
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Ends it and its connections."""
        with contextlib.suppress(OSError):  # it is closed already
            self._listener.shutdown(socket.SHUT_RDWR)
        for one in [self._listener, *self._open]:
            one.close()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(peer)
            threading.Thread(target=self._attend, args=(peer,), daemon=True).start()

    def _attend(self, peer: socket.socket) -> None:
        try:
            if self._context:
                peer = self._context.wrap_socket(peer, server_side=True)
                self._open.append(peer)
            while self._exchange(peer):
                pass
        except OSError:
            pass

    def _exchange(self, peer: socket.socket) -> object:
        request = b""
        while self._hears and b"\r\n\r\n" not in request:
            block = peer.recv(65536)
            if not block:
                peer.close()
                return False
            request += block
        self.requests.append(request)
        return self._answer(peer)


def says(answer: bytes, stays: bool = False) -> Callable[[socket.socket], object]:
    """Sends an answer, and ends the connection unless it stays."""
    def send(peer: socket.socket) -> object:
        peer.sendall(answer)
        if not stays:
            peer.close()
        return stays
    return send


def reset(peer: socket.socket) -> None:
    """Tears a connection down."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()


def nothing(peer: socket.socket) -> None:
    """Leaves a connection as it is."""


class ProbeTest(StoreTest):
    """One server, one store."""

    def serve(self, answer: Callable[[socket.socket], object], kind: str = "",
              hears: bool = True) -> Server:
        """A server, with a certificate of that kind."""
        context = self.certificates().leaf(kind=kind).server_context() if kind else None
        server = Server(answer, context, hears)
        self.addCleanup(server.close)
        return server

    def certificates(self) -> Authority:
        """The authority of this test."""
        if not hasattr(self, "_authority"):
            self._authority = Authority(self.temporary_directory())
        return self._authority

    def ask(self, server: Server, *arguments: str, scheme: str = "http",
            **environment: str) -> Finished:
        """One run against the server."""
        if scheme.lower() == "https":
            environment.setdefault("SSL_CERT_FILE", str(self.certificates().ca_file))
        return self.run_once("--url", f"{scheme}://127.0.0.1:{server.port}/health", *arguments,
                             **environment)

    def failure(self) -> tuple[str, str, str]:
        """Verdict, cause and reason of the last event; the log and the runner's lines have the
        reason too."""
        event = self.events()[-1]
        self.assertEqual((False, 1), (event["succeeded"], event["exitCode"]))
        logs = [path.read_text() for path in self.logs("FAILURE")]
        self.assertTrue(any(str(event["reason"]) in log for log in logs), logs)
        return str(event["verdict"]), str(event["cause"]), str(event["reason"])


class PassTest(ProbeTest):
    """What passes, and what of it is told."""

    def test_a_pass_has_its_phases_and_the_answer_is_its_log(self) -> None:
        for scheme, kind in (("http", ""), ("https", "good"), ("HTTPS", "good")):
            server = self.serve(says(_OK), kind)
            finished = self.ask(server, "--expect-body", "well", scheme=scheme)
            self.assertEqual(0, finished.code, finished.err_text)
            self.assertEqual(b"", finished.out)
            event = self.events()[-1]
            probe = event["probe"]
            assert isinstance(probe, dict)
            self.assertEqual(("pass", 0), (event["verdict"], event["exitCode"]))
            self.assertNotIn("cause", event)
            self.assertEqual((200, "127.0.0.1"), (probe["status"], probe["ip"]))
            phases = [probe[phase] for phase in _PHASES if phase in probe]
            self.assertEqual((4, 5)[kind == "good"], len(phases))
            self.assertLessEqual(sum(phases), int(str(event["durationMs"])))
            self.assertIn(probe.get("certDays"), (1, 2) if kind else (None,))
            [request] = server.requests
            self.assertTrue(request.startswith(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:"), request)
        self.assertEqual([_OK, _OK, _OK], [path.read_bytes() for path in self.logs("SUCCESS")])

    def test_the_sum_of_the_phases_is_the_duration(self) -> None:
        server = self.serve(says(_OK), "good")
        process = self.start_job("--url", f"https://127.0.0.1:{server.port}/", "--delay", "0",
                                 SSL_CERT_FILE=str(self.certificates().ca_file))
        self.wait_for_events(20, process)
        self.assertEqual(0, process.stop().code)
        off = []
        for event in self.events():
            probe = event["probe"]
            assert isinstance(probe, dict)
            off.append(int(str(event["durationMs"])) - sum(probe[phase] for phase in _PHASES))
        self.assertGreaterEqual(min(off), 0)
        self.assertLessEqual(sorted(off)[len(off) // 2], 5)  # a busy machine adds to some of them

    def test_a_connection_is_kept_only_if_that_is_asked_for(self) -> None:
        for arguments, few in (([], False), (["--keep-alive"], True)):
            server = self.serve(says(_OK, stays=True))
            before = len(self.events())
            process = self.start_job("--url", f"http://127.0.0.1:{server.port}/", "--delay", "0",
                                     *arguments)
            self.wait_for_events(before + 5, process)
            process.stop()
            self.assertEqual(few, server.connections == 1, server.connections)

    def test_a_certificate_with_few_days_left_is_a_degraded_pass(self) -> None:
        server = self.serve(says(_OK), "good")
        finished = self.ask(server, "--cert-days", "14", scheme="https")
        self.assertEqual(0, finished.code, finished.err_text)
        event = self.event()
        self.assertEqual((True, True, "cert"),
                         (event["succeeded"], event["degraded"], event["cause"]))
        self.assertRegex(str(event["reason"]), r"^the certificate of 127\.0\.0\.1:\d+ expires in "
                                               r"\d days?, expected at least 14 days$")
        self.assertEqual(0, self.ask(server, "--cert-days", "1", scheme="https").code)
        self.assertNotIn("degraded", self.events()[-1])

    def test_the_request_is_as_the_settings_say_and_what_is_secret_is_shown_nowhere(self) -> None:
        server = self.serve(says(_OK))
        file = self.folder / "body"
        file.write_text("secret-body")
        words = ["--url", f"http://me:secret-word@127.0.0.1:{server.port}/a?key=secret-key",
                 "--header", "X-Token: secret-token", "--header", "Accept: text/html",
                 "--body", f"@{file}"]
        finished = self.run_once(*words)
        self.assertEqual(0, finished.code, finished.err_text)
        [request] = server.requests
        for part in (b"POST /a?key=secret-key HTTP/1.1\r\n", b"X-Token: secret-token\r\n",
                     b"Authorization: Basic bWU6c2VjcmV0LXdvcmQ=\r\n", b"Accept: text/html\r\n"):
            self.assertIn(part, request)
        shown = self.run_to_end("--print-settings", *self.job(*words, "--once"))
        dry = self.run_to_end(*self.job(*words, "--dry-run"))
        wrong = self.run_to_end(*self.job("--url", "https://me:secret@h h/?a=secret", "--header",
                                          "secret", "--once"))
        self.assertEqual([0, 0, 78], [shown.code, dry.code, wrong.code], wrong.err_text)
        self.assertIn(f"http://***@127.0.0.1:{server.port}/a?***", shown.out_text)
        for one in (finished, shown, dry, wrong):
            self.assertNotIn("secret", one.out_text + one.err_text)
        for path in self.store.rglob("*"):
            self.assertNotIn("secret", path.read_text() if path.is_file() else "")

    def test_redirects_are_followed_as_often_as_is_said(self) -> None:
        def answer(peer: socket.socket) -> object:
            first = b"GET /health" in server.requests[-1]
            return says(b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
                        if first else _OK)(peer)
        server = self.serve(answer)
        self.assertEqual(1, self.ask(server).code)
        self.assertEqual(("fail", "status", "http status 302, expected 200-299; redirects are not "
                          "followed"), self.failure())
        self.assertEqual(0, self.ask(server, "--max-redirects", "1").code)
        self.assertEqual(0, self.ask(server, "--expect-status", "302,404").code)

    def test_the_text_is_looked_for_in_the_last_answer_alone(self) -> None:
        def answer(peer: socket.socket) -> object:
            first = b"GET /health" in server.requests[-1]
            return says(b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 6\r\n\r\nneedle"
                        if first else _OK)(peer)
        server = self.serve(answer)
        self.assertEqual(1, self.ask(server, "--max-redirects", "1", "--expect-body",
                                     "needle").code)
        self.assertEqual(("fail", "body", 'the answer lacks the text "needle"'), self.failure())
        event = self.events()[-1]
        assert isinstance(event["probe"], dict)
        self.assertEqual(200, event["probe"]["status"])
        self.assertEqual(0, self.ask(server, "--max-redirects", "1", "--expect-body", "well").code)
        redirect = self.ask(server, "--expect-status", "302", "--expect-body", "needle")
        self.assertEqual(0, redirect.code, redirect.err_text)

    def test_a_proxy_is_used_as_for_aws(self) -> None:
        server = self.serve(says(_OK), "good")
        proxy = Proxy(server.port)
        self.addCleanup(proxy.close)
        finished = self.run_once("--url", "https://localhost:1/", HTTPS_PROXY=proxy.url,
                                 SSL_CERT_FILE=str(self.certificates().ca_file))
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual(["CONNECT localhost:1"], proxy.asked)

    def test_a_port_is_connected_to_and_nothing_is_sent(self) -> None:
        server = self.serve(nothing)
        finished = self.run_once("--tcp", f"127.0.0.1:{server.port}")
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual([], server.requests)
        self.assertEqual({"ip", "resolveMs", "connectMs"}, set(self.event()["probe"]))
        self.assertIn(b"connected to", self.log())
        server.close()
        self.assertEqual(1, self.run_once("--tcp", f"127.0.0.1:{server.port}").code)
        self.assertEqual(("fail", "connect", f"127.0.0.1:{server.port} refused the connection"),
                         self.failure())


class CauseTest(ProbeTest):
    """One fault for each phase."""

    def test_what_a_server_answers_has_its_cause(self) -> None:
        body = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"
        for answer, arguments, cause, reason in (
                (says(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"), [], "status",
                 "http status 503, expected 200-299"),
                (says(_OK), ["--expect-body", "fine"], "body", 'the answer lacks the text "fine"'),
                (says(body), [], "body", "was cut off after 5 bytes"),
                (says(b"SSH-2.0-x\r\n"), [], "status", "is not HTTP"),
                (says(b""), [], "connect", "closed the connection without an answer"),
                (reset, [], "connect", "reset the connection before it answered")):
            with self.subTest(reason):
                server = self.serve(answer)
                self.assertEqual(1, self.ask(server, *arguments).code)
                verdict, found, why = self.failure()
                self.assertEqual(("fail", cause), (verdict, found))
                self.assertIn(reason, why)

    def test_what_is_wrong_with_tls_has_its_cause(self) -> None:
        for kind, cause, reason in (
                ("expired", "cert", r"the certificate of \S+ expired \d{4} days ago"),
                ("self-signed", "cert", r"the certificate of \S+ is self-signed; trusted are .*pem"),
                ("wrong-name", "cert", r"the certificate of \S+ is for another host"),
                ("", "tls", r"no TLS with \S+: .+")):
            with self.subTest(kind):
                server = self.serve(says(_OK), kind, hears=bool(kind))
                self.assertEqual(1, self.ask(server, scheme="https").code)
                verdict, found, why = self.failure()
                self.assertEqual(("fail", cause), (verdict, found), why)
                self.assertRegex(why, reason)
                self.assertEqual([], [one for one in server.requests if b"GET" in one])
        probe = self.events()[0]["probe"]
        assert isinstance(probe, dict)
        self.assertLess(probe["certDays"], -1000)
        other = Authority(self.temporary_directory())
        server = self.serve(says(_OK), "good")
        self.ask(server, scheme="https", SSL_CERT_FILE=str(other.ca_file))
        self.assertRegex(self.failure()[2], "is signed by an unknown authority; trusted are those in ")

    def test_a_timeout_says_in_which_phase(self) -> None:
        full = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.addCleanup(full.close)
        for _ in range(4):  # the kernel takes one more than the backlog, and then no more
            one = socket.socket()
            one.setblocking(False)
            self.addCleanup(one.close)
            one.connect_ex(full.getsockname())
        part = says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", stays=True)
        for port, scheme, reason in (
                (full.getsockname()[1], "http", "while connecting to "),
                (self.serve(nothing).port, "https", "in the TLS handshake with "),
                (self.serve(nothing).port, "http", "while waiting for the answer of "),
                (self.serve(part).port, "http", "came in, after 5 bytes")):
            with self.subTest(reason):
                finished = self.run_once("--url", f"{scheme}://127.0.0.1:{port}/", "--timeout", "3",
                                         SSL_CERT_FILE=str(self.certificates().ca_file))
                self.assertEqual(1, finished.code)
                verdict, cause, why = self.failure()
                self.assertEqual(("timeout", "timeout"), (verdict, cause))
                self.assertTrue(why.startswith("timeout after 3 s "), why)
                self.assertIn(reason, why)

    def test_a_spool_keeps_what_was_found_out(self) -> None:
        server = self.serve(says(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"))
        self.store.write_text("in the way")
        spool = ["--spool", str(self.folder / "spool"), "--stop-timeout", "1"]
        self.assertEqual(75, self.ask(server, *spool).code)
        self.store.unlink()
        self.assertEqual(1, self.ask(server, *spool).code)
        for event in self.events():
            probe = event["probe"]
            assert isinstance(probe, dict)
            self.assertEqual(("status", 503), (event["cause"], probe["status"]))
        self.assertEqual(2, len(self.events()))

    def test_a_stop_cuts_it_at_once_and_then_it_is_no_result(self) -> None:
        server = self.serve(nothing)
        process = self.start_job("--url", f"http://127.0.0.1:{server.port}/", "--timeout", "0",
                                 "--delay", "1")
        process.wait_for_line("run starts")
        wait_until(lambda: server.requests)
        finished = process.stop(signal.SIGTERM)
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertIn("verdict=interrupted", finished.err_text)
        self.assertEqual([], self.events())


def _why_not() -> str:
    """Why name servers cannot be put in place here; empty where they can."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return "a name server of one's own needs root and unshare"
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True,
                          check=False)
    return done.stderr.strip() if Path("/etc/resolv.conf").exists() else "no /etc/resolv.conf"


_REASON = _why_not()


@unittest.skipIf(_REASON, _REASON)
class NameTest(ProbeTest):
    """A name that does not exist is told from DNS that does not answer."""

    def ask_by_name(self, *arguments: str, **options: object) -> tuple[str, str, str]:
        """One run where there is such a name server."""
        server = NameServer(**options)  # type: ignore[arg-type]
        self.addCleanup(server.close)
        file = self.temporary_directory() / "resolv.conf"
        file.write_text(f"nameserver {server.address}\noptions timeout:1 attempts:1\n")
        process = self.start("--mount", "sh", "-c", _ENTER, "sh", str(file),
                             os.environ["SLA_RUNNER"], *self.job("--once", *arguments),
                             program="unshare", directory=self.folder)
        self.assertEqual(1, process.wait().code)
        return self.failure()

    def test_a_name_that_does_not_exist(self) -> None:
        self.assertEqual(("fail", "dns", "the name nowhere.test does not exist"),
                         self.ask_by_name("--url", "http://nowhere.test/", empty=True))

    def test_a_name_server_that_does_not_answer(self) -> None:
        self.assertEqual(("fail", "dns", "DNS does not answer: the name shop.test could not be "
                          "resolved"), self.ask_by_name("--tcp", "shop.test:80", silent=(A, AAAA)))

    def test_a_timeout_while_the_name_is_resolved(self) -> None:
        self.assertEqual(("timeout", "timeout",
                          "timeout after 0.5 s while resolving the name shop.test"),
                         self.ask_by_name("--url", "https://shop.test/", "--timeout", "0.5",
                                          silent=(A, AAAA)))


class SettingsTest(ProbeTest):
    """What is wrong is one sentence."""

    def problems(self, *arguments: str) -> list[str]:
        """The lines of a start that is refused."""
        finished = self.run_to_end(*self.job("--once", *arguments))
        self.assertEqual((78, b""), (finished.code, finished.out), finished.err_text)
        return finished.err_text.splitlines()

    def test_each_wrong_value_is_one_sentence(self) -> None:
        url = ("--url", "http://127.0.0.1:1/")
        for arguments, problem in (
                (("--url", "shop.example"), "URL (--url): 'shop.example' is no URL such as "
                 "https://shop.example/health"),
                (("--tcp", "shop.example"), "TCP (--tcp): 'shop.example' is no host and port such "
                 "as db.example:5432 or [::1]:5432"),
                ((*url, "--method", "get"), "Method (--method): 'get' is no method such as GET, "
                 "HEAD or POST"),
                (("--url", "http://b\u00fccher.example/"), "URL (--url): 'http://b\u00fccher.example/' has a "
                 "host that is not ASCII; write it as xn--..."),
                ((*url, "--method", "HEAD", "--expect-body", "x"), "Expect Body (--expect-body) needs "
                 "another method than HEAD, which has no body"),
                ((*url, "--header", "x"), "Header (--header): *** is no header such as "
                 "'Accept: text/html'"),
                ((*url, "--body", "@/nowhere"), "Body: /nowhere: No such file or directory"),
                ((*url, "--expect-status", "2xx"), "Expect Status (--expect-status): '2xx' are no "
                 "HTTP statuses from 100 to 599, such as 200-299,304"),
                ((*url, "--max-redirects", "-1"), "Max Redirects (--max-redirects): '-1' is no "
                 "whole number from 0 to 10000"),
                ((*url, "--cert-days", "x"), "Cert Days (--cert-days): 'x' is no whole number from "
                 "0 to 10000"),
                ((*url, "--command", "true"), "Command (--command) and URL (--url) exclude each "
                 "other: give one of them"),
                ((*url, "--tcp", "localhost:1"), "URL (--url) and TCP (--tcp) exclude each other: "
                 "give one of them"),
                (("--header", "A: b", "--", "true"), "Header (--header) is for a URL (--url): give "
                 "one"),
                ((), "Command ($SLARUNNER_COMMAND) is a required argument")):
            with self.subTest(problem):
                self.assertEqual([problem], self.problems(*arguments))
