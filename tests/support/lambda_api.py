# SPDX-License-Identifier: MIT
"""A runtime API of Lambda, which hands out invocations and keeps how they were answered."""

from __future__ import annotations

import http.server
import json
import threading
import time
from dataclasses import dataclass, field

_BASE = "/2018-06-01/runtime/"


@dataclass
class Answer:
    """What the program posted."""

    path: str
    body: dict[str, object]
    error_type: str | None
    at: float


@dataclass
class Api:
    """The runtime API: invocations are handed out one after the other; the last one that is asked
    for never comes, or comes as `end`."""

    payloads: list[str] = field(default_factory=list)
    seconds: float = 60
    statuses: dict[str, int] = field(default_factory=dict)  # of the answers, by a part of the path
    end: int | None = None
    answers: list[Answer] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # pylint: disable=invalid-name
                assert self.path == _BASE + "invocation/next", self.path
                api.asked += 1
                if api.asked > len(api.payloads):
                    if api.end is not None:
                        self.reply(api.end, b"{}")
                        return
                    api.over.wait()
                    self.close_connection = True
                    return
                deadline = int((time.time() + api.seconds) * 1000)
                self.reply(200, api.payloads[api.asked - 1].encode(), {
                    "Lambda-Runtime-Aws-Request-Id": f"id-{api.asked}",
                    "Lambda-Runtime-Deadline-Ms": str(deadline),
                    "Lambda-Runtime-Trace-Id": f"Root=1-{api.asked}"})

            def do_POST(self) -> None:  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers["content-length"]))
                api.answers.append(Answer(
                    self.path.removeprefix(_BASE), json.loads(body),
                    self.headers.get("lambda-runtime-function-error-type"), time.time()))
                self.reply(next((status for part, status in api.statuses.items()
                                 if self.path.endswith(part)), 202), b"{}")

            def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.over = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"
