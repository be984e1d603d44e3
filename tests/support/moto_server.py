# SPDX-License-Identifier: MIT
"""A server of moto, an AWS that others wrote, for tests that are skipped where it is not there."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store_case import wait_until

try:
    import boto3
except ImportError:
    boto3 = None


def why_not() -> str:
    """What is missing for such tests; empty where nothing is."""
    if not shutil.which("moto_server"):
        return "moto_server is not on the PATH"
    return "" if boto3 else "boto3, which reads back what moto took in, cannot be imported"


@contextmanager
def moto_server(log: Path, *arguments: str, **settings: str) -> Iterator[int]:
    """A server on a free port of loopback, which lets everybody do everything at first. The settings
    are those that moto takes from its environment."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    environment = dict(os.environ, INITIAL_NO_AUTH_ACTION_COUNT="1000000", **settings)
    with log.open("wb") as out, subprocess.Popen(
            ["moto_server", "-H", "127.0.0.1", "-p", str(port), *arguments], env=environment,
            stdin=subprocess.DEVNULL, stdout=out, stderr=out) as process:
        try:
            wait_until(lambda: answers(port) or process.poll() is not None, 60, log.read_text)
            yield port
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def answers(port: int) -> bool:
    """Whether something listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def check_callers(url: str, ca_file: str | None = None, unchecked: int = 0) -> None:
    """After that many requests one without a good signature, or by somebody who may not, is
    refused."""
    context = ssl.create_default_context(cafile=ca_file) if ca_file else None
    request = urllib.request.Request(f"{url}/moto-api/reset-auth", str(unchecked).encode(),
                                     {"Content-Type": "text/plain"})
    with urllib.request.urlopen(request, timeout=10, context=context) as answer:
        answer.read()


def empty(url: str) -> None:
    """What the server holds is gone."""
    request = urllib.request.Request(f"{url}/moto-api/reset", method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()
