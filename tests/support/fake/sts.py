# SPDX-License-Identifier: MIT
"""STS GetCallerIdentity, AssumeRole and AssumeRoleWithWebIdentity."""

from __future__ import annotations

import re

from fake.answers import ServiceError, query_answer, texts, xml
from fake.calls import Call
from fake.wire import Response
from fake.world import Role, iso_time

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
UNSIGNED = frozenset({"AssumeRoleWithWebIdentity"})


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationError", 400, message)


def call(call: Call) -> Response:
    """Carries out one call."""
    operations = {"GetCallerIdentity": _get_caller_identity, "AssumeRole": _assume_role,
                  "AssumeRoleWithWebIdentity": _assume_role_with_web_identity}
    operation = operations.get(call.operation)
    if operation is None or call.request.path != "/" or call.request.query:
        raise ServiceError("InvalidAction", 400,
                           f"Could not find operation {call.operation} for version 2011-06-15")
    return query_answer(call.operation, NAMESPACE, operation(call), call.request_id)


def _get_caller_identity(call: Call) -> str:
    assert call.key is not None
    return texts({"Arn": call.key.arn, "UserId": call.key.user_id, "Account": call.world.account})


def _role(call: Call) -> tuple[str, Role | None]:
    arn = call.required("RoleArn")
    if not 20 <= len(arn) <= 2048 or not re.fullmatch(r"arn:[a-z-]+:iam::\d{12}:role/.+", arn):
        raise _invalid(f"{arn} is invalid")
    return arn, call.world.roles.get(arn)


def _seconds(call: Call, role: Role, chained: bool) -> float:
    text = call.parameters.get("DurationSeconds", "3600")
    if not re.fullmatch(r"[0-9]+", text) or not 900 <= int(text) <= 43200:
        raise _invalid(f"Value '{text}' at 'durationSeconds' failed to satisfy constraint: Member "
                       "must have value between 900 and 43200")
    if chained and int(text) > 3600:
        raise _invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles "
                       "assumed by role chaining")
    if int(text) > role.maximum_seconds:
        raise _invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this "
                       "role.")
    return int(text) if role.lifetime is None else role.lifetime


def _issue(call: Call, arn: str, seconds: float, **more: str) -> str:
    session = call.parameters["RoleSessionName"]
    key = call.world.role_key(arn.rpartition("/")[2], session, call.region, seconds)
    assert key.token is not None and key.expires is not None
    return (xml("AssumedRoleUser", texts({"AssumedRoleId": key.user_id, "Arn": key.arn}))
            + xml("Credentials", texts({"AccessKeyId": key.access_key,
                                        "SecretAccessKey": key.secret, "SessionToken": key.token,
                                        "Expiration": iso_time(key.expires)}))
            + texts(more))


def _check_session_name(call: Call) -> None:
    name = call.required("RoleSessionName")
    if not re.fullmatch(r"[\w+=,.@-]{2,64}", name, re.ASCII):
        raise _invalid(f"Value '{name}' at 'roleSessionName' failed to satisfy constraint: Member "
                       r"must satisfy regular expression pattern: [\w+=,.@-]*")


def _assume_role(call: Call) -> str:
    assert call.key is not None
    arn, role = _role(call)
    _check_session_name(call)
    external = call.parameters.get("ExternalId")
    if external is not None and not re.fullmatch(r"[\w+=,.@:/-]{2,1224}", external, re.ASCII):
        raise _invalid("'externalId' failed to satisfy constraint")
    if role is None or role.external_id not in (None, external):
        raise ServiceError("AccessDenied", 403, f"User: {call.key.arn} is not authorized to "
                           f"perform: sts:AssumeRole on resource: {arn}")
    return _issue(call, arn, _seconds(call, role, call.key.token is not None))


def _assume_role_with_web_identity(call: Call) -> str:
    if call.request.header("authorization") is not None:
        raise _invalid("AssumeRoleWithWebIdentity is called without a signature")
    arn, role = _role(call)
    _check_session_name(call)
    token = call.required("WebIdentityToken")
    if not 4 <= len(token) <= 20000:
        raise _invalid("'webIdentityToken' failed to satisfy constraint")
    if role is None:
        raise ServiceError("AccessDenied", 403,
                           "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    if token in role.expired_tokens:
        raise ServiceError("ExpiredTokenException", 400, "Token expired")
    if token not in role.web_identity_tokens:
        raise ServiceError("InvalidIdentityToken", 400,
                           "The ID Token provided is not a valid JWT.")
    return _issue(call, arn, _seconds(call, role, False), Provider="sla.invalid",
                  Audience="sts.amazonaws.com", SubjectFromWebIdentityToken="subject")
