# SPDX-License-Identifier: MIT
"""The base of the system tests that need the loopback fake of AWS, and a proxy into it."""

from __future__ import annotations

import json
import select
import socket
import ssl
import threading
from collections.abc import Mapping

from fake_aws import FakeAws
from runner_process import Finished, RunnerProcess, RunnerTest

SERVICE = "shop"
TOPIC = "results"
BUCKET = "logs"


class AwsTest(RunnerTest):
    """Runs the program against fakes of AWS that hold a topic and a bucket."""

    def fake(self, tls: bool = False, **options: object) -> FakeAws:
        """A fake with a topic and a bucket; it ends with the test, which fails if the fake did."""
        aws = FakeAws(tls, **options)  # type: ignore[arg-type]
        self.addCleanup(aws.__exit__, None, None, None)
        aws.create_topic(TOPIC)
        aws.create_bucket(BUCKET)
        return aws

    @staticmethod
    def topic(aws: FakeAws, name: str = TOPIC) -> str:
        """The ARN of a topic."""
        return f"arn:aws:sns:{aws.region}:{aws.account}:{name}"

    def sinks(self, aws: FakeAws) -> list[str]:
        """The settings that publish to the fake's topic and bucket."""
        return ["--service", SERVICE, "--sns-topic-arn", self.topic(aws),
                "--s3-bucket-name", BUCKET]

    def start_job(self, aws: FakeAws, *arguments: str,
                  environment: Mapping[str, str] | None = None) -> RunnerProcess:
        """Starts the program with topic, bucket and these arguments."""
        return self.start(*self.sinks(aws), *arguments,
                          environment=aws.environment() | dict(environment or {}))

    def run_once(self, aws: FakeAws, *arguments: str, command: str = "echo hello",
                 environment: Mapping[str, str] | None = None, seconds: float = 120.0) -> Finished:
        """One run of a command text with topic and bucket. What cannot be delivered is given up
        after a few seconds."""
        limit = {"SLARUNNER_STOPTIMEOUT": "3"}
        process = self.start_job(aws, "--once", "--command", command, *arguments,
                                 environment=limit | dict(environment or {}))
        return process.wait(seconds)

    def events(self, aws: FakeAws, name: str = TOPIC) -> list[dict[str, object]]:
        """The events on a topic, read."""
        return [json.loads(message.message) for message in aws.messages(self.topic(aws, name))]

    def arrived(self, aws: FakeAws) -> list[str]:
        """The runs whose event arrived, in the order in which each did first: an event whose answer
        is cut off comes twice."""
        return list(dict.fromkeys(str(event["runId"]) for event in self.events(aws)))

    def event(self, aws: FakeAws, name: str = TOPIC) -> dict[str, object]:
        """The only event on a topic."""
        events = self.events(aws, name)
        self.assertEqual(1, len(events), events)
        return events[0]


class Proxy:
    """An HTTP proxy that leads every CONNECT to one port of this machine, whatever its name: what
    asks for AWS's own host names then reaches the fake. `asked` lists what was asked for; `port`
    may change. With a context it speaks TLS itself."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None) -> None:
        self.port = port
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        self.asked: list[str] = []
        self._open: list[socket.socket] = [self._listener]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def lead_to(self, port: int) -> None:
        """Ends every connection; those that follow are led to another port."""
        self.port = port
        self._end(self._open[1:])

    @staticmethod
    def _end(connections: list[socket.socket]) -> None:
        for sock in connections:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self) -> None:
        """Ends every connection."""
        self._end(list(self._open))
        for thread in list(self._threads):
            thread.join(10)
        for sock in self._open:
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        try:
            if self._context:
                client = self._context.wrap_socket(client, server_side=True)
                self._open.append(client)
            head = b""
            while b"\r\n\r\n" not in head:
                if not (data := client.recv(4096)):
                    return
                head += data
            method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
            self.asked.append(f"{method} {target}")
            server = socket.create_connection(("127.0.0.1", self.port), 10)
            self._open.append(server)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            while True:
                pending = isinstance(client, ssl.SSLSocket) and client.pending()
                for ready in [client] if pending else select.select([client, server], [], [])[0]:
                    if not (data := ready.recv(65536)):
                        server.close()
                        return
                    (server if ready is client else client).sendall(data)
        except (OSError, ValueError):
            return
        finally:
            client.close()
