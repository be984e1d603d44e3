# SPDX-License-Identifier: MIT
"""Scripted answers: what can go wrong between a client and a service.

A test queues faults per operation ('sns:Publish', 's3:*', '*'); each applies once, a given number
of times, or until it is cleared. Those for ENTRY, by this very name, are for the entries of SNS'
PublishBatch, one after another: errors, or none(). A fault is only used up by a request whose
signature is right: it never hides that a request was signed wrongly.
"""

from __future__ import annotations

import fnmatch
import math
from dataclasses import dataclass, replace

from fake.answers import ServiceError
from fake.wire import End, Response


ENTRY = "entry of sns:PublishBatch"


@dataclass(frozen=True)
class Fault:
    """`accepted`: the request takes effect all the same. Made by the functions below."""

    name: str
    accepted: bool = False
    response: Response | None = None
    error: ServiceError | None = None
    refusal: str | None = None
    stall: float = 0.0
    end: End = End.ANSWER
    date_offset: float = 0.0

    @property
    def answers(self) -> bool:
        """Whether it has an answer of its own instead of the service's."""
        return not (self.response is None and self.error is None and self.refusal is None)


def reply(status: int, body: bytes | str = b"", headers: dict[str, str] | None = None,
          accepted: bool = False) -> Fault:
    """Exactly this answer."""
    data = body.encode() if isinstance(body, str) else body
    return Fault(f"reply {status}", accepted, Response(status, dict(headers or {}), data))


def error(code: str, status: int, message: str = "scripted", accepted: bool = False,
          headers: dict[str, str] | None = None) -> Fault:
    """An error in the format of the service that is called."""
    return Fault(f"error {status} {code}", accepted,
                 error=ServiceError(code, status, message, headers=dict(headers or {})))


def throttling() -> Fault:
    """Throttling as a 400, as the query services say it."""
    return error("Throttling", 400, "Rate exceeded")


def too_many_requests() -> Fault:
    """429 with SNS' own code, which no SDK lists as throttling."""
    return error("Throttled", 429, "Rate exceeded")


def slow_down() -> Fault:
    """S3's 503."""
    return error("SlowDown", 503, "Please reduce your request rate.")


def internal_error(status: int = 500) -> Fault:
    """A 5xx with code InternalError."""
    return error("InternalError", status, "We encountered an internal error. Please try again.")


def expired_token() -> Fault:
    """The answer to expired credentials, as the service in question words it."""
    return Fault("expired token", refusal="expired")


def redirect(region: str, status: int = 301) -> Fault:
    """S3's answer to a request that came to the wrong region."""
    code = "PermanentRedirect" if status == 301 else "TemporaryRedirect"
    headers = {"x-amz-bucket-region": region}
    if status != 301:
        headers["Location"] = "http://elsewhere.invalid/"
    fields = {"Endpoint": f"s3.{region}.amazonaws.com", "Region": region}
    message = "The bucket you are attempting to access must be addressed using another endpoint."
    return Fault(f"redirect {status}", error=ServiceError(code, status, message, fields, headers))


def unknown_action(operation: str) -> Fault:
    """The answer of a service, or of a look-alike, that has no such operation."""
    return error("InvalidAction", 400, f"The action {operation} is not valid for this web service.")


def reset(accepted: bool = False) -> Fault:
    """The connection is reset once the request has been read; `accepted`: after it took effect."""
    return Fault("reset after" if accepted else "reset", accepted, end=End.RESET)


def stall(seconds: float = math.inf, accepted: bool = False) -> Fault:
    """Silence for `seconds` (default: until the client goes away), then the normal answer."""
    return Fault("stall after" if accepted else "stall", accepted, stall=seconds)


def truncated(accepted: bool = True) -> Fault:
    """The normal answer (or, unless accepted, half of one) with a Content-Length that is too
    large, then the end of the connection."""
    if accepted:
        return Fault("truncated", True, end=End.TRUNCATE)
    return Fault("truncated", response=Response(200, {}, b"<Pub"), end=End.TRUNCATE)


def garbage(status: int = 200, accepted: bool = False) -> Fault:
    """A body that looks like XML and is not."""
    body = b"<?xml version='1.0'?><PublishResponse><<>&nothing;\xff\xfe</Nope>"
    return replace(reply(status, body, {"Content-Type": "text/xml"}, accepted), name="garbage")


def date_offset(seconds: float) -> Fault:
    """The normal answer with a Date header that is off."""
    return Fault("date offset", True, date_offset=seconds)


def none() -> Fault:
    """No fault: a place in a script where all goes well."""
    return Fault("none", True)


class Faults:
    """The queue of scripted faults."""

    def __init__(self) -> None:
        self._queue: list[tuple[str, Fault, float]] = []

    def add(self, pattern: str, faults: tuple[Fault, ...], times: int | None) -> None:
        """Appends each fault `times` times; None: until cleared."""
        count = math.inf if times is None else times
        self._queue += [(pattern, fault, count) for fault in faults if count > 0]

    def take(self, operation: str) -> Fault | None:
        """The next fault for an operation, used up once."""
        for index, (pattern, fault, times) in enumerate(self._queue):
            if pattern == operation or (operation != ENTRY
                                        and fnmatch.fnmatchcase(operation, pattern)):
                if times > 1:
                    self._queue[index] = (pattern, fault, times - 1)
                else:
                    del self._queue[index]
                return fault
        return None

    def clear(self, pattern: str | None = None) -> None:
        """Forgets what was added for a pattern, or everything."""
        self._queue = [entry for entry in self._queue if pattern and entry[0] != pattern]

    def pending(self, pattern: str | None = None) -> int:
        """How many scripted faults still wait (one that applies until cleared counts as one)."""
        return sum(1 if math.isinf(times) else int(times) for name, _, times in self._queue
                   if pattern in (None, name))
