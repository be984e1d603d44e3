# SPDX-License-Identifier: MIT
"""IAM GetRole."""

from __future__ import annotations

import re

from fake.answers import ServiceError, query_answer, texts, xml
from fake.calls import Call
from fake.wire import Response

NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"


def call(call: Call) -> Response:
    """Carries out one call."""
    if call.operation != "GetRole" or call.request.path != "/" or call.request.query:
        raise ServiceError("InvalidAction", 400,
                           f"Could not find operation {call.operation} for version 2010-05-08")
    name = call.required("RoleName")
    if not re.fullmatch(r"[\w+=,.@-]{1,64}", name, re.ASCII):
        raise ServiceError("ValidationError", 400, "The specified value for roleName is invalid.")
    found = [role for arn, role in call.world.roles.items() if arn.rpartition("/")[2] == name]
    if not found:
        raise ServiceError("NoSuchEntity", 404, f"The role with name {name} cannot be found.")
    role = xml("Role", texts({"Path": "/", "RoleName": name, "RoleId": "AROAEXAMPLE",
                              "Arn": found[0].arn, "CreateDate": "2026-01-01T00:00:00Z"}))
    return query_answer(call.operation, NAMESPACE, role, call.request_id)
