# SPDX-License-Identifier: MIT
"""CloudWatch PutMetricData, as JSON 1.0 and as a query."""

from __future__ import annotations

import gzip
import json
import math
import re
from dataclasses import replace
from datetime import datetime

from fake.answers import ServiceError, json_answer, query_answer
from fake.calls import Call, parse_form, parse_json
from fake.wire import Response
from fake.world import Metric

NAMESPACE = "http://monitoring.amazonaws.com/doc/2010-08-01/"
SHAPES = "com.amazonaws.cloudwatch.v2010_08_01"
_TYPE = "application/x-amz-json-1.0"
_LIMIT = 1024 * 1024
_RATES = ("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits", "Kilobits",
          "Megabits", "Gigabits", "Terabits", "Count")
UNITS = frozenset({"Seconds", "Microseconds", "Milliseconds", "Percent", "None", *_RATES,
                   *(f"{rate}/Second" for rate in _RATES)})


def _invalid(message: str, code: str = "InvalidParameterValue") -> ServiceError:
    return ServiceError(code, 400, message)


def call(call: Call, is_json: bool) -> Response:
    """Carries out one call; errors carry the query codes, see `shape_code`."""
    request = call.request
    if call.operation != "PutMetricData" or request.path != "/" or request.query:
        raise _invalid(f"Could not find operation {call.operation}", "InvalidAction")
    if request.header("content-encoding") == "gzip":
        try:
            request = replace(request, body=gzip.decompress(request.body))
        except OSError as problem:
            raise _invalid("not gzip", "MalformedQueryString") from problem
    if max(len(request.body), len(call.request.body)) > _LIMIT:
        raise ServiceError("RequestEntityTooLarge", 413, "Request size exceeds 1 MB")
    if is_json:
        if (request.header("content-type") or "").partition(";")[0] != _TYPE:
            raise _invalid("wrong content type", "UnknownOperationException")
        body = parse_json(request)
        call.parameters |= {name: value if isinstance(value, str) else json.dumps(value)
                            for name, value in body.items()}
    else:
        call.parameters |= parse_form(request)
        body = _from_query(call.parameters)
    metrics = _metrics(call, body)
    call.world.metrics += metrics
    if is_json:
        return json_answer(_TYPE, {}, call.request_id)
    return query_answer(call.operation, NAMESPACE, None, call.request_id)


def shape_code(error: ServiceError) -> ServiceError:
    """The same error under the shape name that JSON's `__type` carries."""
    shapes = {"InvalidParameterValue": "InvalidParameterValueException",
              "MissingParameter": "MissingRequiredParameterException",
              "InvalidParameterCombination": "InvalidParameterCombinationException",
              "InternalServiceError": "InternalServiceFault"}
    if error.code not in shapes:
        return error
    return replace(error, code=shapes[error.code], query_code=error.code)


def _from_query(parameters: dict[str, str]) -> dict[str, object]:
    """Rebuilds the structure from names such as MetricData.member.1.Dimensions.member.2.Name."""
    tree: dict[str, object] = {}
    for name, value in parameters.items():
        here = tree
        *parents, last = name.replace(".member.", ".").split(".")
        for part in parents:
            inner = here.setdefault(part, {})
            if not isinstance(inner, dict):
                raise _invalid(f"{name} does not fit the others", "MalformedQueryString")
            here = inner
        here[last] = value
    return {name: _lists(value) for name, value in tree.items()}


def _lists(value: object) -> object:
    if not isinstance(value, dict):
        return value
    if all(name.isdigit() for name in value):
        if sorted(map(int, value)) != list(range(1, len(value) + 1)):
            raise _invalid("members are not numbered from 1", "MalformedQueryString")
        return [_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _lists(inner) for name, inner in value.items()}


def _metrics(call: Call, body: dict[str, object]) -> list[Metric]:
    namespace, data = body.get("Namespace"), body.get("MetricData")
    if not isinstance(namespace, str) or not namespace:
        raise _invalid("The parameter Namespace is required.", "MissingParameter")
    if not re.fullmatch(r"[^:][ -~]{0,254}", namespace) or namespace.startswith("AWS/"):
        raise _invalid("The value for parameter Namespace is invalid.")
    if not isinstance(data, list) or not data:
        raise _invalid("The parameter MetricData is required.", "MissingParameter")
    if len(data) > 1000:
        raise _invalid("The collection MetricData must not have a size greater than 1000.")
    return [_metric(call, namespace, datum) for datum in data]


def _metric(call: Call, namespace: str, datum: object) -> Metric:
    if not isinstance(datum, dict) or not datum.get("MetricName"):
        raise _invalid("The parameter MetricData.member.N.MetricName is required.",
                       "MissingParameter")
    unit = datum.get("Unit", "None")
    if unit not in UNITS:
        raise _invalid(f"The parameter Unit must be a value in the set, not '{unit}'.")
    resolution = int(datum.get("StorageResolution", 60))
    if resolution not in (1, 60) or len(str(datum["MetricName"])) > 255:
        raise _invalid("The value for StorageResolution or MetricName is invalid.")
    return Metric(namespace, str(datum["MetricName"]), _dimensions(datum.get("Dimensions", [])),
                  _values(datum), unit, _timestamp(call, datum.get("Timestamp")), resolution)


def _dimensions(pairs: object) -> dict[str, str]:
    if not isinstance(pairs, list) or len(pairs) > 30:
        raise _invalid("The collection Dimensions must not have a size greater than 30.")
    result: dict[str, str] = {}
    for pair in pairs:
        name, value = str(pair.get("Name", "")), str(pair.get("Value", ""))
        if not 1 <= len(name) <= 255 or not name.isascii() or name.startswith(":"):
            raise _invalid("The value for parameter Dimensions.member.N.Name is invalid.")
        if not value.strip() or len(value) > 1024 or not value.isascii():
            raise _invalid("The value for parameter Dimensions.member.N.Value is invalid.")
        if name in result:
            raise _invalid(f"No two dimensions may have the same name: {name}")
        result[name] = value
    return result


def _number(value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as problem:
        raise _invalid(f"{value!r} is not a number.") from problem
    if not math.isfinite(number) or abs(number) > 2.0**360:
        raise _invalid(f"The value {number} is invalid.")
    return number


def _values(datum: dict[str, object]) -> tuple[tuple[float, float], ...]:
    given = [name for name in ("Value", "Values", "StatisticValues") if name in datum]
    if given == ["Value"]:
        return ((_number(datum["Value"]), 1.0),)
    values = datum.get("Values")
    if given != ["Values"] or not isinstance(values, list) or not 1 <= len(values) <= 150:
        raise _invalid("exactly one of Value and Values (1 to 150) is understood here",
                       "InvalidParameterCombination")
    counts = datum.get("Counts", [1] * len(values))
    if not isinstance(counts, list) or len(counts) != len(values):
        raise _invalid("Values and Counts must have the same size.")
    return tuple((_number(value), _number(count)) for value, count in zip(values, counts))


def _timestamp(call: Call, value: object) -> float | None:
    if value is None:
        return None
    try:
        seconds = (datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
                   if isinstance(value, str) else _number(value))
    except ValueError as problem:
        raise _invalid(f"timestamp {value!r} must be ISO 8601") from problem
    if not -14 * 86400 <= seconds - call.world.now() <= 2 * 3600:
        raise _invalid("The parameter Timestamp must specify a time within the past two weeks and "
                       "the next two hours.")
    return seconds
