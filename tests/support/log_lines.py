# SPDX-License-Identifier: MIT
"""Takes the program's own lines apart, as a collector of logs would: `TIME PROGRAM [LEVEL:] MESSAGE`
and fields, which are logfmt."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_FIELD = r'([a-z_]+)=("(?:[^"\\]|\\.)*"|[^\s="]+)'
_LINE = re.compile(r"(\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z) (\S+) (?:(warning|error): )?(.*?)"
                   rf"((?: {_FIELD})*)")


@dataclass(frozen=True)
class LogLine:
    """One line."""

    time: str
    program: str
    level: str
    message: str
    fields: dict[str, str]


def parse(line: str) -> LogLine:
    """A line that is one; ValueError says that it is not."""
    found = _LINE.fullmatch(line)
    if not found:
        raise ValueError(f"no line of a log: {line!r}")
    fields = {name: json.loads(value) if value.startswith('"') else value
              for name, value in re.findall(_FIELD, found[5])}
    return LogLine(found[1], found[2], found[3] or "info", found[4], fields)


def parse_all(text: str, message: str = "") -> list[LogLine]:
    """The lines of a text whose message begins so; each line must be one."""
    return [line for line in map(parse, text.splitlines()) if line.message.startswith(message)]
