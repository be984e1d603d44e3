# SPDX-License-Identifier: MIT
"""SNS Publish and PublishBatch: the rules for messages, attributes, subjects and FIFO topics."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import time
import uuid
from dataclasses import replace

from fake.answers import ServiceError, query_answer, texts, xml
from fake.calls import Call
from fake.wire import Response
from fake.world import Attribute, Message, Topic

NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/"
DEDUPLICATION_SECONDS = 5 * 60
MOST_ENTRIES = 10
MOST_BYTES = 262144  # of a batch
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TOKEN = re.compile(r"[!-~]{1,128}")
_MEMBER = re.compile(r"PublishBatchRequestEntries\.member\.([1-9][0-9]*)\.(.+)")
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ENTRY = re.compile(r"MessageAttributes\.entry\.([1-9][0-9]*)\."
                    r"(Name|Value\.(?:DataType|StringValue|BinaryValue))")


def _invalid(name: str, reason: str = "") -> ServiceError:
    return ServiceError("InvalidParameter", 400,
                        f"Invalid parameter: {name}" + (f" Reason: {reason}" if reason else ""))


def call(call: Call) -> Response:
    """Carries out one call."""
    operations = {"Publish": _publish_one, "PublishBatch": _publish_batch}
    if call.operation not in operations:
        raise ServiceError("InvalidAction", 400,
                           f"Could not find operation {call.operation} for version 2010-03-31")
    if call.request.path != "/" or call.request.query:
        raise ServiceError("InvalidAction", 400, f"nothing is at {call.request.path}")
    return query_answer(call.operation, NAMESPACE, operations[call.operation](call),
                        call.request_id)


def _publish_one(call: Call) -> str:
    return texts(_told(_publish(call, _topic(call), call.parameters)))


def _told(message: Message) -> dict[str, str]:
    result = {"MessageId": message.message_id}
    if message.sequence_number is not None:
        result["SequenceNumber"] = message.sequence_number
    return result


def _publish_batch(call: Call) -> str:
    """Each entry by itself, in their order; one that is refused says so within the answer."""
    topic = _topic(call)
    entries = _entries(call.parameters)
    taken, failed = [], []
    for entry in entries:
        identifier = {"Id": entry["Id"]}
        try:
            refusal = call.entry_refusal()
            if refusal is not None:
                raise refusal
            taken.append(xml("member", texts(identifier | _told(_publish(call, topic, entry)))))
        except ServiceError as refused:
            details = {"Code": refused.code, "Message": refused.message,
                       "SenderFault": "true" if refused.status < 500 else "false"}
            failed.append(xml("member", texts(identifier | details)))
    return xml("Failed", *failed) + xml("Successful", *taken)


def _entries(parameters: dict[str, str]) -> list[dict[str, str]]:
    """The parameters of each entry, where SNS takes the batch as a whole."""
    members: dict[int, dict[str, str]] = {}
    for name, value in parameters.items():
        found = _MEMBER.fullmatch(name)
        if found:
            members.setdefault(int(found.group(1)), {})[found.group(2)] = value
    entries = [members[number] for number in sorted(members)]
    identifiers = [entry.get("Id", "") for entry in entries]
    if not entries:
        raise ServiceError("EmptyBatchRequest", 400,
                           "The batch request doesn't contain any entries.")
    if sorted(members) != list(range(1, len(entries) + 1)):
        raise _invalid("PublishBatchRequestEntries", "entries are not numbered from 1")
    if len(entries) > MOST_ENTRIES:
        raise ServiceError("TooManyEntriesInBatchRequest", 400,
                           "The batch request contains more entries than permissible.")
    if not all(_ENTRY_ID.fullmatch(identifier) for identifier in identifiers):
        raise ServiceError("InvalidBatchEntryId", 400, "The Id of a batch entry in a batch request "
                           "doesn't abide by the specification.")
    if len(set(identifiers)) != len(identifiers):
        raise ServiceError("BatchEntryIdsNotDistinct", 400,
                           "Two or more batch entries in the request have the same Id.")
    if sum(map(_counted, entries)) > MOST_BYTES:
        raise ServiceError("BatchRequestTooLong", 400,
                           "The length of all the batch messages put together is too large.")
    return entries


def _counted(entry: dict[str, str]) -> int:
    """The bytes of a message and its attributes, as far as they can be read."""
    counted = ("Message", "Name", "DataType", "StringValue")
    return sum(len(value.encode()) for name, value in entry.items()
               if name.rpartition(".")[2] in counted)


def _publish(call: Call, topic: Topic, parameters: dict[str, str]) -> Message:
    text = parameters.get("Message", "")
    attributes = _attributes(parameters)
    _check_message(topic, text, attributes)
    _check_subject(parameters.get("Subject"))
    structure = parameters.get("MessageStructure")
    _check_structure(structure, text)
    group, deduplication = _fifo(topic, parameters, text)
    message = Message(topic.arn, str(uuid.uuid4()), text, parameters.get("Subject"), structure,
                      attributes, group, deduplication,
                      call.world.next_sequence_number() if topic.fifo else None,
                      call.request.received)
    return _deliver(topic, message)


def _deliver(topic: Topic, message: Message) -> Message:
    if topic.fifo and message.deduplication_id is not None:
        now = time.monotonic()
        before = topic.seen.get(message.deduplication_id)
        if before is not None and now - before[0] < DEDUPLICATION_SECONDS:
            first = before[1]
            topic.messages.append(replace(message, duplicate=True, message_id=first.message_id,
                                          sequence_number=first.sequence_number))
            return topic.messages[-1]
        topic.seen[message.deduplication_id] = (now, message)
    topic.messages.append(message)
    return message


def _topic(call: Call) -> Topic:
    arn = call.parameters.get("TopicArn")
    if arn is None:
        raise _invalid("TopicArn or TargetArn", "no value for required parameter")
    fields = arn.split(":")
    if len(fields) < 6:
        raise _invalid("TopicArn", f"An ARN must have at least 6 elements, not {len(fields)}")
    if fields[0] != "arn" or fields[2] != "sns" or len(fields) != 6:
        raise _invalid("TopicArn")
    if fields[3] != call.region:
        raise _invalid("TopicArn", f"the topic is in {fields[3]}, this is {call.region}")
    if fields[4] != call.world.account:
        raise ServiceError("AuthorizationError", 403, "not authorized to perform: SNS:Publish on "
                           f"resource: {arn}")
    topic = call.world.topics.get(arn)
    if topic is None:
        raise ServiceError("NotFound", 404, "Topic does not exist")
    return topic


def _check_message(topic: Topic, text: str, attributes: dict[str, Attribute]) -> None:
    if not text:
        raise _invalid("Empty message")
    if _FORBIDDEN.search(text):
        raise _invalid("Message", "Invalid characters found")
    size = len(text.encode())
    for name, attribute in attributes.items():
        value = attribute.value
        size += len(name.encode()) + len(attribute.type.encode())
        size += len(value.encode() if isinstance(value, str) else value)
    if size > topic.maximum_size:
        raise _invalid("Message too long")


def _check_subject(subject: str | None) -> None:
    if subject is None:
        return
    printable = subject.isprintable() and subject[:1] != " "
    if not subject or len(subject) >= 100 or not printable:
        raise _invalid("Subject")


def _check_structure(structure: str | None, text: str) -> None:
    if structure is None:
        return
    if structure != "json":
        raise _invalid("MessageStructure")
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except ValueError as problem:
        raise _invalid("Message Structure", "JSON message body failed to parse") from problem
    is_object = text.lstrip()[:1] == "{"
    names = [name for name, _ in pairs] if is_object else []
    if not is_object or len(set(names)) != len(names):
        raise _invalid("Message Structure", "not an object, or a key is there twice")
    if not isinstance(dict(pairs).get("default"), str):
        raise _invalid("Message Structure", "No default entry in JSON message body")


def _attributes(parameters: dict[str, str]) -> dict[str, Attribute]:
    entries: dict[int, dict[str, str]] = {}
    for name, value in parameters.items():
        if name.startswith("MessageAttributes."):
            found = _ENTRY.fullmatch(name)
            if not found:
                raise _invalid("MessageAttributes", f"unknown member {name}")
            entries.setdefault(int(found.group(1)), {})[found.group(2)] = value
    if sorted(entries) != list(range(1, len(entries) + 1)):
        raise _invalid("MessageAttributes", "entries are not numbered from 1")
    result: dict[str, Attribute] = {}
    for number in sorted(entries):
        name, attribute = _attribute(entries[number])
        if name in result:
            raise _invalid("MessageAttributes", f"the name {name} is there twice")
        result[name] = attribute
    return result


def _attribute(entry: dict[str, str]) -> tuple[str, Attribute]:
    name, kind = entry.get("Name", ""), entry.get("Value.DataType", "")
    bad_dots = name.startswith(".") or name.endswith(".") or ".." in name
    reserved = name.lower().startswith(("aws.", "amazon."))
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,256}", name) or bad_dots or reserved:
        raise _invalid("MessageAttributes", f"the name '{name}' is not allowed")
    given = [key for key in ("Value.StringValue", "Value.BinaryValue") if key in entry]
    if len(given) != 1 or not entry[given[0]]:
        raise _invalid("MessageAttributes", f"The message attribute '{name}' must contain "
                       "non-empty message attribute value")
    text = entry[given[0]]
    if (kind == "Binary") != (given[0] == "Value.BinaryValue"):
        raise _invalid("MessageAttributes", f"'{name}' has type {kind} but {given[0]}")
    if kind == "Binary":
        try:
            return name, Attribute(kind, base64.b64decode(text, validate=True))
        except binascii.Error as problem:
            raise _invalid("MessageAttributes", f"'{name}' is not base64") from problem
    _check_value(name, kind, text)
    return name, Attribute(kind, text)


def _check_value(name: str, kind: str, text: str) -> None:
    if _FORBIDDEN.search(text) or any(character > "\uffff" for character in text):
        raise _invalid("MessageAttributes", f"Invalid attribute value of '{name}'")
    if kind == "Number":
        found = re.fullmatch(r"-?[0-9]+(?:\.[0-9]{1,5})?", text)
        if not found or abs(float(text)) > 1e9:
            raise _invalid("MessageAttributes", f"Could not cast '{name}' to a number")
    elif kind == "String.Array":
        try:
            items = json.loads(text)
        except ValueError as problem:
            raise _invalid("MessageAttributes", f"'{name}' is not a JSON array") from problem
        scalar = (str, int, float, bool, type(None))
        if not isinstance(items, list) or not all(isinstance(item, scalar) for item in items):
            raise _invalid("MessageAttributes", f"'{name}' is not an array of plain values")
    elif kind != "String":
        raise _invalid("MessageAttributes", f"'{name}' has the unsupported type '{kind}'")


def _fifo(topic: Topic, parameters: dict[str, str], text: str) -> tuple[str | None, str | None]:
    group = parameters.get("MessageGroupId")
    deduplication = parameters.get("MessageDeduplicationId")
    for name, value in (("MessageGroupId", group), ("MessageDeduplicationId", deduplication)):
        if value is not None and not _TOKEN.fullmatch(value):
            raise _invalid(name)
    if not topic.fifo:
        if deduplication is not None:
            raise _invalid("MessageDeduplicationId", "The request includes MessageDeduplicationId "
                           "parameter that is not valid for this topic type")
        return group, None
    if group is None:
        raise _invalid("MessageGroupId", "The MessageGroupId parameter is required for FIFO topics")
    if deduplication is None and topic.content_deduplication:
        deduplication = hashlib.sha256(text.encode()).hexdigest()
    if deduplication is None:
        raise _invalid("MessageDeduplicationId", "The topic should either have "
                       "ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                       "explicitly")
    return group, deduplication
