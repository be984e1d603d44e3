# SPDX-License-Identifier: MIT
"""EC2's instance metadata (IMDSv2 only) and the container credentials endpoint."""

from __future__ import annotations

import json
import time
import uuid

from fake.answers import ServiceError
from fake.calls import Call
from fake.wire import Response
from fake.world import Key, iso_time

_TTL = "x-aws-ec2-metadata-token-ttl-seconds"
_TOKEN = "x-aws-ec2-metadata-token"


def _text(body: str, **headers: str) -> Response:
    return Response(200, {"Content-Type": "text/plain"} | headers, body.encode())


def _credentials(key: Key) -> dict[str, str]:
    assert key.token is not None and key.expires is not None
    return {"AccessKeyId": key.access_key, "SecretAccessKey": key.secret, "Token": key.token,
            "Expiration": iso_time(key.expires)}


def imds(call: Call) -> Response:
    """Carries out one request to the instance metadata."""
    state = call.world.imds
    if not state.enabled:
        raise ServiceError("Forbidden", 403, "IMDS is disabled")
    if call.operation == "Token":
        return _imds_token(call)
    if call.request.method != "GET":
        raise ServiceError("MethodNotAllowed", 405, "GET only")
    expires = state.tokens.get(call.request.header(_TOKEN) or "")
    if expires is None or time.monotonic() >= expires:
        raise ServiceError("Unauthorized", 401, "no token, or not a valid one")
    if call.operation == "Region":
        return _text(state.region or call.world.region)
    if call.operation == "RoleList" and state.role is not None:
        return _text(state.role)
    asked = call.request.path.rpartition("/")[2]
    if call.operation != "Role" or asked != state.role:
        raise ServiceError("NotFound", 404, f"nothing is at {call.request.path}")
    document = {"Code": state.code, "Type": "AWS-HMAC",
                "LastUpdated": iso_time(call.world.now())}
    if state.code == "Success":
        document |= _credentials(call.world.role_key(asked, "i-0123456789abcdef0",
                                                     call.world.region, state.lifetime))
    else:
        document["Message"] = "EC2 cannot assume the role"
    return _text(json.dumps(document, indent=2))


def _imds_token(call: Call) -> Response:
    if call.request.method != "PUT":
        raise ServiceError("MethodNotAllowed", 405, "PUT only")
    if call.request.header("x-forwarded-for") is not None:
        raise ServiceError("Forbidden", 403, "came through a proxy")
    ttl = call.request.header(_TTL) or ""
    if not ttl.isdigit() or not 1 <= int(ttl) <= 21600:
        raise ServiceError("BadRequest", 400, f"{_TTL} must be 1 to 21600, not '{ttl}'")
    token = uuid.uuid4().hex + "=="
    call.world.imds.tokens[token] = time.monotonic() + int(ttl)
    return _text(token, **{_TTL: ttl})


def container(call: Call) -> Response:
    """Carries out one request to the container credentials endpoint."""
    state = call.world.container
    if call.request.method != "GET":
        raise ServiceError("MethodNotAllowed", 405, "GET only")
    if state.authorization not in (None, call.request.header("authorization")):
        raise ServiceError("AccessDeniedException", 403, "the Authorization header is wrong")
    key = call.world.role_key(state.role, "container", call.world.region, state.lifetime)
    document = _credentials(key) | {
        "RoleArn": f"arn:aws:iam::{call.world.account}:role/{state.role}"}
    return Response(200, {"Content-Type": "application/json"}, json.dumps(document).encode())
