# SPDX-License-Identifier: MIT
"""Checks what the fake of AWS does wrong on purpose, its journal, its connections and its TLS."""

from __future__ import annotations

import http.client
import math
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import unittest
from email.utils import parsedate_to_datetime
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE))

import certificates
from fake_aws import FakeAws, faults
from signing_client import Client


class FaultsTest(unittest.TestCase):
    """Scripted answers."""

    def setUp(self) -> None:
        self.aws = FakeAws()
        self.addCleanup(self.aws.close)
        self.topic = self.aws.create_topic("results")
        self.aws.create_bucket("logs")
        self.client = self.connect()

    def connect(self, **wrong: object) -> Client:
        client = Client(self.aws, **wrong)  # type: ignore[arg-type]
        self.addCleanup(client.connection.close)
        return client

    def published(self) -> int:
        return len(self.aws.messages(self.topic))

    def test_errors_come_in_the_format_of_the_service(self) -> None:
        for fault, status, code in ((faults.throttling(), 400, "Throttling"),
                                    (faults.too_many_requests(), 429, "Throttled"),
                                    (faults.internal_error(503), 503, "InternalError"),
                                    (faults.expired_token(), 403, "ExpiredToken")):
            with self.subTest(code):
                self.aws.fail("sns:Publish", fault)
                answer = self.client.publish(self.topic)
                self.assertEqual((status, code), (answer.status, answer.code))
        self.aws.fail("s3:PutObject", faults.slow_down(), faults.expired_token())
        self.aws.fail("ssm:*", faults.throttling())
        put = [self.client.s3("PUT", "/logs/key", b"b") for _ in range(3)]
        self.assertEqual([(503, "SlowDown"), (400, "ExpiredToken"), (200, "ok")],
                         [(answer.status, answer.code) for answer in put])
        answer = self.client.json("ssm", "AmazonSSM.GetParameters", {"Names": ["a"]})
        self.assertEqual("ThrottlingException", answer.code)
        self.assertEqual(0, self.published())

    def test_faults_apply_in_order_a_number_of_times_or_until_cleared(self) -> None:
        self.aws.fail("sns:Publish", faults.throttling(), times=2)
        self.aws.fail("sns:Publish", faults.none(), faults.internal_error())
        codes = [self.client.publish(self.topic).code for _ in range(5)]
        self.assertEqual(["Throttling", "Throttling", "ok", "InternalError", "ok"], codes)
        self.aws.fail("*", faults.internal_error(), times=None)
        self.assertEqual({500}, {self.client.publish(self.topic).status for _ in range(5)})
        self.aws.clear_faults()
        self.assertEqual("ok", self.client.publish(self.topic).code)

    def test_a_fault_never_hides_a_wrong_signature(self) -> None:
        self.aws.fail("sns:Publish", faults.internal_error())
        wrong = self.connect(secret="wrong")
        self.assertEqual("SignatureDoesNotMatch", wrong.publish(self.topic).code)
        self.assertEqual(1, self.aws.pending_faults("sns:Publish"))

    def test_a_reset_comes_before_or_after_the_request_took_effect(self) -> None:
        for accepted, expected in ((False, 0), (True, 1)):
            with self.subTest(accepted=accepted):
                self.aws.fail("sns:Publish", faults.reset(accepted=accepted))
                with self.assertRaises((ConnectionResetError, http.client.RemoteDisconnected)):
                    self.connect().publish(self.topic)
                self.assertEqual(expected, self.published())
        outcomes = [(entry.outcome, entry.applied) for entry in self.aws.requests("sns:Publish")]
        self.assertEqual([("fault: reset", False), ("fault: reset after", True)], outcomes)

    def test_a_truncated_answer_promises_more_than_it_sends(self) -> None:
        self.aws.fail("sns:Publish", faults.truncated())
        with self.assertRaises(http.client.IncompleteRead) as caught:
            self.connect().publish(self.topic)
        self.assertIn(b"</PublishResponse>", caught.exception.partial)
        self.assertEqual(1, self.published())

    def test_a_stalled_request_takes_effect_only_if_the_client_waits(self) -> None:
        self.aws.fail("sns:Publish", faults.stall(0.2))
        began = time.monotonic()
        self.assertEqual("ok", self.client.publish(self.topic).code)
        self.assertGreaterEqual(time.monotonic() - began, 0.2)
        self.assertEqual(1, self.published())
        self.aws.fail("sns:Publish", faults.stall(0.3))
        impatient = self.connect()
        impatient.connection.timeout = 0.1
        with self.assertRaises(TimeoutError):
            impatient.publish(self.topic)
        impatient.connection.close()
        time.sleep(0.4)
        self.assertEqual(1, self.published())

    def test_a_stall_without_an_end_ends_with_the_server(self) -> None:
        self.aws.fail("sns:Publish", faults.stall(math.inf, accepted=True))
        failed = threading.Event()

        def publish() -> None:
            try:
                self.connect().publish(self.topic)
            except (OSError, http.client.HTTPException):
                failed.set()

        thread = threading.Thread(target=publish)
        thread.start()
        self.aws.wait_for(self.published, 10)
        self.assertFalse(failed.is_set())
        self.aws.close()
        thread.join(10)
        self.assertTrue(failed.is_set())

    def test_answers_may_be_garbage_or_anything(self) -> None:
        self.aws.fail("sns:Publish", faults.garbage(),
                      faults.reply(502, "<html>", {"Content-Type": "text/html"}))
        self.assertIn(b"</Nope>", self.client.publish(self.topic).body)
        answer = self.client.publish(self.topic)
        self.assertEqual((502, b"<html>", "text/html"),
                         (answer.status, answer.body, answer.headers["content-type"]))

    def test_redirects_name_the_region(self) -> None:
        self.aws.fail("s3:PutObject", faults.redirect("us-west-2"),
                      faults.redirect("us-west-2", 307))
        for status in (301, 307):
            answer = self.client.s3("PUT", "/logs/key", b"b")
            self.assertEqual((status, "us-west-2"),
                             (answer.status, answer.headers["x-amz-bucket-region"]))

    def test_the_date_of_an_answer_can_be_off(self) -> None:
        self.aws.fail("sns:Publish", faults.date_offset(3600))
        date = parsedate_to_datetime(self.client.publish(self.topic).headers["date"])
        self.assertAlmostEqual(3600, date.timestamp() - time.time(), delta=5)
        self.assertEqual(1, self.published())

    def test_in_an_outage_connections_are_refused(self) -> None:
        with self.aws.outage(), self.assertRaises(ConnectionRefusedError):
            self.connect().publish(self.topic)
        self.assertEqual("ok", self.connect().publish(self.topic).code)


class JournalTest(unittest.TestCase):
    """What is remembered."""

    def test_requests_are_kept_with_their_connection_and_their_bytes(self) -> None:
        with FakeAws() as aws:
            topic, client = aws.create_topic("t"), Client(aws)
            self.addCleanup(client.connection.close)
            client.publish(topic, "hello")
            client.publish(topic + "2")
            first, second = aws.requests()
            self.assertEqual((1, 1, 1), (aws.connections, first.request.connection,
                                         second.request.connection))
            self.assertEqual(("sns", "Publish", "hello", "ok", 200),
                             (first.service, first.operation, first.parameters["Message"],
                              first.outcome, first.status))
            self.assertEqual(("NotFound", 404, False),
                             (second.outcome, second.status, second.applied))
            self.assertTrue(first.request.raw.startswith(b"POST / HTTP/1.1\r\n"))
            self.assertTrue(first.request.raw.endswith(first.request.body))
            self.assertEqual(aws.key.access_key, first.access_key)
            aws.drop_connections()
            client.connection.close()
            client.publish(topic)
            self.assertEqual(2, aws.connections)

    def test_waiting_ends_with_the_event_or_with_the_journal(self) -> None:
        with FakeAws() as aws:
            topic = aws.create_topic("t")

            def publish() -> None:
                client = Client(aws)
                client.publish(topic)
                client.connection.close()

            thread = threading.Thread(target=publish)
            thread.start()
            self.assertEqual(1, len(aws.wait_for(lambda: aws.messages(topic), 10)))
            thread.join()
            with self.assertRaisesRegex(AssertionError, "sns:Publish -> ok"):
                aws.wait_for(lambda: False, 0.01)

    def test_expect_100_continue_is_answered(self) -> None:
        with FakeAws() as aws, socket.create_connection(("127.0.0.1", aws.port), 10) as sock:
            sock.sendall(b"PUT /logs/k HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
                         b"Expect: 100-continue\r\n\r\n")
            self.assertEqual(b"HTTP/1.1 100 Continue\r\n\r\n", sock.recv(100))
            sock.sendall(b"x")
            self.assertTrue(sock.recv(100).startswith(b"HTTP/1.1 403 Forbidden\r\n"))

    def test_bytes_that_are_no_request_get_a_400(self) -> None:
        with FakeAws() as aws, socket.create_connection(("127.0.0.1", aws.port), 10) as sock:
            sock.sendall(b"rubbish\r\n\r\n")
            self.assertTrue(sock.recv(100).startswith(b"HTTP/1.1 400 "))


class TlsTest(unittest.TestCase):
    """Certificates, good and bad."""

    def test_a_client_that_trusts_the_authority_is_served(self) -> None:
        with FakeAws(tls=True, names=["fake.test"]) as aws:
            client = Client(aws)
            self.addCleanup(client.connection.close)
            self.assertEqual("ok", client.publish(aws.create_topic("t")).code)
            self.assertEqual("ok", client.query("sts", Action="GetCallerIdentity").code)
            context = ssl.create_default_context(cafile=aws.ca_file)
            for name in ("localhost", "logs.s3.localhost", "logs.fake.test"):
                with self.subTest(name), \
                        socket.create_connection(("127.0.0.1", aws.port), 10) as sock, \
                        context.wrap_socket(sock, server_hostname=name) as secure:
                    self.assertIn(secure.version(), ("TLSv1.2", "TLSv1.3"))

    def test_bad_certificates_are_refused_by_the_client(self) -> None:
        for kind in certificates.KINDS[1:]:
            with self.subTest(kind), FakeAws(tls=True, certificate=kind) as aws:
                client = Client(aws)
                with self.assertRaises(ssl.SSLCertVerificationError) as caught:
                    client.publish("topic")
                expected = {"expired": "expired", "self-signed": "self-signed",
                            "wrong-name": "IP address mismatch"}[kind]
                self.assertIn(expected, str(caught.exception))
                self.assertEqual([], aws.requests())

    def test_a_reset_and_a_stall_work_over_tls(self) -> None:
        with FakeAws(tls=True) as aws:
            topic = aws.create_topic("t")
            aws.fail("sns:Publish", faults.reset(), faults.stall(0.1))
            client = Client(aws)
            self.addCleanup(client.connection.close)
            with self.assertRaises(OSError):
                client.publish(topic)
            client.connection.close()
            self.assertEqual("ok", client.publish(topic).code)


class ProgramTest(unittest.TestCase):
    """The fake as a program."""

    def test_it_prints_its_environment_and_serves_until_it_is_told_to_stop(self) -> None:
        with subprocess.Popen([sys.executable, str(_HERE / "fake_aws.py"), "--topic", "results"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            self.assertTrue(process.stdout.readline().startswith("# http://127.0.0.1:"))
            environment = {}
            while (line := process.stdout.readline()).startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                environment[name] = value.strip("'")
            self.assertEqual(os.devnull, environment["AWS_CONFIG_FILE"])
            self.assertIn(":results", line)
            port = int(environment["AWS_ENDPOINT_URL"].rpartition(":")[2])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/")
            self.assertEqual(403, connection.getresponse().status)
            connection.close()
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=10)
            self.assertEqual(0, process.returncode)
            self.assertIn("s3:GET bucket [] AccessDenied", errors)


if __name__ == "__main__":
    unittest.main()
