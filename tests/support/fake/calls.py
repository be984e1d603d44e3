# SPDX-License-Identifier: MIT
"""Finds out which operation of which service a request is, without looking at its signature.

The services share one port, as clients do that set AWS_ENDPOINT_URL: the query services are told
apart by Version, the JSON ones by X-Amz-Target, metadata by its paths; the rest is S3.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass

from fake.answers import ServiceError
from fake.identity import claimed
from fake.wire import Request
from fake.world import Key, World

_VERSIONS = {"2010-03-31": "sns", "2011-06-15": "sts", "2010-08-01": "cloudwatch",
             "2010-05-08": "iam"}
_TARGETS = {"AmazonSSM": "ssm", "GraniteServiceVersion20100801": "cloudwatch"}
_SCOPES = {"sns": "sns", "sts": "sts", "monitoring": "cloudwatch", "iam": "iam"}
_IMDS = "/latest/"
_S3_OBJECT = {"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject"}


@dataclass
class Call:
    """One operation with everything that it needs. `key` is None where nothing was signed;
    `entry_refusal` says why the next entry of a batch is refused, if a test wants that."""

    world: World
    request: Request
    service: str
    operation: str
    parameters: dict[str, str]
    key: Key | None = None
    region: str = ""
    request_id: str = ""
    entry_refusal: Callable[[], ServiceError | None] = lambda: None

    def required(self, name: str, code: str = "ValidationError") -> str:
        """A parameter that must be there."""
        value = self.parameters.get(name)
        if value is None:
            raise ServiceError(code, 400, f"Value null at '{name}' failed to satisfy constraint: "
                               "Member must not be null")
        return value


def parse_form(request: Request) -> dict[str, str]:
    """The pairs of a form body; raises ServiceError for what no service would read."""
    kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise ServiceError("MissingAction", 400, f"no form, but content type '{kind}'")
    try:
        pairs = urllib.parse.parse_qsl(request.body.decode("ascii"), keep_blank_values=True,
                                       strict_parsing=True, encoding="utf-8", errors="strict")
    except ValueError as problem:
        raise ServiceError("MalformedQueryString", 400, f"not a form: {problem}") from problem
    if len(dict(pairs)) != len(pairs):
        raise ServiceError("MalformedQueryString", 400, "a parameter is there twice")
    return dict(pairs)


def parse_json(request: Request) -> dict[str, object]:
    """The JSON object of a body."""
    try:
        value = json.loads(request.body or b"{}")
    except ValueError as problem:
        raise ServiceError("SerializationException", 400, str(problem)) from problem
    if not isinstance(value, dict):
        raise ServiceError("SerializationException", 400, "not an object")
    return value


def bucket_and_key(request: Request, names: tuple[str, ...]) -> tuple[str, str]:
    """Bucket and key, both decoded, from a virtual host or from the path. `names` are host names
    beside localhost whose sub-domains are buckets."""
    host, raw = request.host, request.path[1:]
    suffixes = "|".join(map(re.escape, ("localhost", "amazonaws.com", "amazonaws.com.cn", *names)))
    s3 = r"s3(?:-fips)?(?:\.dualstack)?(?:[.-][a-z]+(?:-[a-z]+)+-\d+)?"
    found = re.fullmatch(rf"(?:(?P<bucket>.+?)\.)??(?:{s3}\.)?(?:{suffixes})", host)
    bucket = found.group("bucket") if found else None
    if bucket is None:
        bucket, _, raw = raw.partition("/")
        bucket = urllib.parse.unquote(bucket)
    try:
        return bucket, urllib.parse.unquote_to_bytes(
            raw.encode("utf-8", "surrogateescape")).decode("utf-8")
    except UnicodeDecodeError as problem:
        raise ServiceError("InvalidURI", 400, "Couldn't parse the specified URI.") from problem


def _identify_imds(request: Request) -> tuple[str, str]:
    roles = "/latest/meta-data/iam/security-credentials/"
    if request.path == "/latest/api/token":
        return "imds", "Token"
    if request.path == "/latest/meta-data/placement/region":
        return "imds", "Region"
    if request.path == roles:
        return "imds", "RoleList"
    return "imds", "Role" if request.path.startswith(roles) else "Unknown"


def _identify_query(request: Request) -> tuple[str, str]:
    pairs = dict(urllib.parse.parse_qsl(request.body.decode("latin-1")))
    claim = claimed(request)
    service = _VERSIONS.get(pairs.get("Version", ""))
    service = service or _SCOPES.get(claim.scope.service if claim else "", "sns")
    return service, pairs.get("Action", "Unknown")


def _identify_s3(request: Request, names: tuple[str, ...]) -> tuple[str, str]:
    try:
        bucket, key = bucket_and_key(request, names)
    except ServiceError:
        return "s3", _S3_OBJECT.get(request.method, "Unknown")
    subresources = {piece.partition("=")[0] for piece in request.query.split("&")} - {"", "x-id"}
    if key and not subresources:
        return "s3", _S3_OBJECT.get(request.method, f"{request.method} object")
    if bucket and not key and not subresources and request.method == "HEAD":
        return "s3", "HeadBucket"
    return "s3", f"{request.method} {'object' if key else 'bucket'} {sorted(subresources)}"


def identify(world: World, request: Request, names: tuple[str, ...]) -> tuple[str, str]:
    """Service and operation, as in ('sns', 'Publish')."""
    if request.path == world.container.path:
        return "container", "Credentials"
    if request.path.startswith(_IMDS):
        return _identify_imds(request)
    target, _, operation = (request.header("x-amz-target") or "").partition(".")
    if target in _TARGETS:
        return _TARGETS[target], operation
    kind = request.header("content-type") or ""
    if request.method == "POST" and ("x-www-form-urlencoded" in kind or b"Action=" in request.body):
        return _identify_query(request)
    return _identify_s3(request, names)
