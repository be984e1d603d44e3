# SPDX-License-Identifier: MIT
"""Decides whether a request comes from whom it claims: every check of SigV4, as a server does it.

`check` returns the key and the region that a request is signed for, or raises the ServiceError
that the kind of service in question answers. The arithmetic is in `sigv4_check.py`.
"""

from __future__ import annotations

import calendar
import re
import time

import sigv4_check as sigv4
from fake.answers import Protocol, ServiceError
from fake.wire import Request
from fake.world import Key, World

TOLERANCE_SECONDS = 15 * 60

_Q, _S, _J = Protocol.QUERY, Protocol.S3, Protocol.JSON
_MISMATCH = {_Q: ("SignatureDoesNotMatch", 403), _S: ("SignatureDoesNotMatch", 403),
             _J: ("InvalidSignatureException", 400)}
_CODES: dict[str, dict[Protocol, tuple[str, int]]] = {
    "missing": {_Q: ("MissingAuthenticationToken", 403), _S: ("AccessDenied", 403),
                _J: ("MissingAuthenticationTokenException", 400)},
    "malformed": {_Q: ("IncompleteSignature", 400), _S: ("AuthorizationHeaderMalformed", 400),
                  _J: ("IncompleteSignatureException", 400)},
    "unsigned": _MISMATCH | {_S: ("AccessDenied", 403)},
    "unknown": {_Q: ("InvalidClientTokenId", 403), _S: ("InvalidAccessKeyId", 403),
                _J: ("UnrecognizedClientException", 400)},
    "scope": _MISMATCH | {_S: ("AuthorizationHeaderMalformed", 400)},
    "skewed": _MISMATCH | {_S: ("RequestTimeTooSkewed", 403)},
    "token": {_Q: ("InvalidClientTokenId", 403), _S: ("InvalidToken", 400),
              _J: ("UnrecognizedClientException", 400)},
    "expired": {_Q: ("ExpiredToken", 403), _S: ("ExpiredToken", 400),
                _J: ("ExpiredTokenException", 400)},
    "mismatch": _MISMATCH,
}
_MISMATCH_MESSAGE = ("The request signature we calculated does not match the signature you "
                     "provided. Check your AWS Secret Access Key and signing method.")


def refusal(kind: str, protocol: Protocol, message: str = "",
            fields: dict[str, str] | None = None) -> ServiceError:
    """The error of a kind ('expired', 'unknown', ...) as a protocol words it."""
    code, status = _CODES[kind][protocol]
    defaults = {"expired": "The security token included in the request is expired",
                "unknown": "The security token included in the request is invalid.",
                "token": "The security token included in the request is invalid.",
                "missing": "Request is missing Authentication Token"}
    return ServiceError(code, status, message or defaults.get(kind, kind), fields or {},
                        query_code=_CODES[kind][Protocol.QUERY][0])


def host_region(host: str) -> str | None:
    """The region that a host name tells, as in `sns.eu-west-1.localhost`."""
    found = re.search(r"(?:^|\.)(?:sns|s3|sts|ssm|monitoring)(?:-fips)?(?:\.dualstack)?[.-]"
                      r"([a-z]+(?:-[a-z]+)+-\d+)\.", host)
    return found.group(1) if found else None


def claimed(request: Request) -> sigv4.Claim | None:
    """The claim of a request's Authorization header, if there is one that can be read."""
    try:
        return sigv4.parse_authorization(request.header("authorization") or "")
    except sigv4.Malformed:
        return None


def check(world: World, request: Request, protocol: Protocol, service: str) -> tuple[Key, str]:
    """Checks everything; `service` is the name that the scope must hold."""
    header = request.header("authorization")
    if header is None:
        message = "Access Denied" if protocol is Protocol.S3 else ""
        raise refusal("missing", protocol, message)
    if sum(name.lower() == "authorization" for name, _ in request.headers) > 1:
        raise refusal("malformed", protocol, "Only one Authorization header is allowed.")
    try:
        claim = sigv4.parse_authorization(header)
    except sigv4.Malformed as problem:
        raise refusal("malformed", protocol, str(problem)) from problem
    _check_signed_headers(request, protocol, claim)
    key = world.keys.get(claim.access_key)
    if key is None:
        raise refusal("unknown", protocol, fields={"AWSAccessKeyId": claim.access_key})
    timestamp = _check_time(world, request, protocol, claim)
    _check_scope(world, request, protocol, claim, service)
    _check_signature(request, protocol, claim, key, timestamp)
    token = request.header("x-amz-security-token")
    if token != key.token:
        raise refusal("token", protocol)
    if key.expires is not None and world.now() >= key.expires:
        raise refusal("expired", protocol)
    return key, claim.scope.region


def _check_signed_headers(request: Request, protocol: Protocol, claim: sigv4.Claim) -> None:
    present = {name.lower() for name, _ in request.headers}
    needed = {name for name in present if name.startswith("x-amz-")} | {"host"}
    unsigned = sorted(needed - set(claim.signed_headers))
    if unsigned:
        names = ", ".join(unsigned)
        raise refusal("unsigned", protocol, "There were headers present in the request which were "
                      f"not signed: {names}", {"HeadersNotSigned": names})
    absent = sorted(set(claim.signed_headers) - present)
    if absent:
        raise refusal("mismatch", protocol, f"signed headers that were not sent: {absent}")


def _check_time(world: World, request: Request, protocol: Protocol, claim: sigv4.Claim) -> str:
    timestamp = request.header("x-amz-date") or ""
    try:
        if not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", timestamp):
            raise ValueError(timestamp)
        signed_at = calendar.timegm(time.strptime(timestamp, "%Y%m%dT%H%M%SZ"))
    except ValueError as problem:
        raise refusal("malformed", protocol, "x-amz-date must be there as YYYYMMDDTHHMMSSZ, "
                      f"not '{timestamp}'") from problem
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(world.now()))
    if abs(world.now() - signed_at) > TOLERANCE_SECONDS:
        if protocol is Protocol.S3:
            raise refusal("skewed", protocol, "The difference between the request time and the "
                          "current time is too large.",
                          {"RequestTime": timestamp, "ServerTime": now,
                           "MaxAllowedSkewMilliseconds": str(TOLERANCE_SECONDS * 1000)})
        if signed_at < world.now():
            raise refusal("skewed", protocol, f"Signature expired: {timestamp} is now earlier than "
                          f"{now} - 15 min.")
        raise refusal("skewed", protocol, f"Signature not yet current: {timestamp} is still later "
                      f"than {now} + 15 min.")
    if claim.scope.date != timestamp[:8]:
        raise refusal("scope", protocol, "Date in Credential scope does not match YYYYMMDD from "
                      f"ISO-8601 version of date from HTTP: '{claim.scope.date}' != "
                      f"'{timestamp[:8]}', from '{timestamp}'.")
    return timestamp


def _check_scope(world: World, request: Request, protocol: Protocol, claim: sigv4.Claim,
                 service: str) -> None:
    scope = claim.scope
    if scope.service != service:
        raise refusal("scope", protocol, "Credential should be scoped to correct service: "
                      f"'{service}', not '{scope.service}'.")
    expected = host_region(request.host)
    if scope.region not in world.regions() or expected not in (None, scope.region):
        wanted = expected or world.region
        raise refusal("scope", protocol, "Credential should be scoped to a valid region, not "
                      f"'{scope.region}'; expecting '{wanted}'.", {"Region": wanted})


def _check_signature(request: Request, protocol: Protocol, claim: sigv4.Claim, key: Key,
                     timestamp: str) -> None:
    is_s3 = protocol is Protocol.S3
    path = sigv4.canonical_path(request.path, decode_first=is_s3, normalize=not is_s3)
    payload_hash = sigv4.sha256_hex(request.body)
    if is_s3:
        declared = request.header("x-amz-content-sha256")
        if declared is None:
            raise ServiceError("InvalidRequest", 400, "Missing required header for this request: "
                               "x-amz-content-sha256")
        payload_hash = declared
    canonical = sigv4.canonical_request(request.method, path, request.query, request.headers,
                                        claim.signed_headers, payload_hash)
    text = sigv4.string_to_sign(timestamp, claim.scope, canonical)
    if sigv4.signature(key.secret, claim.scope, text) == claim.signature:
        return
    if is_s3:
        as_bytes = {name: " ".join(f"{byte:02x}" for byte in sigv4.to_bytes(value))
                    for name, value in (("StringToSignBytes", text),
                                        ("CanonicalRequestBytes", canonical))}
        raise refusal("mismatch", protocol, _MISMATCH_MESSAGE, {
            "AWSAccessKeyId": claim.access_key, "StringToSign": text,
            "SignatureProvided": claim.signature, "CanonicalRequest": canonical} | as_bytes)
    raise refusal("mismatch", protocol, f"{_MISMATCH_MESSAGE} Consult the service documentation "
                  "for details.\n\nThe Canonical String for this request should have been\n"
                  f"'{canonical}'\n\nThe String-to-Sign should have been\n'{text}'\n")
