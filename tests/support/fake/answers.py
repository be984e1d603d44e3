# SPDX-License-Identifier: MIT
"""How each kind of service says yes and no: query XML, S3's XML, and JSON.

Operations return a `Response` or raise a `ServiceError`; here both get the shape that the service
in question uses on the wire.
"""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from fake.wire import Response

XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


class Protocol(enum.Enum):
    """The kinds of services."""

    QUERY = "query"
    S3 = "s3"
    JSON = "json"
    PLAIN = "plain"


@dataclass
class ServiceError(Exception):
    """An answer that says no; `fields` become further elements of S3's and IMDS' bodies."""

    code: str
    status: int
    message: str
    fields: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    query_code: str | None = None

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"


def xml(name: str, *children: str, **attributes: str) -> str:
    """An element whose children are XML already."""
    shown = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{shown}>{''.join(children)}</{name}>"


def texts(values: dict[str, str]) -> str:
    """One element with text for each pair. Characters that XML forbids become a question mark."""
    return "".join(xml(name, escape("".join(c if c >= " " or c in "\t\r\n" else "?" for c in text)))
                   for name, text in values.items())


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def query_answer(operation: str, namespace: str, result: str | None, request_id: str) -> Response:
    """`<XResponse><XResult>..</XResult><ResponseMetadata>..`; `result` None leaves it out."""
    body = xml(f"{operation}Response",
               "" if result is None else xml(f"{operation}Result", result),
               xml("ResponseMetadata", texts({"RequestId": request_id})), xmlns=namespace)
    return Response(200, {"Content-Type": "text/xml", "x-amzn-RequestId": request_id},
                    _encode(body))


def json_answer(content_type: str, value: object, request_id: str) -> Response:
    """A JSON document."""
    return Response(200, {"Content-Type": content_type, "x-amzn-RequestId": request_id},
                    json.dumps(value).encode())


def error_answer(error: ServiceError, protocol: Protocol, namespace: str, request_id: str,
                 query_mode: bool = False) -> Response:
    """A ServiceError in the shape of its protocol."""
    if protocol is Protocol.QUERY:
        kind = "Receiver" if error.status >= 500 else "Sender"
        details = texts({"Type": kind, "Code": error.code, "Message": error.message})
        body = xml("ErrorResponse", xml("Error", details), texts({"RequestId": request_id}),
                   xmlns=namespace)
        headers = {"Content-Type": "text/xml", "x-amzn-RequestId": request_id}
        return Response(error.status, headers | error.headers, _encode(body))
    if protocol is Protocol.S3:
        host_id = f"host-{request_id}"
        body = XML_HEAD + xml("Error", texts({"Code": error.code, "Message": error.message}),
                              texts(error.fields),
                              texts({"RequestId": request_id, "HostId": host_id}))
        headers = {"Content-Type": "application/xml", "x-amz-request-id": request_id,
                   "x-amz-id-2": host_id}
        return Response(error.status, headers | error.headers, _encode(body))
    if protocol is Protocol.JSON:
        shape = f"{namespace}#{error.code}"
        kind = f"{error.code}:http://internal.amazon.com/coral/{namespace}/"
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": request_id,
                   "x-amzn-ErrorType": kind}
        if query_mode:
            kind = "Receiver" if error.status >= 500 else "Sender"
            headers["Content-Type"] = "application/x-amz-json-1.0"
            headers["x-amzn-query-error"] = f"{error.query_code or error.code};{kind}"
        return Response(error.status, headers | error.headers,
                        json.dumps({"__type": shape, "message": error.message}).encode())
    body_json = {"code": error.code, "message": error.message} | error.fields
    return Response(error.status, {"Content-Type": "application/json"} | error.headers,
                    json.dumps(body_json).encode())
