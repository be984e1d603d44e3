# SPDX-License-Identifier: MIT
"""What exists in the fake: keys, topics, buckets, roles, parameters, metrics, and the journal.

Plain data with the few rules that several services share (time, ids, partitions). It does not
lock; `FakeAws` holds one lock around everything that reads or changes it.
"""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone

from fake.wire import Request


def partition(region: str) -> str:
    """The partition of a region."""
    prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso",
                "us-isob-": "aws-iso-b", "eu-isoe-": "aws-iso-e", "us-isof-": "aws-iso-f",
                "eusc-": "aws-eusc"}
    return next((name for prefix, name in prefixes.items() if region.startswith(prefix)), "aws")


def iso_time(seconds: float) -> str:
    """`2026-01-01T00:00:00Z`."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Key:
    """Credentials that the fake knows; `expires` is server time in epoch seconds."""

    access_key: str
    secret: str = field(repr=False)
    arn: str
    token: str | None = field(default=None, repr=False)
    expires: float | None = None
    user_id: str = "AIDAEXAMPLE"


@dataclass(frozen=True)
class Attribute:
    """A message attribute; a Binary value is decoded."""

    type: str
    value: str | bytes


@dataclass(frozen=True)
class Message:
    """A published message; `duplicate`: accepted, but not delivered (FIFO)."""

    topic_arn: str
    message_id: str
    message: str
    subject: str | None
    structure: str | None
    attributes: dict[str, Attribute]
    group_id: str | None
    deduplication_id: str | None
    sequence_number: str | None
    received: float
    duplicate: bool = False


@dataclass
class Topic:
    """A topic; `seen` maps a FIFO topic's deduplication ids to time and message."""

    arn: str
    region: str
    fifo: bool
    content_deduplication: bool = False
    maximum_size: int = 262144
    messages: list[Message] = field(default_factory=list)
    seen: dict[str, tuple[float, Message]] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredObject:
    """An object as it was put; metadata names come without `x-amz-meta-`."""

    key: str
    body: bytes
    content_type: str
    metadata: dict[str, str]
    headers: dict[str, str]
    etag: str
    modified: float
    checksums: dict[str, str]


@dataclass
class Bucket:
    """A bucket; `puts` counts the objects that were written, overwritten ones included.
    `object_lock` wants a checksum with each object. Stores of other makers refuse checksums, ignore
    `If-None-Match`, or refuse it."""

    name: str
    region: str
    object_lock: bool = False
    no_checksums: bool = False
    ignores_conditions: bool = False
    no_conditions: bool = False
    objects: dict[str, StoredObject] = field(default_factory=dict)
    puts: int = 0


@dataclass
class Role:
    """A role; `lifetime` overrides the lifetime of what it issues, for tests of renewal."""

    arn: str
    external_id: str | None = None
    maximum_seconds: int = 3600
    web_identity_tokens: tuple[str, ...] = ()
    expired_tokens: tuple[str, ...] = ()
    lifetime: float | None = None


@dataclass(frozen=True)
class Parameter:
    """An SSM parameter."""

    name: str
    value: str
    type: str = "String"
    version: int = 1
    modified: float = 0.0

    @property
    def ciphertext(self) -> str:
        """What a SecureString shows without decryption."""
        digest = hashlib.sha512(self.value.encode()).digest()
        return "AQICAH" + base64.b64encode(digest).decode()


@dataclass(frozen=True)
class Metric:
    """One datum of PutMetricData; `values` pairs each value with its count."""

    namespace: str
    name: str
    dimensions: dict[str, str]
    values: tuple[tuple[float, float], ...]
    unit: str
    timestamp: float | None
    resolution: int

    @property
    def value(self) -> float:
        """The value of a datum that has only one."""
        assert len(self.values) == 1
        return self.values[0][0]


@dataclass
class Imds:
    """How the instance metadata answers; role None: the instance has no role."""

    enabled: bool = True
    role: str | None = "instance-role"
    code: str = "Success"
    lifetime: float = 21600.0
    region: str | None = None
    tokens: dict[str, float] = field(default_factory=dict)


@dataclass
class Container:
    """How the container credentials endpoint answers; authorization None: none is needed."""

    path: str = "/container/credentials"
    authorization: str | None = "container-authorization"
    role: str = "task-role"
    lifetime: float = 21600.0


@dataclass
class Entry:
    """One request in the journal. `outcome` is 'ok', an error code, or 'fault: ' and its name;
    `applied` says whether it took effect."""

    service: str
    operation: str
    parameters: dict[str, str]
    request: Request
    region: str | None = None
    access_key: str | None = None
    outcome: str = "pending"
    status: int | None = None
    applied: bool = False
    message: str = ""

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


class World:
    """Everything that exists, and the server's clock."""

    def __init__(self, account: str, region: str) -> None:
        self.account = account
        self.region = region
        self.clock_offset = 0.0
        self.ssm_empty_pages = False
        self.keys: dict[str, Key] = {}
        self.topics: dict[str, Topic] = {}
        self.buckets: dict[str, Bucket] = {}
        self.roles: dict[str, Role] = {}
        self.parameters: dict[str, Parameter] = {}
        self.page_tokens: dict[str, tuple[str, int]] = {}
        self.metrics: list[Metric] = []
        self.imds = Imds()
        self.container = Container()
        self.journal: list[Entry] = []
        self._sequence = 0

    def now(self) -> float:
        """Server time in epoch seconds."""
        return time.time() + self.clock_offset

    def next_sequence_number(self) -> str:
        """A FIFO topic's ever-growing number of 20 digits."""
        self._sequence += 1
        return f"{10**19 + self._sequence * 256:020d}"

    def regions(self) -> set[str]:
        """The regions in which something can be called."""
        return ({self.region, "us-east-1"}  # where IAM is
                | {topic.region for topic in self.topics.values()}
                | {bucket.region for bucket in self.buckets.values()})

    def role_key(self, role: str, session: str, region: str, seconds: float) -> Key:
        """New temporary credentials for a role's session, known from now on."""
        arn = f"arn:{partition(region)}:sts::{self.account}:assumed-role/{role}/{session}"
        key = Key("ASIA" + uuid.uuid4().hex[:16].upper(), uuid.uuid4().hex + "/+secret", arn,
                  "token/" + base64.b64encode(uuid.uuid4().bytes * 8).decode(),
                  self.now() + seconds, f"AROAEXAMPLE:{session}")
        self.keys[key.access_key] = key
        return key
