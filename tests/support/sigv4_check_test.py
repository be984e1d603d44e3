# SPDX-License-Identifier: MIT
"""Holds the check of signatures against the published SigV4 suite, and a few of its values here.

The suite is read from $SLA_CONFORMANCE_DIR or from `conformance` in a directory `shared` beside
the checkout.
"""

from __future__ import annotations

import json
import os
import re
import sys
import unittest
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE))

import sigv4_check as sigv4

_SUITE = Path(os.environ.get("SLA_CONFORMANCE_DIR")
              or _HERE.parents[2] / "shared" / "conformance") / "sigv4"
_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="surrogateescape")


def _parse(text: str) -> tuple[str, str, list[tuple[str, str]], bytes]:
    """Method, target, headers and body of a request in a file; its lines may be folded."""
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    lines = re.sub(r"\n[ \t]+", " ", head).strip("\n").split("\n")
    method, _, rest = lines[0].partition(" ")
    target = re.sub(r" HTTP/1\.1$", "", rest)
    headers = [(name, value) for name, _, value in (line.partition(":") for line in lines[1:])]
    return method, target, headers, sigv4.to_bytes(body)


class PublishedSuiteTest(unittest.TestCase):
    """Stage by stage, from the request as the suite says that it is sent."""

    def setUp(self) -> None:
        if not _SUITE.is_dir():
            self.skipTest(f"no published suite at {_SUITE}; set SLA_CONFORMANCE_DIR")

    def check(self, case: Path, secret: str, normalize: bool) -> None:
        method, target, headers, body = _parse(_read(case / "header-signed-request.txt"))
        given = {name.lower(): value.strip() for name, value in headers}
        claim = sigv4.parse_authorization(given["authorization"])
        path, _, query = target.partition("?")
        canonical = sigv4.canonical_request(
            method, sigv4.canonical_path(path, decode_first=False, normalize=normalize), query,
            headers, claim.signed_headers, sigv4.sha256_hex(body))
        text = sigv4.string_to_sign(given["x-amz-date"], claim.scope, canonical)
        timestamp = given["x-amz-date"]
        expected = _read(case / "header-canonical-request.txt")
        # One of the cases has its stages from different days.
        self.assertEqual(re.sub(r"x-amz-date:\w+", f"x-amz-date:{timestamp}", expected), canonical)
        if (case / "header-string-to-sign.txt").exists():
            self.assertEqual(_read(case / "header-string-to-sign.txt").rstrip("\n"), text)
        self.assertEqual(claim.signature, sigv4.signature(secret, claim.scope, text))

    def test_every_case_of_aws_c_auth_has_its_published_signature(self) -> None:
        cases = sorted((_SUITE / "aws-c-auth" / "v4").iterdir())
        self.assertGreaterEqual(len(cases), 38)
        for case in cases:
            with self.subTest(case.name):
                context = json.loads(_read(case / "context.json"))
                self.check(case, context["credentials"]["secret_access_key"], context["normalize"])

    def test_every_case_of_smithy_rs_has_its_published_signature(self) -> None:
        secrets = {"double-encode-path": "notrealrnrELgWzOk3IfjzDKtFBhDby"}
        for case in sorted((_SUITE / "smithy-rs" / "v4").iterdir()):
            with self.subTest(case.name):
                self.check(case, secrets.get(case.name, _SECRET), True)


class KnownValuesTest(unittest.TestCase):
    """Never skipped."""

    def test_the_published_case_get_vanilla_comes_out(self) -> None:
        scope = sigv4.Scope("20150830", "us-east-1", "service")
        headers = [("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z")]
        canonical = sigv4.canonical_request("GET", "/", "", headers, ["host", "x-amz-date"],
                                            sigv4.sha256_hex(b""))
        text = sigv4.string_to_sign("20150830T123600Z", scope, canonical)
        self.assertEqual("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
                         sigv4.signature(_SECRET, scope, text))

    def test_pairs_of_a_query_are_sorted_by_encoded_name_then_value(self) -> None:
        self.assertEqual("a=&a=1&a=b%20c&a-=0&b=%2B",
                         sigv4.canonical_query("b=+&a-=0&a=b%20c&a&a=1"))

    def test_a_path_of_s3_is_encoded_once_and_keeps_its_shape(self) -> None:
        path = sigv4.canonical_path("/a/../b//c%20d+%C3%BC*", decode_first=True, normalize=False)
        self.assertEqual("/a/../b//c%20d%2B%C3%BC%2A", path)

    def test_a_path_of_the_others_is_normalized_and_encoded_again(self) -> None:
        path = sigv4.canonical_path("/a/../b//c%20d/", decode_first=False, normalize=True)
        self.assertEqual("/b/c%2520d/", path)

    def test_header_values_are_trimmed_and_joined_as_they_came(self) -> None:
        headers = [("X-A", '  b  "c   d" '), ("Host", "h"), ("x-a", "a")]
        self.assertEqual('host:h\nx-a:b "c d",a\n',
                         sigv4.canonical_headers(headers, ["x-a", "host"]))

    def test_an_authorization_header_that_is_not_complete_is_refused(self) -> None:
        good = ("AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/s3/aws4_request, "
                f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}")
        self.assertEqual("AKID", sigv4.parse_authorization(good).access_key)
        for old, new in (("AWS4-HMAC-SHA256", "AWS4"), ("/s3", ""), ("aws4_request", "aws4"),
                         ("SignedHeaders", "Signed"), ("host;", "Host;"), ("host;", "host;host;"),
                         ("0" * 64, "0" * 63), (", Signature", " Signature")):
            with self.subTest(new), self.assertRaises(sigv4.Malformed):
                sigv4.parse_authorization(good.replace(old, new))


if __name__ == "__main__":
    unittest.main()
