#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A loopback fake of the parts of AWS that sla calls: SNS, S3, STS, SSM, CloudWatch, credentials.

It recomputes every signature from the raw request, answers as the real services do, errors
included, fails on purpose when a test asks for it (`fake/faults.py`), and remembers every request.
What it does not know it refuses; it is no substitute for an account. As a library:

    with FakeAws() as aws:
        topic = aws.create_topic("results")
        aws.fail("sns:Publish", faults.throttling())
        ...run something with aws.environment()...
        aws.wait_for(lambda: aws.messages(topic), 10)

As a program: `fake_aws.py --topic results --bucket logs` prints its environment and serves until
it is told to stop.
"""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import TypeVar

import certificates
from fake import cloudwatch, faults, iam, identity, metadata, s3, sns, ssm, sts
from fake.answers import Protocol, ServiceError, error_answer
from fake.calls import Call, identify, parse_form
from fake.faults import Fault, Faults
from fake.wire import Plan, Request, Response, Server
from fake.world import (Bucket, Container, Entry, Imds, Key, Message, Metric, Parameter, Role,
                        StoredObject, Topic, World, partition)

__all__ = ["FakeAws", "faults"]
T = TypeVar("T")

_SCOPES = {"sns": "sns", "s3": "s3", "sts": "sts", "ssm": "ssm", "cloudwatch": "monitoring",
           "iam": "iam"}
_NAMESPACES = {"sns": sns.NAMESPACE, "sts": sts.NAMESPACE, "ssm": ssm.NAMESPACE,
               "iam": iam.NAMESPACE}


def _protocol(service: str, request: Request) -> Protocol:
    if service == "cloudwatch":
        is_json = request.header("x-amz-target") is not None
        return Protocol.JSON if is_json else Protocol.QUERY
    known = {"sns": Protocol.QUERY, "sts": Protocol.QUERY, "s3": Protocol.S3,
             "ssm": Protocol.JSON, "iam": Protocol.QUERY}
    return known.get(service, Protocol.PLAIN)


def _namespace(service: str, protocol: Protocol) -> str:
    if service == "cloudwatch":
        return cloudwatch.SHAPES if protocol is Protocol.JSON else cloudwatch.NAMESPACE
    return _NAMESPACES.get(service, "")


class FakeAws:
    """The server. Every public member may be used from any thread.

    `names`: host names beside localhost that resolve to loopback and whose sub-domains are
    buckets. `certificate`: one of certificates.KINDS, for TLS that has to fail.
    """

    def __init__(self, tls: bool = False, *, region: str = "eu-central-1",
                 account: str = "123456789012", port: int = 0, names: Sequence[str] = (),
                 certificate: str = "good") -> None:
        self._world = World(account, region)
        self._faults = Faults()
        self._names = tuple(names)
        self._condition = threading.Condition(threading.RLock())
        self._directory = tempfile.TemporaryDirectory(prefix="fake-aws-")
        self.on_request: Callable[[Entry], None] | None = None
        self.delay = 0.0  # seconds that every answer comes later
        self.bugs: list[str] = []
        self.ca_file: str | None = None
        self.key = self.create_key("tester")
        context = None
        if tls:
            authority = certificates.Authority(Path(self._directory.name))
            wildcards = [f"*.{name}" for name in self._names if "." in name]
            valid_for = [*certificates.DEFAULT_NAMES, *self._names, *wildcards]
            context = authority.leaf(valid_for, certificate).server_context()
            self.ca_file = str(authority.ca_file)
        self._scheme = "https" if tls else "http"
        self._server = Server(self._plan, context, port)

    def __enter__(self) -> FakeAws:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()
        if self.bugs and error is None:
            raise AssertionError("the fake itself failed:\n" + "\n".join(self.bugs))

    def close(self) -> None:
        """Stops the server and closes every connection."""
        self._server.close()
        self._directory.cleanup()

    # Where it is, and what a client needs.

    @property
    def region(self) -> str:
        return self._world.region

    @property
    def account(self) -> str:
        return self._world.account

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def url(self) -> str:
        """By address; clients then use path style for buckets."""
        return self.url_at("127.0.0.1")

    def url_at(self, host: str) -> str:
        """The same server under another name, as `localhost` or `s3.localhost`."""
        return f"{self._scheme}://{host}:{self.port}"

    def environment(self, *, virtual_host: bool = False, key: Key | None = None,
                    **more: str) -> dict[str, str]:
        """What makes a client use this server and nothing else of the machine's set-up.
        `virtual_host`: buckets become sub-domains of s3.localhost."""
        key = key or self.key
        result = {"AWS_ACCESS_KEY_ID": key.access_key, "AWS_SECRET_ACCESS_KEY": key.secret,
                  "AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region,
                  "AWS_ENDPOINT_URL": self.url, "AWS_EC2_METADATA_DISABLED": "true",
                  "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        if key.token is not None:
            result["AWS_SESSION_TOKEN"] = key.token
        if self.ca_file is not None:
            result["AWS_CA_BUNDLE"] = self.ca_file
        if virtual_host:
            result["AWS_ENDPOINT_URL_S3"] = self.url_at("s3.localhost")
            result["SLARUNNER_S3ADDRESSING"] = "virtual"
        return result | more

    # What exists.

    def create_topic(self, name: str, *, region: str | None = None, maximum_size: int = 262144,
                     content_deduplication: bool = False) -> str:
        """A topic, FIFO if its name ends so; returns its ARN."""
        region = region or self.region
        arn = f"arn:{partition(region)}:sns:{region}:{self.account}:{name}"
        with self._condition:
            self._world.topics[arn] = Topic(arn, region, name.endswith(".fifo"),
                                            content_deduplication, maximum_size)
        return arn

    def delete_topic(self, arn: str) -> None:
        with self._condition:
            del self._world.topics[arn]

    def create_bucket(self, name: str, *, region: str | None = None, **traits: bool) -> str:
        """An empty bucket; returns its name. The traits are those of `Bucket`."""
        with self._condition:
            self._world.buckets[name] = Bucket(name, region or self.region, **traits)
        return name

    def delete_bucket(self, name: str) -> None:
        with self._condition:
            del self._world.buckets[name]

    def create_role(self, name: str, *, external_id: str | None = None,
                    maximum_seconds: int = 3600, web_identity_tokens: Sequence[str] = (),
                    expired_tokens: Sequence[str] = (), lifetime: float | None = None) -> str:
        """A role that every key may assume; returns its ARN. `lifetime` overrides how long its
        credentials are valid, below the 900 seconds that a client may ask for."""
        arn = f"arn:{partition(self.region)}:iam::{self.account}:role/{name}"
        with self._condition:
            self._world.roles[arn] = Role(arn, external_id, maximum_seconds,
                                          tuple(web_identity_tokens), tuple(expired_tokens),
                                          lifetime)
        return arn

    def create_key(self, user: str, lifetime: float | None = None, *,
                   known_as: tuple[str, str] | None = None) -> Key:
        """A user's key; with a lifetime in seconds a temporary one with a session token. `known_as`
        is an id and a secret that another server has."""
        with self._condition:
            if lifetime is not None:
                return self._world.role_key(user, "session", self.region, lifetime)
            arn = f"arn:{partition(self.region)}:iam::{self.account}:user/{user}"
            key_id, secret = known_as or ("AKIA" + uuid.uuid4().hex[:16].upper(),
                                          f"{uuid.uuid4().hex}/+secret")
            key = Key(key_id, secret, arn)
            self._world.keys[key.access_key] = key
            return key

    def expire(self, access_key: str) -> None:
        """Lets a key expire at once."""
        with self._condition:
            self._world.keys[access_key].expires = self._world.now()

    def put_parameter(self, name: str, value: str, kind: str = "String") -> None:
        """An SSM parameter; kind is String, StringList or SecureString."""
        with self._condition:
            version = getattr(self._world.parameters.get(name), "version", 0) + 1
            self._world.parameters[name] = Parameter(name, value, kind, version,
                                                     round(self._world.now(), 3))

    def forget_deduplication(self) -> None:
        """As if the five minutes of every FIFO topic had passed."""
        with self._condition:
            for topic in self._world.topics.values():
                topic.seen.clear()

    @property
    def imds(self) -> Imds:
        """How the instance metadata answers; change its fields."""
        return self._world.imds

    @property
    def container(self) -> Container:
        """How the container credentials endpoint answers; change its fields."""
        return self._world.container

    @property
    def clock_offset(self) -> float:
        """Seconds that the server's clock is ahead; settable."""
        return self._world.clock_offset

    @clock_offset.setter
    def clock_offset(self, seconds: float) -> None:
        with self._condition:
            self._world.clock_offset = seconds

    @property
    def empty_pages(self) -> bool:
        """Whether SSM begins with an empty page that has a NextToken; settable."""
        return self._world.ssm_empty_pages

    @empty_pages.setter
    def empty_pages(self, value: bool) -> None:
        with self._condition:
            self._world.ssm_empty_pages = value

    # What goes wrong.

    def fail(self, operation: str, *scripted: Fault, times: int | None = 1) -> None:
        """Queues faults for 'sns:Publish', 's3:*', '*' or faults.ENTRY; each `times` times in a
        row, None: until cleared."""
        with self._condition:
            self._faults.add(operation, scripted, times)

    def clear_faults(self, operation: str | None = None) -> None:
        """Forgets the faults queued for an operation, or all."""
        with self._condition:
            self._faults.clear(operation)

    def pending_faults(self, operation: str | None = None) -> int:
        """How many queued faults were not used yet."""
        with self._condition:
            return self._faults.pending(operation)

    @contextlib.contextmanager
    def outage(self) -> Iterator[None]:
        """Inside, connections are refused; afterwards the same port answers again."""
        self._server.refuse()
        try:
            yield
        finally:
            self._server.listen()

    def drop_connections(self) -> None:
        """Closes every open connection, as an idle limit does."""
        self._server.drop_connections()

    # What happened.

    def messages(self, topic_arn: str, *, duplicates: bool = False) -> list[Message]:
        """What was published to a topic; duplicates of a FIFO topic only on request."""
        with self._condition:
            return [message for message in self._world.topics[topic_arn].messages
                    if duplicates or not message.duplicate]

    def objects(self, bucket: str) -> dict[str, StoredObject]:
        """The objects of a bucket by key."""
        with self._condition:
            return dict(self._world.buckets[bucket].objects)

    def put_object(self, bucket: str, key: str, body: bytes) -> None:
        """An object, as somebody else put it."""
        with self._condition:
            self._world.buckets[bucket].objects[key] = StoredObject(
                key, body, "binary/octet-stream", {}, {}, '"of-somebody-else"', self._world.now(),
                {})

    def puts(self, bucket: str) -> int:
        """How many objects were written to a bucket, overwritten ones included."""
        with self._condition:
            return self._world.buckets[bucket].puts

    def metrics(self, namespace: str | None = None) -> list[Metric]:
        """What was put to CloudWatch."""
        with self._condition:
            return [metric for metric in self._world.metrics
                    if namespace in (None, metric.namespace)]

    def requests(self, operation: str | None = None) -> list[Entry]:
        """The journal, or what it holds for an operation: 'sns:Publish', or 'sns:Publish*'."""
        with self._condition:
            return [entry for entry in self._world.journal if operation in (None, entry.name)
                    or fnmatch.fnmatchcase(entry.name, operation)]

    @property
    def connections(self) -> int:
        """How many TCP connections were accepted so far."""
        return self._server.accepted

    @property
    def failed_handshakes(self) -> int:
        """How many TLS handshakes failed so far."""
        return self._server.failed_handshakes

    def wait_for(self, condition: Callable[[], T], seconds: float = 120.0) -> T:
        """Waits until a condition on what happened holds and returns its value; looks again after
        each request. Raises AssertionError with the journal when time is up."""
        with self._condition:
            value = self._condition.wait_for(condition, seconds)
            if not value:
                raise AssertionError(f"not within {seconds} s; the journal:\n{self.show()}")
            return value

    def show(self) -> str:
        """The journal as text, one line for each request."""
        return "\n".join(f"  {entry.name} -> {entry.outcome}" for entry in self.requests())

    # How a request is answered.

    def _plan(self, request: Request) -> Plan:
        with self._condition:
            service, operation = identify(self._world, request, self._names)
            entry = Entry(service, operation, {}, request)
            self._world.journal.append(entry)
            try:
                plan = self._decide(Call(self._world, request, service, operation,
                                         entry.parameters, request_id=str(uuid.uuid4()),
                                         entry_refusal=self._entry_refusal), entry)
                return replace(plan, stall=plan.stall + self.delay) if self.delay else plan
            finally:
                self._note(entry)

    def _entry_refusal(self) -> ServiceError | None:
        fault = self._faults.take(faults.ENTRY)
        return fault.error if fault else None

    def _note(self, entry: Entry) -> None:
        if self.on_request is not None:
            self.on_request(entry)
        self._condition.notify_all()

    def _decide(self, call: Call, entry: Entry) -> Plan:
        protocol = _protocol(call.service, call.request)
        try:
            self._admit(call, protocol, entry)
        except ServiceError as refused:
            response = self._refuse(call, protocol, entry, refused)
            return Plan(lambda: response)
        fault = self._faults.take(entry.name)
        if fault is None or fault == faults.none():
            response = self._carry_out(call, protocol, entry)
            return Plan(lambda: response)
        response = self._carry_out(call, protocol, entry) if fault.accepted else Response()
        entry.outcome = f"fault: {fault.name}"
        if fault.answers:
            response = self._scripted(call, protocol, fault)
            entry.status = response.status
        elif fault.stall and not fault.accepted:
            return Plan(lambda: self._carry_out_late(call, protocol, entry), fault.stall, fault.end)
        if fault.date_offset:
            response.headers["Date"] = self._date(fault.date_offset)
        return Plan(lambda: response, fault.stall, fault.end)

    def _admit(self, call: Call, protocol: Protocol, entry: Entry) -> None:
        """Reads what the query services need and checks who is calling."""
        claim = identity.claimed(call.request)
        entry.access_key = claim.access_key if claim else None
        entry.region = call.region = claim.scope.region if claim else self.region
        if protocol is Protocol.QUERY and call.service != "cloudwatch":
            call.parameters |= parse_form(call.request)
        if protocol is Protocol.PLAIN or call.operation in sts.UNSIGNED:
            return
        call.key, call.region = identity.check(self._world, call.request, protocol,
                                               _SCOPES[call.service])

    def _carry_out(self, call: Call, protocol: Protocol, entry: Entry) -> Response:
        try:
            response = self._run(call, protocol)
        except ServiceError as refused:
            return self._refuse(call, protocol, entry, refused)
        except Exception:  # a mistake in this fake: say so, never look like AWS
            self.bugs.append(traceback.format_exc())
            bug = ServiceError("BugInTheFake", 500, traceback.format_exc())
            return self._refuse(call, protocol, entry, bug)
        entry.outcome, entry.status, entry.applied = "ok", response.status, True
        return self._dated(response)

    def _carry_out_late(self, call: Call, protocol: Protocol, entry: Entry) -> Response:
        with self._condition:
            response = self._carry_out(call, protocol, entry)
            self._condition.notify_all()
            return response

    def _run(self, call: Call, protocol: Protocol) -> Response:
        if call.service == "s3":
            return s3.call(call, self._names)
        if call.service == "cloudwatch":
            try:
                return cloudwatch.call(call, protocol is Protocol.JSON)
            except ServiceError as refused:
                if protocol is Protocol.JSON:
                    raise cloudwatch.shape_code(refused) from refused
                raise
        services = {"sns": sns.call, "sts": sts.call, "ssm": ssm.call, "imds": metadata.imds,
                    "container": metadata.container, "iam": iam.call}
        return services[call.service](call)

    def _refuse(self, call: Call, protocol: Protocol, entry: Entry,
                refused: ServiceError) -> Response:
        entry.outcome, entry.status, entry.message = refused.code, refused.status, refused.message
        return self._error(call, protocol, refused)

    def _error(self, call: Call, protocol: Protocol, refused: ServiceError) -> Response:
        query_mode = call.request.header("x-amzn-query-mode") == "true"
        return self._dated(error_answer(refused, protocol, _namespace(call.service, protocol),
                                        call.request_id, query_mode))

    def _scripted(self, call: Call, protocol: Protocol, fault: Fault) -> Response:
        if fault.response is not None:
            return self._dated(replace(fault.response, headers=dict(fault.response.headers)))
        if fault.refusal is not None:
            return self._error(call, protocol, identity.refusal(fault.refusal, protocol))
        assert fault.error is not None
        refused = fault.error
        if protocol is Protocol.JSON and refused.code == "Throttling":
            refused = replace(refused, code="ThrottlingException", query_code="Throttling")
        return self._error(call, protocol, refused)

    def _dated(self, response: Response) -> Response:
        response.headers.setdefault("Date", self._date(0.0))
        return response

    def _date(self, offset: float) -> str:
        return formatdate(self._world.now() + offset, usegmt=True)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A loopback fake of AWS, until SIGTERM.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--region", default="eu-central-1")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--name", action="append", default=[], help="a further host name")
    parser.add_argument("--topic", action="append", default=[])
    parser.add_argument("--bucket", action="append", default=[])
    parser.add_argument("--role", action="append", default=[])
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """The program: the environment on stdout, one line for each request on stderr."""
    options = _arguments(words)
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    with FakeAws(options.tls, region=options.region, port=options.port,
                 names=options.name) as aws:
        aws.on_request = lambda entry: print(
            f"{time.strftime('%H:%M:%S')} #{entry.request.connection} {entry.name} "
            f"{entry.outcome} {entry.message}", file=sys.stderr, flush=True)
        print(f"# {aws.url}")
        for name, value in aws.environment().items():
            print(f"export {name}='{value}'")
        for name in options.topic:
            print(f"# topic {aws.create_topic(name)}")
        for name in options.bucket:
            print(f"# bucket {aws.create_bucket(name)}")
        for name in options.role:
            print(f"# role {aws.create_role(name)}")
        for pair in options.parameter:
            name, _, value = pair.partition("=")
            aws.put_parameter(name, value)
            print(f"# parameter {name}")
        sys.stdout.flush()
        signal.sigwait(signals)
    return 0


if __name__ == "__main__":
    sys.exit(main())
