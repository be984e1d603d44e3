# SPDX-License-Identifier: MIT
"""S3 PutObject, GetObject, HeadObject and HeadBucket; virtual-hosted and path style."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from email.utils import formatdate

import sigv4_check as sigv4
from fake.answers import ServiceError
from fake.calls import Call, bucket_and_key
from fake.wire import Request, Response
from fake.world import Bucket, StoredObject

_CHUNKED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_CHECKSUM = "x-amz-checksum-"
_DIGESTS = {"sha256": lambda data: hashlib.sha256(data).digest(),
            "sha1": lambda data: hashlib.sha1(data).digest(),
            "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big")}


def call(call: Call, names: tuple[str, ...]) -> Response:
    """Carries out one call; `names` are host names whose sub-domains are buckets."""
    operations = {"PutObject": _put, "GetObject": _get, "HeadObject": _get}
    if call.operation == "PutObject":
        _check_length(call.request)
    name, key = bucket_and_key(call.request, names)
    call.parameters |= {"Bucket": name, "Key": key}
    bucket = _bucket(call, name)
    headers = {"x-amz-request-id": call.request_id, "x-amz-id-2": f"host-{call.request_id}",
               "Server": "AmazonS3"}
    if call.operation == "HeadBucket":
        return Response(200, headers | {"x-amz-bucket-region": bucket.region})
    operation = operations.get(call.operation)
    if operation is None:
        raise ServiceError("NotImplemented", 501, "A header or operation you provided implies "
                           f"functionality that is not implemented: {call.operation}")
    if len(key.encode()) > 1024:
        raise ServiceError("KeyTooLongError", 400, "Your key is too long",
                           {"Size": str(len(key.encode())), "MaxSizeAllowed": "1024"})
    response = operation(call, bucket, key)
    return Response(response.status, headers | response.headers, response.body)


def _bucket(call: Call, name: str) -> Bucket:
    if not re.fullmatch(r"[A-Za-z0-9._-]{3,255}", name):
        raise ServiceError("InvalidBucketName", 400, "The specified bucket is not valid.",
                           {"BucketName": name})
    bucket = call.world.buckets.get(name)
    if bucket is None:
        raise ServiceError("NoSuchBucket", 404, "The specified bucket does not exist",
                           {"BucketName": name})
    if bucket.region != call.region:
        raise ServiceError("PermanentRedirect", 301, "The bucket you are attempting to access must "
                           "be addressed using the specified endpoint. Please send all future "
                           "requests to this endpoint.",
                           {"Endpoint": f"{name}.s3.{bucket.region}.amazonaws.com",
                            "Bucket": name}, {"x-amz-bucket-region": bucket.region})
    owner = call.request.header("x-amz-expected-bucket-owner")
    if owner not in (None, call.world.account):
        raise ServiceError("AccessDenied", 403, "Access Denied")
    return bucket


def _check_length(request: Request) -> None:
    if request.header("content-length") is not None:
        return
    if request.header("transfer-encoding") is None:
        raise ServiceError("MissingContentLength", 411,
                           "You must provide the Content-Length HTTP header.")
    if request.header("x-amz-decoded-content-length") is None:
        raise ServiceError("NotImplemented", 501, "A header you provided implies functionality "
                           "that is not implemented", {"Header": "Transfer-Encoding"})


def _decode_chunks(data: bytes) -> tuple[bytes, dict[str, str]]:
    """The body of an aws-chunked request and its trailing headers."""
    body = b""
    while True:
        line, separator, data = data.partition(b"\r\n")
        size = int(line.split(b";")[0], 16) if separator else -1
        if size < 0 or len(data) < size:
            raise ValueError("incomplete")
        if size == 0:
            break
        body, data = body + data[:size], data[size + 2:]
    trailers = {}
    for text in data.decode("ascii").split("\r\n"):
        name, colon, value = text.partition(":")
        if colon:
            trailers[name.lower()] = value.strip()
    return body, trailers


def _payload(request: Request) -> tuple[bytes, dict[str, str]]:
    """The object's bytes, verified, and the checksums that came with it."""
    declared = request.header("x-amz-content-sha256") or ""
    checksums = {name.lower(): value for name, value in request.headers
                 if name.lower().startswith(_CHECKSUM)}
    body = request.body
    if declared == _CHUNKED:
        try:
            body, trailers = _decode_chunks(body)
        except ValueError as problem:
            raise ServiceError("IncompleteBody", 400, "The request body terminated "
                               "unexpectedly") from problem
        checksums |= {name: value for name, value in trailers.items()
                      if name.startswith(_CHECKSUM)}
        if str(len(body)) != request.header("x-amz-decoded-content-length"):
            raise ServiceError("IncompleteBody", 400, "x-amz-decoded-content-length differs")
    elif declared == "UNSIGNED-PAYLOAD":
        if not request.tls:
            raise ServiceError("InvalidRequest", 400, "UNSIGNED-PAYLOAD is for TLS only")
    elif declared != sigv4.sha256_hex(body):
        raise ServiceError("XAmzContentSHA256Mismatch", 400, "The provided 'x-amz-content-sha256' "
                           "header does not match what was computed.",
                           {"ClientComputedContentSHA256": declared,
                            "S3ComputedContentSHA256": sigv4.sha256_hex(body)})
    _check_checksums(request, body, checksums)
    return body, checksums


def _check_checksums(request: Request, body: bytes, checksums: dict[str, str]) -> None:
    for name, value in checksums.items():
        digest = _DIGESTS.get(name.removeprefix(_CHECKSUM))
        if digest is None:
            raise ServiceError("NotImplemented", 501, f"this fake does not know {name}")
        if base64.b64encode(digest(body)).decode() != value:
            algorithm = name.removeprefix(_CHECKSUM).upper()
            raise ServiceError("BadDigest", 400, f"The {algorithm} you specified did not match "
                               "the calculated checksum.")
    algorithm = request.header("x-amz-sdk-checksum-algorithm")
    if algorithm is not None and _CHECKSUM + algorithm.lower() not in checksums:
        raise ServiceError("InvalidRequest", 400, "x-amz-sdk-checksum-algorithm specified, but no "
                           "corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
    md5 = request.header("content-md5")
    if md5 is not None and md5 != base64.b64encode(hashlib.md5(body).digest()).decode():
        raise ServiceError("BadDigest", 400, "The Content-MD5 you specified did not match what we "
                           "received.")


def _check_traits(request: Request, bucket: Bucket, checksums: dict[str, str]) -> None:
    if bucket.no_checksums and checksums:
        raise ServiceError("InvalidArgument", 400, f"Unsupported header '{next(iter(checksums))}' "
                           "received for this API call.")
    if bucket.object_lock and not checksums and request.header("content-md5") is None:
        raise ServiceError("InvalidRequest", 400, "Content-MD5 OR x-amz-checksum- HTTP header is "
                           "required for Put Object requests with Object Lock parameters")


def _check_condition(request: Request, bucket: Bucket, key: str) -> None:
    condition = request.header("if-none-match")
    if condition is None or bucket.ignores_conditions:
        return
    if condition != "*" or bucket.no_conditions:
        raise ServiceError("NotImplemented", 501, "A header you provided implies functionality "
                           "that is not implemented", {"Header": "If-None-Match"})
    if key in bucket.objects:
        raise ServiceError("PreconditionFailed", 412, "At least one of the pre-conditions you "
                           "specified did not hold", {"Condition": "If-None-Match"})


def _metadata(request: Request) -> dict[str, str]:
    prefix = "x-amz-meta-"
    found: dict[str, str] = {}
    for name, value in request.headers:
        if name.lower().startswith(prefix):
            short = name.lower().removeprefix(prefix)
            found[short] = f"{found[short]},{value}" if short in found else value
    if sum(len(name) + len(value) for name, value in found.items()) > 2048:
        raise ServiceError("MetadataTooLarge", 400, "Your metadata headers exceed the maximum "
                           "allowed metadata size")
    if any(not value.isascii() for value in found.values()):
        raise ServiceError("InvalidArgument", 400, "metadata must be US-ASCII")
    return found


def _put(call: Call, bucket: Bucket, key: str) -> Response:
    request = call.request
    body, checksums = _payload(request)
    _check_traits(request, bucket, checksums)
    metadata = _metadata(request)
    _check_condition(request, bucket, key)
    etag = f'"{hashlib.md5(body).hexdigest()}"'
    stored = StoredObject(key, body, request.header("content-type") or "binary/octet-stream",
                          metadata, {name.lower(): value for name, value in request.headers},
                          etag, call.world.now(), checksums)
    bucket.objects[key] = stored
    bucket.puts += 1
    return Response(200, {"ETag": etag, "x-amz-server-side-encryption": "AES256", **checksums})


def _get(call: Call, bucket: Bucket, key: str) -> Response:
    stored = bucket.objects.get(key)
    if stored is None:
        raise ServiceError("NoSuchKey", 404, "The specified key does not exist.", {"Key": key})
    headers = {"ETag": stored.etag, "Content-Type": stored.content_type,
               "Content-Length": str(len(stored.body)), "Accept-Ranges": "bytes",
               "Last-Modified": formatdate(stored.modified, usegmt=True)}
    headers |= {f"x-amz-meta-{name}": value for name, value in stored.metadata.items()}
    if (call.request.header("x-amz-checksum-mode") or "").upper() == "ENABLED":
        headers |= stored.checksums
    return Response(200, headers, stored.body)
