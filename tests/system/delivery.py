# SPDX-License-Identifier: MIT
# Covers: app/sinks.hpp
"""What goes wrong between the real program and the services, and what becomes of the results."""

from __future__ import annotations

import json
import re
import signal
import socket
import threading
import time
import unittest

from aws_case import BUCKET, AwsTest
from fake_aws import faults
from kept_port import keep_port
from log_lines import parse
from runner_process import FASTER_THAN_DELIVERY, Finished
from store_case import wait_until

# One attempt, so that what a fault does is seen at once.
_ONE_ATTEMPT = {"AWS_MAX_ATTEMPTS": "1"}


class DeliveryTest(AwsTest):
    """The base: one fake, and what a failed delivery must look like."""

    def setUp(self) -> None:
        self.aws = self.fake()

    def problems(self, finished: Finished) -> list[str]:
        """The lines about deliveries. No line shows a secret."""
        self.assert_no_secrets(finished)
        return [line for line in finished.err_text.splitlines() if " error: " in line]

    def assert_no_secrets(self, finished: Finished) -> None:
        for secret in (self.aws.key.secret, self.aws.key.secret[:20], "Authorization:",
                       "Signature=", "AWS4-HMAC-SHA256", "aws4_request"):
            self.assertNotIn(secret, finished.err_text)

    def assert_undelivered(self, finished: Finished, *words: str) -> str:
        """Exit 75 with one line about the delivery that holds the words."""
        self.assertEqual(75, finished.code, finished.err_text + self.aws.show())
        lines = self.problems(finished)
        self.assertEqual(1, len(lines), finished.err_text)
        line = parse(lines[0])
        self.assertRegex(line.message, "^not delivered: ")
        self.assertEqual(("aws", 36), (line.fields["target"], len(line.fields["run"])))
        for word in words:
            self.assertIn(word, lines[0])
        return lines[0]

    def attempts(self, operation: str) -> list[str]:
        return [entry.outcome for entry in self.aws.requests(operation)]


class RetriedTest(DeliveryTest):
    """Faults that pass: the same result is sent again, at most three times."""

    def assert_retried(self, operation: str, fault: faults.Fault, times: int = 2) -> Finished:
        """The fault, twice in a row, delays the delivery and nothing else."""
        self.aws.fail(operation, fault, times=times)
        finished = self.run_once(self.aws, environment={"SLARUNNER_STOPTIMEOUT": "25"})
        self.assertEqual(0, finished.code, finished.err_text + self.aws.show())
        self.assertEqual([], self.problems(finished))
        # The first log that a store takes is put over itself, to see whether it keeps what is there.
        asked = operation == "s3:PutObject" and not fault.accepted
        self.assertEqual(times + 1 + asked, len(self.aws.requests(operation)), self.aws.show())
        self.assertEqual(0, self.aws.pending_faults())
        self.assertEqual(1, len(self.aws.objects(BUCKET)))
        return finished

    def test_a_server_error_is_retried(self) -> None:
        for status in (500, 502, 503, 504):
            with self.subTest(status):
                self.aws = self.fake()
                self.assert_retried("sns:Publish", faults.internal_error(status))
                self.event(self.aws)
        self.aws = self.fake()
        self.assert_retried("s3:PutObject", faults.internal_error())

    def test_a_proxy_s_page_is_retried(self) -> None:
        page = faults.reply(502, "<html><body>Bad gateway</body></html>",
                            {"Content-Type": "text/html"})
        self.assert_retried("s3:PutObject", page)
        self.event(self.aws)

    def test_throttling_in_every_wording_is_retried(self) -> None:
        for operation, fault in (("sns:Publish", faults.throttling()),
                                 ("sns:Publish", faults.too_many_requests()),
                                 ("s3:PutObject", faults.slow_down())):
            with self.subTest(fault.name):
                self.aws = self.fake()
                self.assert_retried(operation, fault)
                self.event(self.aws)

    def test_a_connection_that_is_reset_is_made_anew(self) -> None:
        for operation in ("sns:Publish", "s3:PutObject", "sts:GetCallerIdentity"):
            with self.subTest(operation):
                self.aws = self.fake()
                self.aws.fail(operation, faults.reset(), times=2)
                finished = self.run_to_end(
                    "--service=shop", "--sns-topic-name=results", "--s3-bucket-name", BUCKET,
                    "--once", "--", "/bin/echo", "hi", environment=self.aws.environment())
                self.assertEqual((0, []), (finished.code, self.problems(finished)),
                                 finished.err_text)
                self.event(self.aws)
                self.assertEqual(1, len(self.aws.objects(BUCKET)))

    def test_a_connection_that_was_dropped_while_idle_costs_nothing(self) -> None:
        process = self.start_job(self.aws, "--delay", "3600", "--", "/bin/true")
        self.aws.wait_for(lambda: self.events(self.aws))
        self.aws.drop_connections()
        process.send(signal.SIGUSR1)
        self.aws.wait_for(lambda: len(self.events(self.aws)) == 2)
        self.assertEqual([], self.problems(process.stop()))

    def test_an_event_whose_answer_is_lost_has_the_id_of_the_run_both_times(self) -> None:
        for fault in (faults.reset(accepted=True), faults.truncated()):
            with self.subTest(fault.name):
                self.aws = self.fake()
                self.assert_retried("sns:Publish", fault, 1)
                first, second = self.events(self.aws)
                self.assertEqual(first, second)

    def test_a_fifo_topic_gets_an_event_once_even_if_an_answer_is_lost(self) -> None:
        arn = self.aws.create_topic("ordered.fifo")
        self.aws.fail("sns:Publish", faults.reset(accepted=True))
        finished = self.run_to_end("--service=shop", "--sns-topic-arn", arn, "--once", "--",
                                   "/bin/true", environment=self.aws.environment())
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual((1, 2), (len(self.aws.messages(arn)),
                                  len(self.aws.messages(arn, duplicates=True))))

    def test_a_log_whose_answer_is_lost_is_there_once_and_the_event_names_it(self) -> None:
        for fault in (faults.reset(accepted=True), faults.truncated(),
                      faults.reply(500, accepted=True), faults.garbage(500, accepted=True)):
            with self.subTest(fault.name):
                self.aws = self.fake()
                finished = self.assert_retried("s3:PutObject", fault, 1)
                self.assertEqual(1, self.aws.puts(BUCKET))
                [key] = self.aws.objects(BUCKET)
                self.assertEqual(f"s3://{BUCKET}/{key}", self.event(self.aws)["logUri"])
                self.assertTrue(key.endswith("_SUCCESS"), finished.err_text)

    def test_a_log_is_there_once_though_nobody_says_for_a_while_whose_it_is(self) -> None:
        for fault in (faults.slow_down(), faults.internal_error(), faults.reset()):
            with self.subTest(fault.name):
                self.aws = self.fake()
                self.aws.fail("s3:PutObject", faults.reset(accepted=True))
                self.aws.fail("s3:HeadObject", faults.none(), fault, fault)
                finished = self.run_once(self.aws, environment=_ONE_ATTEMPT
                                         | {"SLARUNNER_STOPTIMEOUT": "25"})
                self.assertEqual((0, []), (finished.code, self.problems(finished)),
                                 finished.err_text + self.aws.show())
                self.assertEqual(4, len(self.aws.requests("s3:HeadObject")), self.aws.show())
                self.assertEqual(1, self.aws.puts(BUCKET))
                self.event(self.aws)

    def test_a_wrong_clock_is_corrected_and_the_request_repeated(self) -> None:
        for offset in (3600, -3600, 86400 * 400):
            with self.subTest(offset):
                self.aws = self.fake()
                self.aws.clock_offset = offset
                process = self.start_job(self.aws, *FASTER_THAN_DELIVERY, "--", "/bin/true")
                self.aws.wait_for(lambda: len(self.events(self.aws)) >= 3)
                finished = process.stop_delivered()
                self.assertEqual((0, []), (finished.code, self.problems(finished)),
                                 finished.err_text)
                self.assertEqual([], [one for one in self.attempts("sns:Publish") if one != "ok"])
                self.assertEqual(["RequestTimeTooSkewed"],
                                 [one for operation in ("s3:HeadObject", "s3:PutObject")
                                  for one in self.attempts(operation)
                                  if one not in ("ok", "NoSuchKey", "PreconditionFailed")])


class RefusedTest(DeliveryTest):
    """Faults that stay: one clear line, the run counts as undelivered, the loop goes on."""

    def test_what_lasts_is_tried_again_until_the_time_of_a_stop_is_up(self) -> None:
        self.aws.fail("sns:Publish", faults.internal_error(), times=None)
        finished = self.run_once(self.aws)
        self.assert_undelivered(finished, "sns publish", "after 3 attempts", "http 500",
                                "InternalError")
        self.assertGreater(len(self.attempts("sns:Publish")), 3)
        self.assertLess(finished.seconds, 5)
        self.assertEqual(1, len(self.aws.objects(BUCKET)))

    def test_the_number_of_attempts_is_aws_s_own_variable(self) -> None:
        self.aws.fail("sns:Publish", faults.internal_error(), times=None)
        self.assert_undelivered(self.run_once(self.aws, environment={"AWS_MAX_ATTEMPTS": "2"}),
                                "after 2 attempts")

    def test_a_log_that_cannot_be_stored_holds_back_no_event(self) -> None:
        self.aws.fail("s3:PutObject", faults.internal_error(), times=None)
        line = self.assert_undelivered(self.run_once(self.aws), "s3 put object", "InternalError")
        self.assertNotIn("sns", line)
        event = self.event(self.aws)
        self.assertNotIn("logUri", event)
        self.assertIn("InternalError", str(event["logError"]))

    def test_a_refusal_that_stays_is_tried_a_few_times_and_no_more(self) -> None:
        for operation, fault in (("sns:Publish", faults.error("AuthorizationError", 403)),
                                 ("sns:Publish", faults.error("InvalidParameter", 400)),
                                 ("sns:Publish", faults.error("KMSAccessDenied", 400)),
                                 ("s3:PutObject", faults.error("AccessDenied", 403))):
            with self.subTest(fault.name):
                self.aws = self.fake()
                self.aws.fail(operation, fault, times=None)
                code = fault.error.code if fault.error else ""
                self.assert_undelivered(self.run_once(self.aws), code, "scripted")
                self.assertIn(len(self.attempts(operation)), range(2, 5))

    def test_a_stop_gives_up_what_stays_refused_before_its_time_is_up(self) -> None:
        self.aws.fail("sns:Publish", faults.error("AuthorizationError", 403), times=None)
        finished = self.run_once(self.aws, environment={"SLARUNNER_STOPTIMEOUT": "60"})
        self.assert_undelivered(finished, "AuthorizationError")
        self.assertIn(len(self.attempts("sns:Publish")), range(5, 13))

    def test_a_topic_that_does_not_exist_is_named_as_not_found(self) -> None:
        self.aws.delete_topic(self.topic(self.aws))
        self.assert_undelivered(self.run_once(self.aws), f"sns publish to {self.topic(self.aws)}: ",
                                "http 404", "NotFound")
        self.assertEqual({"NotFound"}, set(self.attempts("sns:Publish")))

    def test_a_bucket_that_does_not_exist_is_named_as_not_found(self) -> None:
        self.aws.delete_bucket(BUCKET)
        self.assert_undelivered(self.run_once(self.aws), "s3 put object", "http 404",
                                "NoSuchBucket")
        self.assertEqual({"NoSuchBucket"}, set(self.attempts("s3:PutObject")))
        self.event(self.aws)

    def test_a_wrong_secret_is_refused_and_never_shown(self) -> None:
        secret = "wrong/secret+that+nobody+may+see"
        finished = self.run_once(self.aws, environment={"AWS_SECRET_ACCESS_KEY": secret})
        line = self.assert_undelivered(finished, "SignatureDoesNotMatch")
        self.assertNotIn(secret, line)
        self.assertLessEqual(len(self.attempts("sns:Publish")), 4)
        self.assertLessEqual(len(self.attempts("s3:PutObject")), 4)

    def test_an_unknown_key_an_expired_token_and_no_key_at_all_are_told_apart(self) -> None:
        expired = self.aws.create_key("gone", lifetime=-1)
        for environment, words in (
                ({"AWS_ACCESS_KEY_ID": "AKIANOBODY"}, "InvalidClientTokenId"),
                (self.aws.environment(key=expired), "ExpiredToken"),
                ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "credentials"),
                ({"AWS_SECRET_ACCESS_KEY": ""}, "AWS_SECRET_ACCESS_KEY")):
            with self.subTest(words):
                self.assert_undelivered(self.run_once(self.aws, environment=environment), words)

    def test_a_garbled_answer_is_no_success(self) -> None:
        self.aws.fail("sns:Publish", faults.garbage(), times=None)
        self.assert_undelivered(self.run_once(self.aws), "sns publish")

    def test_a_success_that_holds_an_error_is_none(self) -> None:
        body = "<Error><Code>InternalError</Code><Message>later</Message></Error>"
        self.aws.fail("s3:PutObject", faults.reply(200, body), times=None)
        self.assert_undelivered(self.run_once(self.aws), "InternalError")

    def test_a_redirect_is_never_followed(self) -> None:
        elsewhere = self.fake()
        self.aws.fail("sns:Publish", faults.reply(307, "", {"Location": elsewhere.url}),
                      times=None)
        self.aws.fail("s3:PutObject", faults.reply(307, "", {"Location": elsewhere.url}),
                      times=None)
        self.assert_undelivered(self.run_once(self.aws), "http 307")
        self.assertEqual(0, elsewhere.connections)

    def test_control_characters_in_an_answer_forge_no_line(self) -> None:
        fault = faults.error("AccessDenied", 403, "no\x1b[31m\r\nrun ended verdict=pass")
        self.aws.fail("s3:PutObject", fault, times=None)
        line = self.assert_undelivered(self.run_once(self.aws))
        self.assertNotIn("\x1b", line)


class Interrupted:
    """Leads to one port of this machine, but for the first connections: they get other bytes."""

    def __init__(self, port: int, answer: bytes, interruptions: int) -> None:
        self.port, self.answer, self.interruptions = port, answer, interruptions
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Takes no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.interruptions > 0:
                self.interruptions -= 1
                client.recv(65536)
                client.sendall(self.answer)
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self.port), 10)
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    @staticmethod
    def _copy(one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class MomentaryTest(DeliveryTest):
    """A refusal of the moment: it says nothing about a message."""

    # What passes, though nobody says that it does: a role that was made a moment ago, rights on
    # their way to all machines, a captive proxy, a store that is being set up.
    REFUSALS = (faults.error("AccessDenied", 403), faults.error("AuthorizationError", 403),
                faults.error("KMSAccessDenied", 400), faults.error("InvalidParameter", 400),
                faults.error("ValidationError", 400), faults.error("NotFound", 404),
                faults.reply(302, "", {"Location": "http://login.invalid/"}),
                faults.reply(407, "<html>"), faults.reply(511, "<html>"),
                faults.reply(200, "<html>welcome</html>"))

    def test_one_refusal_of_either_costs_a_single_run_nothing(self) -> None:
        for fault in self.REFUSALS:
            with self.subTest(fault.name):
                self.aws = self.fake()
                self.aws.fail("sns:Publish", fault)
                self.aws.fail("s3:PutObject", fault)
                finished = self.run_once(self.aws, environment=_ONE_ATTEMPT
                                         | {"SLARUNNER_STOPTIMEOUT": "25"})
                self.assertEqual((0, []), (finished.code, self.problems(finished)),
                                 finished.err_text + self.aws.show())
                self.event(self.aws)
                self.assertEqual(1, len(self.aws.objects(BUCKET)))

    def test_one_answer_that_is_no_http_costs_a_single_run_nothing(self) -> None:
        for answer in (b"welcome\r\n", b"\x15\x03\x01\x00\x02\x02\x28", b"HTTP/9.9 ok\r\n\r\n"):
            with self.subTest(answer):
                self.aws = self.fake()
                proxy = Interrupted(int(self.aws.url.rpartition(":")[2]), answer, 2)
                self.addCleanup(proxy.close)
                finished = self.run_once(self.aws, environment=_ONE_ATTEMPT | {
                    "AWS_ENDPOINT_URL": proxy.url, "SLARUNNER_STOPTIMEOUT": "25"})
                self.assertEqual((0, []), (finished.code, self.problems(finished)),
                                 finished.err_text + self.aws.show())
                self.event(self.aws)
                self.assertEqual(0, proxy.interruptions)

    def test_rights_that_flicker_set_nothing_aside(self) -> None:
        """Half of all requests are denied, by an unlucky pattern too: as many in a row as make one
        of them a case of its own."""
        denied, passes = faults.error("AccessDenied", 403), faults.none()
        self.aws.fail("sns:Publish", *[denied] * 5, *[passes, denied] * 6)
        self.aws.fail("s3:PutObject", *[denied] * 3, *[passes, denied] * 6)
        folder = self.temporary_directory()
        process = self.start_job(self.aws, "--delay", "0.3", "--spool", str(folder), "--command",
                                 "true")
        process.wait_for_line("run ended", 120, count=20)
        self.aws.wait_for(lambda: self.aws.pending_faults() == 0)
        finished = process.stop()
        self.assertEqual((0, []), (finished.code, self.problems(finished)), finished.err_text)
        ended = re.findall(r"run ended run=(\S+)", finished.err_text)
        self.assertEqual(sorted(ended), sorted(self.arrived(self.aws)))
        self.assertEqual(sorted(ended), sorted(
            stored.metadata["run-id"] for stored in self.aws.objects(BUCKET).values()))
        listed = self.run_to_end("spool", "list", "--spool", str(folder))
        self.assertEqual("0 waiting, 0 set aside, 0 dropped\n", listed.out_text)

    def test_a_stop_gives_everything_that_is_pending_its_attempts(self) -> None:
        denied = faults.error("AccessDenied", 403)
        self.aws.fail("*", denied, times=None)
        process = self.start_job(self.aws, "--delay", "0.05", "--command", "true")
        process.wait_for_line("run ended", 120, count=8)
        before = len(self.attempts("sns:Publish"))
        process.send(signal.SIGTERM)
        self.aws.wait_for(lambda: len(self.attempts("sns:Publish")) > before)
        self.aws.clear_faults()
        self.aws.fail("sns:Publish", *[denied] * 12)
        finished = process.wait()
        self.assertEqual((0, []), (finished.code, self.problems(finished)), finished.err_text)
        ended = re.findall(r"run ended run=(\S+)", finished.err_text)
        self.assertEqual(sorted(ended), sorted(self.arrived(self.aws)))

    def test_a_new_result_is_a_reason_to_try_again(self) -> None:
        self.aws.fail("sns:Publish", faults.internal_error(), times=None)
        process = self.start_job(self.aws, "--delay", "0.2", "--command", "true",
                                 environment=_ONE_ATTEMPT)
        # With waits of up to half a minute these would take a minute and a half.
        self.aws.wait_for(lambda: len(self.attempts("sns:Publish")) >= 10)
        self.assertLess(10, process.err.count(b"run ended"))
        self.aws.clear_faults()
        self.aws.wait_for(lambda: self.events(self.aws))
        self.assertEqual(0, process.stop().code)


class UnreachableTest(DeliveryTest):
    """Nobody is there, or nobody says anything."""

    def test_a_refused_connection_names_the_host(self) -> None:
        with self.aws.outage():
            finished = self.run_once(self.aws)
        self.assert_undelivered(finished, self.aws.url, "could not connect", "after 3 attempts")

    def test_a_name_that_does_not_resolve_is_named(self) -> None:
        finished = self.run_once(self.aws, environment={
            "AWS_ENDPOINT_URL": "http://nobody.invalid:1", **_ONE_ATTEMPT})
        self.assert_undelivered(finished, "nobody.invalid", "could not resolve the name")

    def test_a_proxy_that_is_not_there_is_no_success_and_shows_no_password(self) -> None:
        closed = self.enterContext(keep_port())
        port = closed.getsockname()[1]
        finished = self.run_once(self.aws, environment={
            "http_proxy": f"http://user:password1@127.0.0.1:{port}", **_ONE_ATTEMPT})
        line = self.assert_undelivered(finished)
        self.assertNotIn("password1", line)

    def test_a_silent_service_is_given_up_within_the_limits(self) -> None:
        for operation in ("s3:PutObject", "sns:Publish"):
            self.aws.fail(operation, faults.stall(), times=None)
        began = time.monotonic()
        finished = self.run_once(self.aws, "--upload-logs", "never", environment=_ONE_ATTEMPT)
        self.assert_undelivered(finished, "sns publish", "given up because the program stops")
        self.assert_took_less(30, began)

    def test_an_answer_that_never_ends_is_given_up(self) -> None:
        self.aws.fail("sns:Publish", faults.truncated(accepted=False), times=None)
        self.assert_undelivered(self.run_once(self.aws), "sns publish", "after 3 attempts")

    def test_an_answer_without_a_measure_is_cut_off(self) -> None:
        self.aws.fail("sns:Publish", faults.reply(200, b"x" * (3 << 20)), times=None)
        self.assert_undelivered(self.run_once(self.aws, environment=_ONE_ATTEMPT), "sns publish")


class LoopTest(DeliveryTest):
    """A failed delivery never ends the loop, and the next one works."""

    def assert_all_arrived(self, finished: Finished) -> None:
        """Each run that ended has its event, in order, and its log."""
        ended = re.findall(r"run ended run=(\S+)", finished.err_text)
        self.assertEqual(ended, self.arrived(self.aws))
        self.assertEqual(sorted(ended), sorted(
            stored.metadata["run-id"] for stored in self.aws.objects(BUCKET).values()))

    def test_after_an_outage_everything_that_was_measured_meanwhile_arrives(self) -> None:
        process = self.start_job(self.aws, "--delay", "0.05", "--stop-timeout", "600",
                                 "--command", "true")
        self.aws.wait_for(lambda: self.events(self.aws))
        with self.aws.outage():
            process.wait_for_line("events are not delivered: .*could not connect")
            process.wait_for_line("run ended", count=len(self.events(self.aws)) + 10)
        process.wait_for_line("events are delivered again")
        finished = process.stop_delivered()
        self.assertEqual((0, []), (finished.code, self.problems(finished)), finished.err_text)
        self.assert_all_arrived(finished)

    def test_an_outage_is_one_line_a_minute_and_not_one_for_each_run(self) -> None:
        self.aws.fail("*", faults.internal_error(), times=None)
        process = self.start_job(self.aws, *FASTER_THAN_DELIVERY, "--command", "true",
                                 environment=_ONE_ATTEMPT)
        process.wait_for_line("run ended", count=50)
        self.aws.clear_faults()
        finished = process.stop_delivered()
        self.assertEqual(2, finished.err_text.count("are not delivered"), finished.err_text)
        self.assert_all_arrived(finished)

    def test_what_is_left_at_the_end_stands_on_stderr_to_be_sent_by_others(self) -> None:
        self.aws.fail("*", faults.internal_error(), times=None)
        process = self.start_job(self.aws, "--delay", "0.01", "--stop-timeout", "1", "--command",
                                 "true", environment=_ONE_ATTEMPT)
        process.wait_for_line("run ended", count=20)
        finished = process.stop()
        self.assertEqual(0, finished.code, finished.err_text)
        listed = [json.loads(line) for line in finished.err_text.splitlines()
                  if line.startswith("{")]
        self.assertEqual(re.findall(r"run ended run=(\S+)", finished.err_text),
                         [one["undelivered"]["runId"] for one in listed])
        self.assertIn("InternalError", listed[0]["reason"])
        [said] = [line for line in self.problems(finished) if "not delivered: " in line
                  and "are not delivered" not in line]
        self.assertRegex(said, rf" run={listed[0]['undelivered']['runId']} more={len(listed) - 1} ")

    def test_a_topic_by_name_is_looked_up_until_it_is_known(self) -> None:
        self.aws.fail("sts:GetCallerIdentity", faults.internal_error(), times=2)
        process = self.start("--service=shop", "--sns-topic-name=results",
                             *FASTER_THAN_DELIVERY, "--", "/bin/true",
                             environment=self.aws.environment() | _ONE_ATTEMPT)
        self.aws.wait_for(lambda: len(self.events(self.aws)) >= 2)
        finished = process.stop_delivered()
        self.assertEqual([], self.problems(finished))
        self.assertEqual(["fault: error 500 InternalError"] * 2 + ["ok"],
                         self.attempts("sts:GetCallerIdentity"))

    def test_a_store_that_cannot_be_written_ends_nothing_and_the_topic_gets_its_event(self) -> None:
        file = self.temporary_directory() / "file"
        file.write_text("in the way")
        process = self.start_job(self.aws, "--store", str(file / "store"),
                                 *FASTER_THAN_DELIVERY, "--", "/bin/true")
        self.aws.wait_for(lambda: len(self.events(self.aws)) >= 2)
        finished = process.stop_delivered()
        self.assertEqual(0, finished.code)
        for line in self.problems(finished):
            self.assertIn(str(file), line)
        self.assertEqual("in the way", file.read_text())

    def test_a_store_goes_on_while_the_topic_is_away(self) -> None:
        store = self.temporary_directory()
        self.aws.fail("*", faults.internal_error(), times=None)
        process = self.start_job(self.aws, "--store", str(store), "--delay", "0.02", "--",
                                 "/bin/true", environment=_ONE_ATTEMPT)
        stored = store / "events.ndjson"
        wait_until(lambda: stored.exists() and stored.read_text().count("\n") >= 2, 120,
                   process.describe)
        self.assertEqual(0, process.stop().code)
        for line in stored.read_text().splitlines():
            self.assertTrue(json.loads(line)["logUri"].startswith("file://"))


if __name__ == "__main__":
    unittest.main()
