# SPDX-License-Identifier: MIT
"""Recomputes a SigV4 signature from a request as it was received.

Pure functions over text, with hmac and hashlib only. They share nothing with the signer under
test and know no keys, clock or network: deciding who may call is left to `fake/identity.py`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import urllib.parse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ALGORITHM = "AWS4-HMAC-SHA256"
Headers = Sequence[tuple[str, str]]


class Malformed(ValueError):
    """The Authorization header cannot be read."""


@dataclass(frozen=True)
class Scope:
    """The credential scope without its fixed end."""

    date: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


@dataclass(frozen=True)
class Claim:
    """What an Authorization header claims."""

    access_key: str
    scope: Scope
    signed_headers: tuple[str, ...]
    signature: str


def to_bytes(text: str) -> bytes:
    """The bytes that were on the wire (text is decoded with surrogateescape)."""
    return text.encode("utf-8", "surrogateescape")


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def parse_authorization(value: str) -> Claim:
    """Reads `AWS4-HMAC-SHA256 Credential=.., SignedHeaders=.., Signature=..`; raises Malformed."""
    algorithm, _, rest = value.partition(" ")
    if algorithm != ALGORITHM:
        raise Malformed(f"unsupported algorithm '{algorithm}'")
    parts: dict[str, str] = {}
    for piece in rest.split(","):
        name, equals, content = piece.strip().partition("=")
        if not equals or name in parts:
            raise Malformed(f"'{piece.strip()}' is not a key=value pair, or is there twice")
        parts[name] = content
    missing = {"Credential", "SignedHeaders", "Signature"} - parts.keys()
    if missing:
        raise Malformed(f"Authorization header requires {sorted(missing)}")
    credential = parts["Credential"].rsplit("/", 4)
    if len(credential) != 5 or credential[4] != "aws4_request":
        raise Malformed(f"Credential must have 5 slash-delimited elements: '{parts['Credential']}'")
    if not re.fullmatch(r"[0-9a-f]{64}", parts["Signature"]):
        raise Malformed("Signature is not 64 lower-case hexadecimal digits")
    signed = tuple(parts["SignedHeaders"].split(";"))
    if any(name != name.lower() or not name for name in signed) or len(set(signed)) != len(signed):
        raise Malformed("SignedHeaders must be lower-case names, each once")
    access_key, date, region, service, _ = credential
    return Claim(access_key, Scope(date, region, service), signed, parts["Signature"])


def percent_encode(data: bytes, safe: str = "") -> str:
    """Everything but the unreserved characters as %XX with upper-case digits."""
    return urllib.parse.quote(data, safe=safe + "-._~")


def normalize_path(path: str) -> str:
    """RFC 3986 without dot segments and without empty ones; a final slash stays."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    final = "/" if kept and path.endswith(("/", "/.", "/..")) else ""
    return "/" + "/".join(kept) + final


def canonical_path(path: str, *, decode_first: bool, normalize: bool) -> str:
    """S3 encodes the decoded path once and keeps its shape; the others encode it as it was sent."""
    if normalize:
        path = normalize_path(path)
    data = to_bytes(path or "/")
    return percent_encode(urllib.parse.unquote_to_bytes(data) if decode_first else data, "/")


def canonical_query(query: str) -> str:
    """Pairs sorted by their encoded name, then by their encoded value."""
    pairs = []
    for piece in query.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            pairs.append(tuple(percent_encode(urllib.parse.unquote_to_bytes(to_bytes(part)))
                               for part in (name, value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def canonical_headers(headers: Headers, signed: Iterable[str]) -> str:
    """One line per signed name, sorted; repeated headers joined in the order of their arrival."""
    lines = []
    for name in sorted(signed):
        values = [re.sub(r"[ \t\r\n]+", " ", value).strip(" ")
                  for header, value in headers if header.lower() == name]
        lines.append(f"{name}:{','.join(values)}\n")
    return "".join(lines)


def canonical_request(method: str, path: str, query: str, headers: Headers,
                      signed: Iterable[str], payload_hash: str) -> str:
    """`path` is the canonical path, `query` the query as it was sent."""
    names = sorted(signed)
    return "\n".join([method, path, canonical_query(query), canonical_headers(headers, names),
                      ";".join(names), payload_hash])


def string_to_sign(timestamp: str, scope: Scope, canonical: str) -> str:
    """`timestamp` is the value of x-amz-date."""
    return "\n".join([ALGORITHM, timestamp, str(scope), sha256_hex(to_bytes(canonical))])


def signature(secret: str, scope: Scope, text: str) -> str:
    """The hexadecimal signature of a string to sign."""
    key = b"AWS4" + to_bytes(secret)
    for part in (scope.date, scope.region, scope.service, "aws4_request"):
        key = hmac.new(key, to_bytes(part), hashlib.sha256).digest()
    return hmac.new(key, to_bytes(text), hashlib.sha256).hexdigest()
