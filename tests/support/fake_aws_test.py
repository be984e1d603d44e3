# SPDX-License-Identifier: MIT
"""Checks the fake of AWS: who is let in, and what each service takes, refuses and remembers."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import sigv4_check as sigv4
from fake_aws import FakeAws
from signing_client import Answer, Client


class FakeCase(unittest.TestCase):
    """A fake, a client, a topic and a bucket."""

    def setUp(self) -> None:
        self.aws = FakeAws()
        self.addCleanup(self.aws.close)
        self.topic = self.aws.create_topic("results")
        self.bucket = self.aws.create_bucket("logs")
        self.client = self.connect()

    def tearDown(self) -> None:
        self.assertEqual([], self.aws.bugs)

    def connect(self, **wrong: object) -> Client:
        client = Client(self.aws, **wrong)  # type: ignore[arg-type]
        self.addCleanup(client.connection.close)
        return client

    def refused(self, answer: Answer, status: int, code: str) -> None:
        self.assertEqual((status, code), (answer.status, answer.code), answer.text)


class IdentityTest(FakeCase):
    """Who is let in, the same for every kind of service."""

    def check(self, query: tuple[int, str], s3: tuple[int, str], **wrong: object) -> None:
        client = self.connect(**wrong)
        self.refused(client.publish(self.topic), *query)
        self.refused(client.s3("PUT", "/logs/key", b"body"), *s3)
        self.assertEqual([], self.aws.messages(self.topic))
        self.assertEqual({}, self.aws.objects(self.bucket))

    def test_a_publish_with_a_right_signature_is_accepted(self) -> None:
        answer = self.client.publish(self.topic)
        message, = self.aws.messages(self.topic)
        self.assertEqual((200, message.message_id), (answer.status, answer.element("MessageId")))
        self.assertEqual(answer.headers["x-amzn-requestid"], answer.element("RequestId"))

    def test_a_request_with_a_wrong_signature_is_refused(self) -> None:
        self.check((403, "SignatureDoesNotMatch"), (403, "SignatureDoesNotMatch"), secret="wrong")

    def test_a_refusal_of_s3_shows_what_it_would_have_signed(self) -> None:
        answer = self.connect(secret="wrong").s3("PUT", "/logs/key", b"body")
        canonical = answer.element("CanonicalRequest") or ""
        self.assertTrue(canonical.startswith("PUT\n/logs/key\n\nhost:127.0.0.1"))
        self.assertIn(sigv4.sha256_hex(canonical.encode()), answer.element("StringToSign") or "")
        self.assertEqual(answer.headers["x-amz-request-id"], answer.element("RequestId"))
        self.assertEqual(answer.headers["x-amz-id-2"], answer.element("HostId"))

    def test_an_unknown_access_key_is_refused(self) -> None:
        self.check((403, "InvalidClientTokenId"), (403, "InvalidAccessKeyId"), access_key="AKIANO")

    def test_a_session_token_must_be_the_one_that_was_issued(self) -> None:
        self.check((403, "InvalidClientTokenId"), (400, "InvalidToken"), token="invented")
        key = self.aws.create_key("role", lifetime=60)
        keys = {"access_key": key.access_key, "secret": key.secret}
        self.check((403, "InvalidClientTokenId"), (400, "InvalidToken"), **keys)
        self.assertEqual(200, self.connect(**keys, token=key.token).publish(self.topic).status)

    def test_temporary_keys_expire(self) -> None:
        key = self.aws.create_key("role", lifetime=60)
        self.aws.expire(key.access_key)
        self.check((403, "ExpiredToken"), (400, "ExpiredToken"), access_key=key.access_key,
                   secret=key.secret, token=key.token)

    def test_a_clock_that_is_off_by_more_than_15_minutes_is_refused(self) -> None:
        for offset in (-1000, 1000):
            with self.subTest(offset):
                self.check((403, "SignatureDoesNotMatch"), (403, "RequestTimeTooSkewed"),
                           time_offset=offset)
        self.assertEqual(200, self.connect(time_offset=-800).publish(self.topic).status)

    def test_the_clock_of_the_server_can_be_off_and_its_date_says_so(self) -> None:
        self.aws.clock_offset = 7200
        answer = self.client.publish(self.topic)
        self.refused(answer, 403, "SignatureDoesNotMatch")
        self.assertIn("Signature expired", answer.text)
        self.assertEqual("ok", self.connect(time_offset=7200).publish(self.topic).code)
        self.assertIn("GMT", answer.headers["date"])

    def test_the_scope_must_fit(self) -> None:
        malformed = (400, "AuthorizationHeaderMalformed")
        for wrong in ({"scope_date": "20200101"}, {"region": "us-west-1"}, {"service": "sqs"}):
            with self.subTest(wrong):
                self.check((403, "SignatureDoesNotMatch"), malformed, **wrong)

    def test_a_header_that_must_be_signed_is_missed(self) -> None:
        for name in ("host", "x-amz-date"):
            with self.subTest(name):
                self.check((403, "SignatureDoesNotMatch"), (403, "AccessDenied"), unsigned={name})

    def test_a_request_without_a_signature_is_refused(self) -> None:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.client.send("POST", "/", form, b"Action=Publish&Version=2010-03-31")
        self.refused(answer, 403, "MissingAuthenticationToken")
        self.refused(self.client.send("PUT", "/logs/k", {}, b"b"), 403, "AccessDenied")
        self.refused(self.client.send("PUT", "/logs/k", {"Authorization": "Basic x"}, b"b"),
                     400, "AuthorizationHeaderMalformed")

    def test_json_services_refuse_in_json(self) -> None:
        answer = self.connect(secret="wrong").json("ssm", "AmazonSSM.GetParameters",
                                                   {"Names": ["a"]})
        self.refused(answer, 400, "InvalidSignatureException")
        self.assertTrue(answer.headers["x-amzn-errortype"].startswith("InvalidSignatureException:"))


class SnsTest(FakeCase):
    """Publish."""

    def attribute(self, kind: str, value: str, name: str = "name") -> Answer:
        part = "BinaryValue" if kind == "Binary" else "StringValue"
        return self.client.publish(self.topic, **{
            "MessageAttributes__entry__1__Name": name,
            "MessageAttributes__entry__1__Value__DataType": kind,
            f"MessageAttributes__entry__1__Value__{part}": value})

    def test_topics_are_found_by_their_whole_arn(self) -> None:
        unknown = self.topic + "2"
        self.refused(self.client.publish(unknown), 404, "NotFound")
        self.refused(self.client.publish("results"), 400, "InvalidParameter")
        other_region = self.topic.replace("eu-central-1", "eu-west-1")
        self.refused(self.client.publish(other_region), 400, "InvalidParameter")
        other_account = self.topic.replace(self.aws.account, "210987654321")
        self.refused(self.client.publish(other_account), 403, "AuthorizationError")

    def test_a_topic_in_another_region_is_called_in_its_region(self) -> None:
        topic = self.aws.create_topic("t", region="cn-north-1")
        self.assertTrue(topic.startswith("arn:aws-cn:sns:cn-north-1:"))
        self.refused(self.client.publish(topic), 400, "InvalidParameter")
        self.assertEqual(200, self.connect(region="cn-north-1").publish(topic).status)

    def test_a_message_is_not_empty_and_holds_no_forbidden_characters(self) -> None:
        for text in ("", "\0", "a\x1b[0m", "\ufffe"):
            with self.subTest(text):
                self.refused(self.client.publish(self.topic, text), 400, "InvalidParameter")
        text = "\t\n\r \x7f \u00fc \ufffd \U0001f600 &<>"
        self.assertEqual(200, self.client.publish(self.topic, text).status)
        self.assertEqual(text, self.aws.messages(self.topic)[0].message)

    def test_a_message_is_measured_in_bytes_with_its_attributes(self) -> None:
        self.assertEqual(200, self.client.publish(self.topic, "\u00fc" * 131072).status)
        self.refused(self.client.publish(self.topic, "\u00fc" * 131072 + "a"), 400,
                     "InvalidParameter")
        one = {"MessageAttributes__entry__1__Name": "n",
               "MessageAttributes__entry__1__Value__DataType": "String",
               "MessageAttributes__entry__1__Value__StringValue": "v"}
        self.assertEqual(200, self.client.publish(self.topic, "a" * 262136, **one).status)
        self.refused(self.client.publish(self.topic, "a" * 262137, **one), 400, "InvalidParameter")

    def test_attributes_are_remembered_with_their_types(self) -> None:
        for kind, value in (("String", "a"), ("Number", "-1.25"), ("String.Array", '["a",1,null]'),
                            ("Binary", base64.b64encode(b"\0").decode())):
            with self.subTest(kind):
                self.assertEqual("ok", self.attribute(kind, value).code)
                self.assertEqual(kind, self.aws.messages(self.topic)[-1].attributes["name"].type)

    def test_attributes_that_aws_refuses_are_refused(self) -> None:
        for kind, value in (("String", ""), ("String", "\U0001f600"), ("String", "\x1b"),
                            ("Number", "x"), ("Number", "1e3"), ("Number", "0.123456"),
                            ("Number", "1000000001"), ("String.Array", "a,b"),
                            ("String.Array", '{"a":1}'), ("Binary", "%"), ("Text", "a"), ("", "a")):
            with self.subTest(kind=kind, value=value):
                self.refused(self.attribute(kind, value), 400, "InvalidParameter")
        for name in ("", "a b", ".a", "a.", "a..b", "AWS.a", "amazon.a", "a" * 257):
            with self.subTest(name=name):
                self.refused(self.attribute("String", "a", name), 400, "InvalidParameter")

    def test_a_subject_is_short_and_has_one_line(self) -> None:
        self.assertEqual(200, self.client.publish(self.topic, Subject="a" * 99).status)
        for subject in ("", "a" * 100, "a\nb", "\x1b"):
            with self.subTest(subject):
                self.refused(self.client.publish(self.topic, Subject=subject), 400,
                             "InvalidParameter")

    def test_a_json_structure_needs_a_default(self) -> None:
        self.assertEqual(200, self.client.publish(self.topic, '{"default":"a","x":1}',
                                                  MessageStructure="json").status)
        for text in ("a", "[]", "{}", '{"default":1}', '{"default":"a","default":"b"}'):
            with self.subTest(text):
                self.refused(self.client.publish(self.topic, text, MessageStructure="json"), 400,
                             "InvalidParameter")

    def test_a_fifo_topic_needs_a_group_and_a_deduplication_id(self) -> None:
        topic = self.aws.create_topic("t.fifo")
        self.refused(self.client.publish(topic, MessageDeduplicationId="d"), 400,
                     "InvalidParameter")
        self.refused(self.client.publish(topic, MessageGroupId="g"), 400, "InvalidParameter")
        self.refused(self.client.publish(topic, MessageGroupId="a b", MessageDeduplicationId="d"),
                     400, "InvalidParameter")
        self.refused(self.client.publish(self.topic, MessageDeduplicationId="d"), 400,
                     "InvalidParameter")
        self.assertEqual(200, self.client.publish(self.topic, MessageGroupId="g").status)

    def test_a_fifo_topic_delivers_a_deduplication_id_once_in_five_minutes(self) -> None:
        topic = self.aws.create_topic("t.fifo")
        both = {"MessageGroupId": "g", "MessageDeduplicationId": "d"}
        first, second = (self.client.publish(topic, **both) for _ in range(2))
        self.assertEqual(first.element("MessageId"), second.element("MessageId"))
        self.assertEqual(first.element("SequenceNumber"), second.element("SequenceNumber"))
        self.assertEqual(1, len(self.aws.messages(topic)))
        self.aws.forget_deduplication()
        self.client.publish(topic, **both)
        self.assertEqual(2, len(self.aws.messages(topic)))
        self.assertEqual(3, len(self.aws.messages(topic, duplicates=True)))


class S3Test(FakeCase):
    """PutObject, and what is read back."""

    def put(self, target: str = "/logs/key", body: bytes = b"body", **headers: str) -> Answer:
        return self.client.s3("PUT", target, body, **headers)

    def test_an_object_is_stored_with_its_type_and_metadata(self) -> None:
        digest = base64.b64encode(hashlib.sha256(b"body").digest()).decode()
        answer = self.put("/logs/a%20b/%C3%BC%2B", Content_Type="text/plain; charset=utf-8",
                          x_amz_meta_Run_Id="7", x_amz_checksum_sha256=digest)
        self.assertEqual((200, digest), (answer.status, answer.headers["x-amz-checksum-sha256"]))
        stored = self.aws.objects(self.bucket)["a b/\u00fc+"]
        self.assertEqual((b"body", "text/plain; charset=utf-8", {"run-id": "7"}),
                         (stored.body, stored.content_type, stored.metadata))
        head = self.client.s3("HEAD", "/logs/a%20b/%C3%BC%2B")
        self.assertEqual((200, b"", "4", "7"), (head.status, head.body,
                         head.headers["content-length"], head.headers["x-amz-meta-run-id"]))
        self.assertEqual(b"body", self.client.s3("GET", "/logs/a%20b/%C3%BC%2B").body)

    def test_the_bucket_may_be_the_first_label_of_the_host(self) -> None:
        dotted = self.aws.create_bucket("lo.gs")
        hosts = (("logs.s3.localhost", self.bucket), ("logs.localhost:1", self.bucket),
                 ("logs.s3.eu-central-1.amazonaws.com", self.bucket),
                 ("lo.gs.s3.localhost", dotted))
        for number, (host, bucket) in enumerate(hosts):
            with self.subTest(host):
                self.assertEqual("ok", self.put(f"/{number}", Host=host).code)
                self.assertIn(str(number), self.aws.objects(bucket))
        self.assertEqual("ok", self.put("/logs/path-style", Host="s3.localhost").code)
        self.assertIn("path-style", self.aws.objects(self.bucket))

    def test_nothing_is_replaced_when_that_is_asked_for(self) -> None:
        self.assertEqual("ok", self.put(If_None_Match="*").code)
        self.refused(self.put(body=b"other", If_None_Match="*"), 412, "PreconditionFailed")
        self.assertEqual(b"body", self.aws.objects(self.bucket)["key"].body)
        self.assertEqual("ok", self.put(body=b"other").code)
        self.assertEqual(2, self.aws.puts(self.bucket))
        self.refused(self.put(If_None_Match='"etag"'), 501, "NotImplemented")

    def test_the_hash_of_the_body_is_required_and_checked(self) -> None:
        self.refused(self.put(X_Amz_Content_Sha256="0" * 64), 400, "XAmzContentSHA256Mismatch")
        self.refused(self.put(X_Amz_Content_Sha256="UNSIGNED-PAYLOAD"), 400, "InvalidRequest")
        headers = self.client.signed("sns", "PUT", "/logs/key", {}, b"body")
        headers["Authorization"] = headers["Authorization"].replace("/sns/", "/s3/")
        self.refused(self.client.send("PUT", "/logs/key", headers, b"body"), 400, "InvalidRequest")

    def test_checksums_are_verified(self) -> None:
        self.refused(self.put(x_amz_checksum_sha256="AAAA"), 400, "BadDigest")
        self.refused(self.put(x_amz_sdk_checksum_algorithm="SHA256"), 400, "InvalidRequest")
        self.refused(self.put(Content_MD5="AAAA"), 400, "BadDigest")

    def test_a_length_is_required(self) -> None:
        for encoding, status, code in (({}, 411, "MissingContentLength"),
                                       ({"Transfer-Encoding": "chunked"}, 501, "NotImplemented")):
            with self.subTest(code):
                headers = self.client.signed("s3", "PUT", "/logs/key", {}, b"") | encoding
                self.client.connection.putrequest("PUT", "/logs/key", skip_host=True)
                for name, value in headers.items():
                    self.client.connection.putheader(name, value)
                self.client.connection.endheaders()
                if encoding:
                    self.client.connection.send(b"0\r\n\r\n")
                response = self.client.connection.getresponse()
                self.refused(Answer(response.status, {}, response.read()), status, code)

    def test_buckets_and_keys_that_cannot_be(self) -> None:
        self.refused(self.put("/none/key"), 404, "NoSuchBucket")
        self.refused(self.put("/a/key"), 400, "InvalidBucketName")
        self.refused(self.put("/logs/" + "k" * 1025), 400, "KeyTooLongError")
        self.refused(self.put("/logs/%FF"), 400, "InvalidURI")
        self.refused(self.put(x_amz_expected_bucket_owner="1"), 403, "AccessDenied")
        self.refused(self.client.s3("GET", "/logs/none"), 404, "NoSuchKey")
        self.refused(self.client.s3("DELETE", "/logs/none"), 501, "NotImplemented")

    def test_a_bucket_in_another_region_redirects_without_a_location(self) -> None:
        self.aws.create_bucket("far", region="eu-west-1")
        answer = self.put("/far/key")
        self.refused(answer, 301, "PermanentRedirect")
        self.assertEqual("eu-west-1", answer.headers["x-amz-bucket-region"])
        self.assertNotIn("location", answer.headers)
        far = self.connect(region="eu-west-1")
        self.assertEqual("ok", far.s3("PUT", "/far/key", b"body").code)
        answer = self.put("/key", Host="far.s3.eu-west-1.amazonaws.com")
        self.refused(answer, 400, "AuthorizationHeaderMalformed")
        self.assertEqual("eu-west-1", answer.element("Region"))


class OtherServicesTest(FakeCase):
    """STS, SSM, CloudWatch and the sources of credentials."""

    def test_assume_role_checks_its_parameters(self) -> None:
        role = self.aws.create_role("runner", maximum_seconds=7200)
        good = {"Action": "AssumeRole", "RoleArn": role, "RoleSessionName": "one"}
        for wrong in ({"RoleSessionName": "a b"}, {"RoleSessionName": "a" * 65}, {"RoleArn": "x"},
                      {"DurationSeconds": "899"}, {"DurationSeconds": "7201"}):
            with self.subTest(wrong):
                self.refused(self.client.query("sts", **good | wrong), 400, "ValidationError")
        unknown = {"RoleArn": role + "2"}
        self.refused(self.client.query("sts", **good | unknown), 403, "AccessDenied")
        answer = self.client.query("sts", **good, DurationSeconds="7200")
        chained = self.connect(access_key=answer.element("AccessKeyId"),
                               secret=answer.element("SecretAccessKey"),
                               token=answer.element("SessionToken"))
        self.assertEqual("ok", chained.query("sts", **good).code)
        self.refused(chained.query("sts", **good, DurationSeconds="7200"), 400, "ValidationError")

    def test_web_identity_must_not_be_signed(self) -> None:
        role = self.aws.create_role("pod", web_identity_tokens=["token"], expired_tokens=["old"])
        good = {"Action": "AssumeRoleWithWebIdentity", "RoleArn": role, "RoleSessionName": "pod",
                "WebIdentityToken": "token"}
        self.refused(self.client.query("sts", **good), 400, "ValidationError")
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for token, code in (("token", "ok"), ("old%0A", "InvalidIdentityToken"),
                            ("old0", "InvalidIdentityToken"), ("old", "ValidationError")):
            body = (f"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={role}"
                    f"&RoleSessionName=pod&WebIdentityToken={token}").encode()
            self.assertEqual(code, self.client.send("POST", "/", form, body).code)

    def test_parameters_come_in_pages_level_by_level(self) -> None:
        for name in ("/a/1", "/a/2", "/a/3", "/a/b/4", "/ab/5"):
            self.aws.put_parameter(name, "v", "SecureString")
        target = "AmazonSSM.GetParametersByPath"
        first = self.client.json("ssm", target, {"Path": "/a", "MaxResults": 2}).body
        token = json.loads(first)["NextToken"]
        last = json.loads(self.client.json("ssm", target, {
            "Path": "/a", "MaxResults": 2, "NextToken": token, "WithDecryption": True}).body)
        self.assertNotIn("NextToken", last)
        self.assertEqual([("/a/3", "v")], [(one["Name"], one["Value"])
                                           for one in last["Parameters"]])
        every = self.client.json("ssm", target, {"Path": "/a/", "Recursive": True}).body
        self.assertEqual(4, len(json.loads(every)["Parameters"]))
        for wrong, code in (({"Path": "a"}, "ValidationException"),
                            ({"Path": "/a", "MaxResults": 11}, "ValidationException"),
                            ({"Path": "/a", "NextToken": "x"}, "InvalidNextToken")):
            with self.subTest(wrong):
                self.refused(self.client.json("ssm", target, wrong), 400, code)

    def test_metrics_are_taken_as_json_and_as_a_query(self) -> None:
        target = "GraniteServiceVersion20100801.PutMetricData"
        datum = {"MetricName": "m", "Value": 2, "Dimensions": [{"Name": "d", "Value": "v"}]}
        body = {"Namespace": "n", "MetricData": [datum]}
        self.assertEqual("ok", self.client.json("monitoring", target, body, "1.0").code)
        self.assertEqual("ok", self.client.query(
            "monitoring", Action="PutMetricData", Namespace="n",
            MetricData__member__1__MetricName="m", MetricData__member__1__Value="2",
            MetricData__member__1__Dimensions__member__1__Name="d",
            MetricData__member__1__Dimensions__member__1__Value="v").code)
        first, second = self.aws.metrics("n")
        self.assertEqual(first, second)
        for wrong in ({"Namespace": "AWS/x"}, {"MetricData": [datum | {"Unit": "Runs"}]},
                      {"MetricData": [datum | {"Timestamp": 1}]}):
            with self.subTest(wrong):
                self.refused(self.client.json("monitoring", target, body | wrong, "1.0"), 400,
                             "InvalidParameterValueException")

    def test_instance_metadata_needs_a_token(self) -> None:
        roles = "/latest/meta-data/iam/security-credentials/"
        self.assertEqual(401, self.client.send("GET", roles).status)
        ttl = {"x-aws-ec2-metadata-token-ttl-seconds": "21600"}
        self.assertEqual(400, self.client.send("PUT", "/latest/api/token").status)
        token = self.client.send("PUT", "/latest/api/token", ttl).text
        known = {"x-aws-ec2-metadata-token": token}
        role = self.client.send("GET", roles, known).text
        document = json.loads(self.client.send("GET", roles + role, known).body)
        self.assertEqual("Success", document["Code"])
        as_role = self.connect(access_key=document["AccessKeyId"], token=document["Token"],
                               secret=document["SecretAccessKey"])
        self.assertEqual("ok", as_role.publish(self.topic).code)
        self.assertEqual(self.aws.region, self.client.send(
            "GET", "/latest/meta-data/placement/region", known).text)
        self.aws.imds.role = None
        self.assertEqual(404, self.client.send("GET", roles, known).status)
        self.aws.imds.enabled = False
        self.assertEqual(403, self.client.send("PUT", "/latest/api/token", ttl).status)

    def test_container_credentials_need_their_authorization(self) -> None:
        path, secret = self.aws.container.path, str(self.aws.container.authorization)
        self.assertEqual(403, self.client.send("GET", path).status)
        self.assertEqual(403, self.client.send("GET", path,
                                               {"Authorization": f"Bearer {secret}"}).status)
        answer = self.client.send("GET", path, {"Authorization": secret})
        self.assertIn("SecretAccessKey", json.loads(answer.body))


if __name__ == "__main__":
    unittest.main()
