# SPDX-License-Identifier: MIT
"""Secrets that the real program loaded itself show nowhere, in whatever form a command or a server
writes them; the command has them as they are."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import sys
import threading
import urllib.parse
from pathlib import Path

from aws_case import BUCKET, SERVICE, AwsTest
from fake_aws import FakeAws
from runner_process import Finished

_TOKEN = 'hunter2 of/the+"store"? ~\u00e4'
# Writes it in many forms, once byte by byte, and what it is by its hash.
_WRITER = """
import base64, hashlib, json, os, sys, urllib.parse
token = os.environ["TOKEN"]
raw = token.encode()
print(f"plain {token} | size={len(raw)}", flush=True)
for before in (b"", b"u", b"us", b"user:"):
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        print("base64", encode(before + raw).decode(), flush=True)
        print("base64", encode(before + raw + b"@host").decode(), flush=True)
for text in (urllib.parse.quote(token), urllib.parse.quote(token, safe=""),
             urllib.parse.quote_plus(token), urllib.parse.quote(token, safe="").lower(),
             "".join(f"%{byte:02X}" for byte in raw)):
    print("percent", text, flush=True)
print("json", json.dumps({"token": token}, ensure_ascii=False), flush=True)
for at in range(len(raw)):
    os.write(1, raw[at:at + 1])
for at in range(0, len(raw), 3):
    os.write(1 + at % 2, raw[at:at + 3])
print("", os.environ["STAGE"], os.environ["PIN"], flush=True)
print(hashlib.sha256(raw).hexdigest(), flush=True)
os.write(1, raw[:9])
sys.exit(int(sys.argv[1]))
"""
_FORMS = ("hunter2", "2 of/the", "2+of", "%68%75", "dW50ZXIy", "h1bnRlcj", "aHVudGVyMi", "%22store",
          "of%2fthe", "of/the")


class MaskingTest(AwsTest):
    """A fake of SSM, S3 and SNS, a store and a spool."""

    def setUp(self) -> None:
        self.folder = self.temporary_directory()

    def parameters(self, aws: FakeAws) -> dict[str, str]:
        """Puts the parameters; the environment that loads them."""
        for name, value, kind in (("TOKEN", _TOKEN, "SecureString"), ("PIN", "p9q7", "SecureString"),
                                  ("STAGE", "production", "String")):
            aws.put_parameter(f"/prod/shop/{name}", value, kind)
        return {"SLARUNNER_SSMNAME": "/prod/shop/"}

    def write(self, aws: FakeAws, *arguments: str, code: int = 0, **environment: str) -> Finished:
        """One run of the writer."""
        (self.folder / "writer.py").write_text(_WRITER)
        return self.start_job(
            aws, "--once", "--store", str(self.folder / "store"), "--exit-codes", "nagios",
            *arguments, "--", sys.executable, str(self.folder / "writer.py"), str(code),
            environment=self.parameters(aws) | environment).wait(120)

    def assert_masked(self, text: str) -> None:
        """Nothing of the secret is left but what is too short to be told from other text."""
        for form in _FORMS:
            self.assertNotIn(form, text.replace("hunter2 o", ""))  # of the last words, no secret

    def assert_written(self, log: str) -> None:
        """The log is what was written, but for the secret."""
        self.assert_masked(log)
        lines = log.split("\n")
        self.assertEqual("plain *** | size=" + str(len(_TOKEN.encode())), lines[0])
        self.assertEqual(("base64 ***", 'json {"token": "***"}'), (lines[1], lines[22]))
        self.assertEqual(["percent ***"] * 5, lines[17:22])
        self.assertEqual(["****** production p9q7",
                          hashlib.sha256(_TOKEN.encode()).hexdigest(), "hunter2 o"], lines[23:])

    def files(self, folder: Path) -> str:
        """All that stands in a folder."""
        return "".join(path.read_bytes().decode("utf-8", "replace")
                       for path in folder.rglob("*") if path.is_file())

    def test_a_secret_of_a_command_shows_nowhere(self) -> None:
        aws = self.fake()
        finished = self.write(aws)
        self.assertEqual(0, finished.code, finished.err_text)
        self.assert_written(finished.out_text)
        [stored] = aws.objects(BUCKET).values()
        self.assertEqual(finished.out, stored.body)
        self.assertEqual("plain ***", self.event(aws)["message"])
        self.assert_masked(json.dumps(self.event(aws)) + finished.err_text)
        self.assert_masked(self.files(self.folder / "store"))
        warnings = [line for line in finished.err_text.splitlines() if "not masked" in line]
        self.assertEqual(1, len(warnings), finished.err_text)
        self.assertIn("the value of the parameter /prod/shop/PIN has less than 6 bytes", warnings[0])
        self.assertNotIn("p9q7", finished.err_text)

    def test_it_shows_in_no_file_of_a_spool(self) -> None:
        nobody = {f"AWS_ENDPOINT_URL_{service}": "http://127.0.0.1:1" for service in ("S3", "SNS")}
        finished = self.write(self.fake(), "--spool", str(self.folder / "spool"), code=2,
                              SLARUNNER_STOPTIMEOUT="2", **nobody)
        self.assertEqual(75, finished.code, finished.err_text)
        spool = self.files(self.folder / "spool")
        self.assertIn("plain ***", spool)
        self.assert_masked(spool + finished.err_text)

    def test_a_limit_leaves_no_half_of_it(self) -> None:
        aws = self.fake()
        for limit in range(2, 60, 7):
            finished = self.write(aws, "--log-limit", str(limit))
            self.assertEqual(0, finished.code, finished.err_text)
            self.assert_written(finished.out_text)
        for stored in aws.objects(BUCKET).values():
            self.assert_masked(stored.body.decode("utf-8", "replace"))

    def test_without_secrets_each_byte_stays(self) -> None:
        aws = self.fake()
        (self.folder / "writer.py").write_text(_WRITER)
        finished = self.start_job(
            aws, "--once", "--", sys.executable, str(self.folder / "writer.py"), "0",
            environment={"TOKEN": _TOKEN, "PIN": "p9q7", "STAGE": "production"}).wait(120)
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertIn(_TOKEN, finished.out_text)
        [stored] = aws.objects(BUCKET).values()
        self.assertEqual(finished.out, stored.body)

    def test_what_a_probe_sends_is_masked_in_its_answer(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        heads: list[bytes] = []

        def echo() -> None:
            for _ in range(2):
                peer, _ = listener.accept()
                with peer:
                    head = b""
                    while b"\r\n\r\n" not in head:
                        head += peer.recv(65536)
                    heads.append(head)
                    peer.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nX-Echo: " +
                                 base64.b64encode(b"you are me:pass/word!") + b"\r\n\r\n" + head)
        thread = threading.Thread(target=echo, daemon=True)
        thread.start()
        aws = self.fake()
        password = urllib.parse.quote("pass/word!", safe="")
        url = f"http://me:{password}@127.0.0.1:{listener.getsockname()[1]}/?api_key=0123456789"
        words = ["--once", "--url", url, "--header", "X-Token: let-me-in", "--header",
                 "Accept: text/html"]
        for more, code in (([], 0), (["--expect-body", "no let-me-in"], 1)):
            finished = self.start_job(aws, *words, *more).wait(120)
            self.assertEqual(code, finished.code, finished.err_text)
            for secret in ("let-me-in", "0123456789", "pass/word", "cGFzcy93b3Jk"):
                self.assertNotIn(secret, finished.err_text + json.dumps(self.events(aws)))
        thread.join(60)
        self.assertIn(b"X-Token: let-me-in\r\n", heads[0])
        self.assertEqual('the answer lacks the text "no ***"', self.events(aws)[-1]["reason"])
        for key, stored in aws.objects(BUCKET).items():
            self.assertTrue(key.startswith(SERVICE), key)
            for part in (b"GET /?api_key=*** HTTP/1.1\r\n", b"Authorization: Basic ***\r\n",
                         b"X-Token: ***\r\n", b"Accept: text/html\r\n"):
                self.assertIn(part, stored.body)
            self.assertNotIn(b"let-me-in", stored.body)
            self.assertNotIn(b"XNzL3dvcmQ", stored.body)
