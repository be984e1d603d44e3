# SPDX-License-Identifier: MIT
"""examples/release: one command makes everything that is released, of one version."""

from __future__ import annotations

import email.parser
import email.policy
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import static_build
from cross import setUpModule  # noqa: F401  it needs the same as the tests of aarch64
from runner_process import RunnerTest

SCRIPT = static_build.ROOT / "examples" / "release"
# In place of docker, since the test of the image builds it: writes down what it is asked for.
DOCKER = """#!/bin/sh
echo "$*" >>"$0.asked"
if [ "$1" = save ]; then echo image >"$3"; fi
"""


class Index(ThreadingHTTPServer):
    """A package index: takes what twine uploads, and gives it to pip."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), IndexHandler)
        self.files: dict[str, bytes] = {}
        self.fields: list[dict[str, str]] = []
        self.credentials: set[str] = set()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class IndexHandler(BaseHTTPRequestHandler):
    """One request of twine or pip."""

    server: Index

    def do_POST(self) -> None:
        """An upload in the form of PyPI's legacy API."""
        self.server.credentials.add(self.headers["Authorization"])
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
        fields = {}
        for part in form.iter_parts():  # type: ignore[attr-defined]
            data = part.get_payload(decode=True)
            if part.get_filename():
                self.server.files[part.get_filename()] = data
            else:
                fields[part.get_param("name", header="content-disposition")] = data.decode()
        self.server.fields.append(fields)
        self.answer(b"")

    def do_GET(self) -> None:
        """The list of files, or one of them."""
        name = self.path.rstrip("/").rpartition("/")[2]
        if name in self.server.files:
            self.answer(self.server.files[name])
        else:
            self.answer("".join(f'<a href="/files/{file}">{file}</a>\n'
                                for file in self.server.files).encode(), "text/html")

    def answer(self, body: bytes, kind: str = "application/octet-stream") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *_: object) -> None:
        """Says nothing."""


class ReleaseTest(RunnerTest):
    """What it makes: one release, published where twine is there."""

    index: Index
    out: Path
    docker: Path  # the stand-in, which has what it was asked for
    publishes = shutil.which("twine") is not None

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.index = Index()
        cls.addClassCleanup(cls.index.server_close)
        cls.addClassCleanup(cls.index.shutdown)
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.out, cls.docker = folder / "out", folder / "docker"
        cls.docker.write_text(DOCKER)
        cls.docker.chmod(0o755)
        done = subprocess.run(
            [SCRIPT, *(["--publish"] if cls.publishes else []), cls.out], capture_output=True,
            text=True, check=False, env=os.environ | {
                "PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder),
                "SOURCE_DATE_EPOCH": static_build.DATE, "SLA_COMMIT": "",
                "TWINE_REPOSITORY_URL": f"{cls.index.url}/legacy/", "TWINE_USERNAME": "__token__",
                "TWINE_PASSWORD": "pypi-test"})
        if done.returncode:
            raise AssertionError(done.stdout + done.stderr)

    def test_what_is_published_can_be_installed_from_the_index(self) -> None:
        if not self.publishes or importlib.util.find_spec("pip") is None:
            self.skipTest("twine or pip is not installed")
        made = {path.name: path.read_bytes() for path in self.out.glob("*.whl")}
        self.assertEqual(2, len(made))
        self.assertTrue(made == self.index.files, "other files were uploaded")
        self.assertEqual({"sla-runner"}, {fields["name"] for fields in self.index.fields})
        self.assertEqual({"Basic X190b2tlbl9fOnB5cGktdGVzdA=="}, self.index.credentials)
        home = self.temporary_directory() / "home"
        subprocess.run([sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check",
                        "install", "--no-cache-dir", "--index-url", f"{self.index.url}/simple",
                        "--target", home, "sla-runner"], check=True, capture_output=True,
                       env=os.environ | {"HOME": str(home.parent)})
        self.assertTrue((home / "bin/sla-runner").exists())

    def test_every_artefact_is_made_and_summed(self) -> None:
        host = static_build.program(Path(os.environ["SLA_STATIC"]) / platform.machine())
        version = subprocess.check_output([host, "--version"], text=True).split()[1]
        names = {f"sla-{version}.hpp", f"sla-runner-{version}-image.tar"}
        for arch in ("x86_64", "aarch64"):
            names |= {f"sla-runner-{version}-{arch}", f"sla-runner-{version}-{arch}.spdx.json",
                      f"sla_runner-{version}-py3-none-manylinux_2_17_{arch}.manylinux2014_{arch}."
                      f"musllinux_1_1_{arch}.whl"}
        self.assertEqual(names | {"SHA256SUMS"}, {path.name for path in self.out.iterdir()})
        sums = dict(reversed(line.split("  ")) for line in
                    (self.out / "SHA256SUMS").read_text().splitlines())
        self.assertEqual({name: hashlib.sha256((self.out / name).read_bytes()).hexdigest()
                          for name in names}, sums)
        self.assertEqual(
            [f"build --build-arg SOURCE_DATE_EPOCH={static_build.DATE} --build-arg VERSION={version}"
             f" --build-arg COMMIT= -t sla-runner:{version} .",
             f"save -o {self.out}/sla-runner-{version}-image.tar sla-runner:{version}"],
            Path(f"{self.docker}.asked").read_text().splitlines())

    def test_a_folder_that_holds_something_is_left_alone(self) -> None:
        folder = self.temporary_directory()
        (folder / "kept").touch()
        done = subprocess.run([SCRIPT, folder.name], capture_output=True, text=True, check=False,
                              cwd=folder.parent)
        self.assertEqual((73, f"release: {folder.name} holds something already: name a folder that "
                          "is empty or not there\n"), (done.returncode, done.stderr))
        self.assertTrue((folder / "kept").exists())


if __name__ == "__main__":
    unittest.main()
