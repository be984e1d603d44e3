# SPDX-License-Identifier: MIT
"""SSM GetParametersByPath, page by page, GetParameters and GetParameter (AWS JSON 1.1)."""

from __future__ import annotations

import uuid

from fake.answers import ServiceError, json_answer
from fake.calls import Call, parse_json
from fake.wire import Response
from fake.world import Parameter, partition

NAMESPACE = "com.amazonaws.ssm"
_TYPE = "application/x-amz-json-1.1"


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", 400, message)


def call(call: Call) -> Response:
    """Carries out one call."""
    operations = {"GetParametersByPath": _by_path, "GetParameters": _by_name,
                  "GetParameter": _one}
    operation = operations.get(call.operation)
    known_type = (call.request.header("content-type") or "").partition(";")[0] == _TYPE
    if operation is None or call.request.method != "POST" or not known_type:
        raise ServiceError("UnknownOperationException", 400, "")
    body = parse_json(call.request)
    call.parameters |= {name: str(value) for name, value in body.items()}
    return json_answer(_TYPE, operation(call, body), call.request_id)


def _flag(body: dict[str, object], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise ServiceError("SerializationException", 400, f"{name} is not a boolean")
    return value


def _shown(call: Call, parameter: Parameter, decrypt: bool) -> dict[str, object]:
    hidden = parameter.type == "SecureString" and not decrypt
    arn = f"arn:{partition(call.region)}:ssm:{call.region}:{call.world.account}:parameter"
    return {"Name": parameter.name, "Type": parameter.type, "Version": parameter.version,
            "Value": parameter.ciphertext if hidden else parameter.value, "DataType": "text",
            "LastModifiedDate": parameter.modified,
            "ARN": arn + ("" if parameter.name.startswith("/") else "/") + parameter.name}


def _by_path(call: Call, body: dict[str, object]) -> dict[str, object]:
    path, size = body.get("Path"), body.get("MaxResults", 10)
    if not isinstance(path, str) or not path.startswith("/") or path.count("/") > 16:
        raise _invalid("The parameter path must start with / and have at most 15 levels")
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= 10:
        raise _invalid(f"Value '{size}' at 'maxResults' failed to satisfy constraint: Member must "
                       "have value between 1 and 10")
    recursive, decrypt = _flag(body, "Recursive"), _flag(body, "WithDecryption")
    base = path.rstrip("/") + "/"
    found = [parameter for name, parameter in sorted(call.world.parameters.items())
             if name.startswith(base) and (recursive or "/" not in name[len(base):])]
    start, token = 0, body.get("NextToken")
    if token is not None:
        issued_path, start = call.world.page_tokens.get(str(token), ("", 0))
        if issued_path != base:
            raise ServiceError("InvalidNextToken", 400, "The specified token is not valid.")
    elif call.world.ssm_empty_pages:
        return {"Parameters": [], "NextToken": _new_token(call, base, 0)}
    page = found[start:start + size]
    answer: dict[str, object] = {"Parameters": [_shown(call, one, decrypt) for one in page]}
    if start + size < len(found):
        answer["NextToken"] = _new_token(call, base, start + size)
    return answer


def _new_token(call: Call, base: str, start: int) -> str:
    token = f"token/{uuid.uuid4().hex}=="
    call.world.page_tokens[token] = (base, start)
    return token


def _by_name(call: Call, body: dict[str, object]) -> dict[str, object]:
    names, decrypt = body.get("Names"), _flag(body, "WithDecryption")
    if not isinstance(names, list) or not 1 <= len(names) <= 10 or len(set(names)) != len(names):
        raise _invalid("Names must hold 1 to 10 names, each once")
    known = call.world.parameters
    return {"Parameters": [_shown(call, known[name], decrypt) for name in names if name in known],
            "InvalidParameters": [name for name in names if name not in known]}


def _one(call: Call, body: dict[str, object]) -> dict[str, object]:
    name = body.get("Name")
    if not isinstance(name, str) or not name:
        raise _invalid("Name must be a name or an ARN")
    if name.startswith("arn:"):
        fields = name.split(":", 5)
        if fields[:4] != ["arn", partition(call.region), "ssm", call.region]:
            raise _invalid("Parameter ARN is of another region or service")
        name = "/" + fields[5].removeprefix("parameter").removeprefix("/")
    parameter = call.world.parameters.get(name)
    if parameter is None:
        raise ServiceError("ParameterNotFound", 400, "")
    return {"Parameter": _shown(call, parameter, _flag(body, "WithDecryption"))}
