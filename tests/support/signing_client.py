# SPDX-License-Identifier: MIT
"""A client for tests of the fake: signs with `sigv4_check`, and can get every part of it wrong.

It must not be used to test the library's signer or the check of signatures themselves; those are
held against published vectors.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
import time
import urllib.parse
from dataclasses import dataclass, field

import sigv4_check as sigv4
from fake_aws import FakeAws


@dataclass
class Answer:
    """An answer that was read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def code(self) -> str:
        """The error's code, from XML or JSON; 'ok' for a 2xx."""
        if self.status < 300:
            return "ok"
        if self.body.startswith(b"{"):
            document = json.loads(self.body)
            return str(document.get("__type", document.get("code", ""))).partition("#")[2] or str(
                document.get("code"))
        return self.element("Code") or f"{self.status}"

    def element(self, name: str) -> str | None:
        """The text of the first XML element with this name."""
        found = re.search(f"<{name}>(.*?)</{name}>", self.text, re.DOTALL)
        return found.group(1) if found else None


@dataclass
class Client:
    """One kept-alive connection; its fields may be changed to sign wrongly."""

    aws: FakeAws
    access_key: str = ""
    secret: str = ""
    token: str | None = None
    region: str = ""
    time_offset: float = 0.0
    scope_date: str | None = None
    service: str | None = None
    unsigned: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.access_key = self.access_key or self.aws.key.access_key
        self.secret = self.secret or self.aws.key.secret
        self.region = self.region or self.aws.region
        self.connection = self._connect()

    def _connect(self) -> http.client.HTTPConnection:
        if self.aws.ca_file is None:
            return http.client.HTTPConnection("127.0.0.1", self.aws.port, timeout=20)
        context = ssl.create_default_context(cafile=self.aws.ca_file)
        return http.client.HTTPSConnection("127.0.0.1", self.aws.port, context=context, timeout=20)

    def signed(self, service: str, method: str, target: str, headers: dict[str, str],
               body: bytes) -> dict[str, str]:
        """The headers with a signature."""
        timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + self.time_offset))
        headers = {"Host": f"127.0.0.1:{self.aws.port}", "X-Amz-Date": timestamp} | headers
        if self.token is not None:
            headers["X-Amz-Security-Token"] = self.token
        if service == "s3":
            headers.setdefault("X-Amz-Content-Sha256", sigv4.sha256_hex(body))
        scope = sigv4.Scope(self.scope_date or timestamp[:8], self.region, self.service or service)
        names = sorted({name.lower() for name in headers} - self.unsigned)
        path, _, query = target.partition("?")
        canonical = sigv4.canonical_request(
            method, path, query, list(headers.items()), names,
            headers.get("X-Amz-Content-Sha256", sigv4.sha256_hex(body)))
        text = sigv4.string_to_sign(timestamp, scope, canonical)
        headers["Authorization"] = (
            f"{sigv4.ALGORITHM} Credential={self.access_key}/{scope}, SignedHeaders="
            f"{';'.join(names)}, Signature={sigv4.signature(self.secret, scope, text)}")
        return headers

    def send(self, method: str, target: str, headers: dict[str, str] | None = None,
             body: bytes = b"") -> Answer:
        """Sends a request as it is, without signing it."""
        self.connection.putrequest(method, target, skip_host="Host" in (headers or {}),
                                   skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            self.connection.putheader(name, value)
        if body or method in ("PUT", "POST"):
            self.connection.putheader("Content-Length", str(len(body)))
        self.connection.endheaders(body)
        response = self.connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in
                                        response.getheaders()}, response.read())

    def s3(self, method: str, target: str, body: bytes = b"", **headers: str) -> Answer:
        """A request to S3; underscores in header names become hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(method, target, self.signed("s3", method, target, named, body), body)

    def query(self, service: str, **parameters: str) -> Answer:
        """A call of a query service; two underscores in a name become a dot."""
        version = {"sns": "2010-03-31", "sts": "2011-06-15", "monitoring": "2010-08-01"}[service]
        pairs = {"Version": version} | {name.replace("__", "."): value
                                        for name, value in parameters.items()}
        body = urllib.parse.urlencode(pairs).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        return self.send("POST", "/", self.signed(service, "POST", "/", headers, body), body)

    def publish(self, topic: str, message: str = "text", **parameters: str) -> Answer:
        """SNS Publish."""
        return self.query("sns", Action="Publish", TopicArn=topic, Message=message, **parameters)

    def json(self, service: str, target: str, value: object, version: str = "1.1") -> Answer:
        """A call of a JSON service."""
        body = json.dumps(value).encode()
        headers = {"Content-Type": f"application/x-amz-json-{version}", "X-Amz-Target": target}
        return self.send("POST", "/", self.signed(service, "POST", "/", headers, body), body)
