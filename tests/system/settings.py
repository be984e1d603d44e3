# SPDX-License-Identifier: MIT
# Covers: app/printing.hpp
"""The settings of the real program: where they come from, what is wrong with them, what it does."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import unittest
from pathlib import Path

from aws_case import BUCKET, AwsTest
from fake_aws import FakeAws, faults
from runner_process import Finished, RunnerTest

_ARN = "arn:aws:sns:eu-central-1:123456789012:results"
_GOOD = ("--command", "true", "--service", "shop", "--delay", "1", "--sns-topic-arn", _ARN)
_MISSING = {
    "command": "Command ($SLARUNNER_COMMAND) is a required argument",
    "service": "Service ($SLARUNNER_SERVICE) is a required argument",
    "delay": "Delay ($SLARUNNER_DELAY) is a required argument",
    "sink": "SNS Topic ARN ($SLARUNNER_SNSTOPICARN) or SNS Topic Name ($SLARUNNER_SNSTOPICNAME) "
            "is a required argument",
}
_EASY = "--store DIR keeps results in a folder and needs no account; --help shows every setting"
# Flag, variable, a value, and how --print-settings shows it.
_VALUES = (
    ("command", "SLARUNNER_COMMAND", "exit 0 # x", "exit 0 # x"),
    ("service", "SLARUNNER_SERVICE", "shop/größe", "shop/größe"),
    ("groups", "SLARUNNER_GROUPS", " a , ,b,", "a,b"),
    ("delay", "SLARUNNER_DELAY", "0.25", "0.25"),
    ("once", "SLARUNNER_ONCE", "yes", "on"),
    ("disabled", "SLARUNNER_DISABLED", "On", "on"),
    ("dry-run", "SLARUNNER_DRYRUN", "false", "on"),
    ("sns-topic-arn", "SLARUNNER_SNSTOPICARN", _ARN, _ARN),
    ("sns-topic-name", "SLARUNNER_SNSTOPICNAME", "results", "results"),
    ("s3-bucket-name", "SLARUNNER_S3BUCKETNAME", "logs", "logs"),
    ("store", "SLARUNNER_STORE", "/a b", "/a b"),
    ("pass-through", "SLARUNNER_PASSTHROUGH", "failures", "failures"),
    ("store-days", "SLARUNNER_STOREDAYS", "30", "30"),
    ("upload-logs", "SLARUNNER_UPLOADLOGS", "failures", "failures"),
    ("log-bundle", "SLARUNNER_LOGBUNDLE", "1m", "60"),
    ("timeout", "SLARUNNER_TIMEOUT", "0", "0"),
    ("grace", "SLARUNNER_GRACE", "1.5", "1.5"),
    ("stop-timeout", "SLARUNNER_STOPTIMEOUT", "7", "7"),
    ("log-limit", "SLARUNNER_LOGLIMIT", "64k", "64K"),
    ("spool", "SLARUNNER_SPOOL", "/a b", "/a b"),
    ("spool-limit", "SLARUNNER_SPOOLLIMIT", "1g", "1g"),
    ("event-format", "SLARUNNER_EVENTFORMAT", "numbers", "numbers"),
    ("log-format", "SLARUNNER_LOGFORMAT", "json", "json"),
    ("metrics-namespace", "SLARUNNER_METRICSNAMESPACE", "Shop/SLA", "Shop/SLA"),
    ("location", "SLARUNNER_LOCATION", "rack 3", "rack 3"),
    ("expect-every", "SLARUNNER_EXPECTEVERY", "300", "300"),
    ("splay", "SLARUNNER_SPLAY", "1h", "3600"),
    ("workers", "SLARUNNER_WORKERS", "32", "32"),
    ("exit-codes", "SLARUNNER_EXITCODES", "NAGIOS", "nagios"),
    ("retries", "SLARUNNER_RETRIES", "2", "2"),
    ("retry-delay", "SLARUNNER_RETRYDELAY", "0.5", "0.5"),
    ("slow", "SLARUNNER_SLOW", "2m", "120"),
    ("witness", "SLARUNNER_WITNESS", "aws, a.example:443", "aws,a.example:443"),
    ("skip-code", "SLARUNNER_SKIPCODE", "77", "77"),
    ("slo", "SLARUNNER_SLO", "99.95", "99.95"),
    ("slo-window", "SLARUNNER_SLOWINDOW", "7d", "604800"),
    ("slo-min-failures", "SLARUNNER_SLOMINFAILURES", "5", "5"),
    ("failure-threshold", "SLARUNNER_FAILURETHRESHOLD", "4", "4"),
    ("success-threshold", "SLARUNNER_SUCCESSTHRESHOLD", "1", "1"),
)
# The same, of a probe.
_PROBE_VALUES = (
    ("url", "SLARUNNER_URL", "https://a:b@shop.example/?c", "https://***@shop.example/?***"),
    ("method", "SLARUNNER_METHOD", "PUT", "PUT"),
    ("header", "SLARUNNER_HEADER", "A: b", "***"),
    ("body", "SLARUNNER_BODY", "text", "***"),
    ("expect-status", "SLARUNNER_EXPECTSTATUS", "200,404", "200,404"),
    ("expect-body", "SLARUNNER_EXPECTBODY", "a, b", "a, b"),
    ("max-redirects", "SLARUNNER_MAXREDIRECTS", "3", "3"),
    ("cert-days", "SLARUNNER_CERTDAYS", "14", "14"),
    ("keep-alive", "SLARUNNER_KEEPALIVE", "yes", "on"),
)
_SWITCHES = ("once", "disabled", "dry-run", "keep-alive")
_REGION = {"AWS_REGION": "eu-central-1"}


class SettingsTest(RunnerTest):
    """Reads settings and runs nothing."""

    def shown(self, *arguments: str, **environment: str) -> dict[str, tuple[str, str]]:
        """What --print-settings says: value and source by name."""
        finished = self.run_to_end("--print-settings", *arguments,
                                   environment=_REGION | environment)
        lines = [re.fullmatch(r"(\S+) +(\S.*?)  +(\S.*)", line)
                 for line in finished.out_text.splitlines()]
        return {line[1]: (line[2], line[3]) for line in lines if line}

    def problems(self, *arguments: str, **environment: str) -> list[str]:
        """The lines of a start that is refused with 78."""
        finished = self.run_to_end(*arguments, environment=_REGION | environment)
        self.assertEqual((78, b""), (finished.code, finished.out), finished.err_text)
        return finished.err_text.splitlines()


class SourcesTest(SettingsTest):
    """Flags, variables and defaults."""

    def test_every_setting_can_be_a_flag(self) -> None:
        for flag, _, value, shown in _VALUES + _PROBE_VALUES:
            with self.subTest(flag):
                given = [f"--{flag}={value}"]
                self.assertEqual((shown, f"--{flag}"), self.shown(*given)[flag])
                if flag not in _SWITCHES:
                    self.assertEqual((shown, f"--{flag}"), self.shown(f"--{flag}", value)[flag])

    def test_a_switch_needs_no_value(self) -> None:
        for flag in _SWITCHES:
            self.assertEqual(("on", f"--{flag}"), self.shown(f"--{flag}", "--store", "x")[flag])

    def test_every_setting_can_be_a_variable(self) -> None:
        for values in (_VALUES, _PROBE_VALUES):
            shown = self.shown(**{variable: value for _, variable, value, _ in values})
            for flag, variable, _, expected in values:
                with self.subTest(flag):
                    self.assertEqual((expected, f"${variable}"), shown[flag])

    def test_a_flag_beats_its_variable(self) -> None:
        shown = self.shown("--service", "flag", "--once=no", SLARUNNER_SERVICE="variable",
                           SLARUNNER_ONCE="yes")
        self.assertEqual(("flag", "--service"), shown["service"])
        self.assertEqual(("off", "--once"), shown["once"])

    def test_the_defaults_are_those_of_the_contract(self) -> None:
        shown = self.shown()
        expected = {"upload-logs": "always", "timeout": "3600", "grace": "5", "stop-timeout": "25",
                    "log-limit": "16M", "event-format": "documented", "log-format": "text",
                    "once": "off", "disabled": "off", "dry-run": "off", "groups": "-"}
        self.assertEqual({name: (value, "default") for name, value in expected.items()},
                         {name: shown[name] for name in expected})

    def test_variables_without_a_flag_are_shown_by_their_names(self) -> None:
        shown = self.shown(SLARUNNER_SVC_TAG="tag", SLA_TARGET="99.9")
        self.assertEqual(("tag", "$SLARUNNER_SVC_TAG"), shown["SLARUNNER_SVC_TAG"])
        self.assertEqual(("99.9", "$SLA_TARGET"), shown["SLA_TARGET"])

    def test_words_are_shown_as_words(self) -> None:
        self.assertEqual(("'echo' 'a b'", "after --"), self.shown("--", "echo", "a b")["command"])

    def test_each_word_for_yes_and_no_is_understood_in_any_case(self) -> None:
        for words, expected in ((("true", "1", "Yes", "ON", "TRUE"), "on"),
                                (("false", "0", "No", "OFF", ""), "off")):
            for word in words:
                with self.subTest(word):
                    self.assertEqual(expected, self.shown(SLARUNNER_DISABLED=word)["disabled"][0])

    def test_print_settings_shows_no_secret(self) -> None:
        finished = self.run_to_end("--print-settings", *_GOOD, environment=_REGION | {
            "AWS_ACCESS_KEY_ID": "AKIASHOWN", "AWS_SECRET_ACCESS_KEY": "hidden-secret",
            "AWS_SESSION_TOKEN": "hidden-token"})
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertNotIn("hidden", finished.out_text + finished.err_text)


class HelpTest(SettingsTest):
    """What explains the program."""

    def test_help_names_every_setting_with_its_variable_and_default(self) -> None:
        finished = self.run_to_end("--help")
        self.assertEqual((0, b""), (finished.code, finished.err))
        for flag, variable, _, _ in _VALUES + _PROBE_VALUES:
            self.assertRegex(finished.out_text, rf"\n  --{flag}\b")
            self.assertRegex(finished.out_text, rf"\n    {variable}\b")
        for text in ("SLARUNNER_SVC_TAG", "SLA_TARGET", "--every SECONDS", "SLARUNNER_EVERY",
                     "--checks FILE", "SLARUNNER_CHECKS", "--shard K/N",
                     "SLARUNNER_SHARD", "3600", "16M", "  78  ", "  75  ", "  64  "):
            self.assertIn(text, finished.out_text)
        self.assertLessEqual(max(map(len, finished.out_text.splitlines())), 100)

    def test_version_is_one_line(self) -> None:
        header = (Path(__file__).parents[2] / "include/sla/version.hpp").read_text()
        numbers = [re.search(rf"SLA_VERSION_{part} (\d+)", header)[1]  # type: ignore[index]
                   for part in ("MAJOR", "MINOR", "PATCH")]
        finished = self.run_to_end("--version")
        self.assertEqual((0, b""), (finished.code, finished.err))
        self.assertRegex(finished.out_text,
                         rf"^sla-runner {re.escape('.'.join(numbers))} \(libcurl/\d[\w.-]* "
                         r"OpenSSL/\d[\w.-]*(, commit [0-9a-f]{12})?\)\n\Z")

    def test_help_says_the_signals_the_variables_of_aws_and_three_examples(self) -> None:
        text = " ".join(self.run_to_end("--help").out_text.split())
        for words in (
                "SIGTERM, SIGINT, SIGQUIT and SIGRTMIN+3 stop it: no new run, the one in flight may "
                "end within the stop timeout, and a second signal ends it. SIGUSR1: run now. SIGHUP "
                "is ignored.",
                "What AWS's own variables mean to the SDKs they mean here: AWS_REGION, AWS_PROFILE,"):
            self.assertIn(words, text)
        examples = text.split(" examples: ")[1].split(" exit codes: ")[0]
        self.assertEqual(3, examples.count("sla-runner "), examples)

    def test_help_and_version_need_no_settings(self) -> None:
        for flag in ("--help", "-h", "--version", "--print-settings"):
            finished = self.run_to_end(flag, *_GOOD, environment=_REGION)
            self.assertEqual(0, finished.code)

    def test_help_of_a_command_is_the_same_however_it_is_asked_for(self) -> None:
        overview = self.run_to_end("--help").out_text
        for name in ("", "healthcheck", "iam", "identity", "preflight", "report", "spool",
                     "ssm-starter", "iam-starter", "help", "version"):
            with self.subTest(name):
                told = self.run_to_end("help", name)
                self.assertEqual((0, b""), (told.code, told.err))
                self.assertRegex(told.out_text, rf"(?m)^usage: .*{name}")
                self.assertRegex(told.out_text, r"(?m)^   64  ")
                self.assertIn(f"\n  {name}", overview)
                if not name.endswith("-starter"):
                    for flag in ("--help", "-h"):
                        words = [name, flag] if name else [flag]
                        self.assertEqual(told.out, self.run_to_end(*words).out)
        self.assertEqual(overview, self.run_to_end("help").out_text)
        self.assertEqual(self.run_to_end("--version").out, self.run_to_end("version").out)

    def test_what_nobody_knows_is_one_sentence(self) -> None:
        for words, sentence in (
                (["healthcheck", "--bogus"], "healthcheck: unknown flag '--bogus'"),
                (["healthcheck", "now"], "healthcheck: unexpected argument 'now'"),
                (["spool", "list", "--spol", "x"],
                 "spool: unknown flag '--spol'; the nearest known one is --spool"),
                (["help", "spol"], "help: unknown command 'spol'; the nearest known one is spool"),
                (["spol"], "unknown command 'spol'; the nearest known one is spool"),
                (["iam-starter", "--help"],
                 "'iam-starter' is a name of this program: call it by a link of that name, as ln -s "
                 "makes; sla-runner help iam-starter tells more"),
                (["curl", "https://x/"],
                 "unknown command 'curl'; the words of what to run go after --"),
                (["report", "--region", "x"], "report: unknown flag '--region'"),
                (["version", "1"], "version: unexpected argument '1'")):
            with self.subTest(words):
                finished = self.run_to_end(*words)
                self.assertEqual((64, b"", sentence + "\n"),
                                 (finished.code, finished.out, finished.err_text))


class ProblemsTest(SettingsTest):
    """What is missing or wrong."""

    def test_what_is_missing_is_said_in_the_promised_words(self) -> None:
        self.assertEqual([*_MISSING.values(), _EASY], self.problems())
        for name in _MISSING:
            with self.subTest(name):
                position = {"command": 0, "service": 2, "delay": 4, "sink": 6}[name]
                arguments = _GOOD[:position] + _GOOD[position + 2:]
                easy = [_EASY] if name == "sink" else []
                self.assertEqual([_MISSING[name], *easy], self.problems(*arguments))

    def test_an_empty_variable_is_a_missing_one(self) -> None:
        self.assertEqual([*_MISSING.values(), _EASY], self.problems(
            SLARUNNER_COMMAND="", SLARUNNER_SERVICE="", SLARUNNER_DELAY="",
            SLARUNNER_SNSTOPICARN="", SLARUNNER_SNSTOPICNAME=""))

    def test_a_store_or_a_topic_by_name_is_sink_enough(self) -> None:
        for sink in ("--store=/x", "--sns-topic-name=results"):
            self.assertEqual([_MISSING["delay"]],
                             self.problems("--command=x", "--service=x", sink))

    def test_a_bucket_alone_is_no_sink(self) -> None:
        self.assertEqual([_MISSING["sink"], _EASY], self.problems(
            "--command=x", "--service=x", "--delay=0", "--s3-bucket-name=logs"))

    def test_each_malformed_value_is_one_line_that_names_the_setting_and_the_value(self) -> None:
        wrong = {"groups": "a\x01b", "delay": "soon", "every": "0", "once": "perhaps",
                 "disabled": "2", "sns-topic-name": "no topic", "s3-bucket-name": "no_Bucket!",
                 "upload-logs": "sometimes", "timeout": "-1", "grace": "1e400",
                 "stop-timeout": "1,5", "log-limit": "12Q", "spool-limit": "1K", "event-format": "xml",
                 "log-format": "loud", "sns-topic-arn": "results",
                 "metrics-namespace": "AWS/SLA"}
        lines = self.problems("--command= ", "--service=\t",
                              *(f"--{flag}={value}" for flag, value in wrong.items()))
        for flag, value in wrong.items():
            shown = value.replace("\x01", "\\x01")
            found = [line for line in lines if f"(--{flag}):" in line]
            self.assertEqual(1, len(found), (flag, lines))
            self.assertIn(f"'{shown}'", found[0])
        both = "Delay (--delay) and Every (--every) exclude each other: give one of them"
        self.assertIn(both, lines)
        self.assertEqual(len(wrong) + 3, len(lines), lines)

    def test_a_wrong_variable_is_named_as_a_variable(self) -> None:
        [line] = self.problems(*_GOOD, SLARUNNER_TIMEOUT="long")
        self.assertTrue(line.startswith("Timeout ($SLARUNNER_TIMEOUT): 'long' is "), line)

    def test_a_line_break_is_refused_in_every_setting_but_the_command(self) -> None:
        for flag, variable, value, _ in _VALUES[1:]:
            if flag in _SWITCHES:
                continue
            for mark in ("\r", "\n", "\r\nX-Injected: yes"):
                with self.subTest(flag, mark=mark):
                    good = [one for one in zip(_GOOD[::2], _GOOD[1::2]) if one[0] != f"--{flag}"]
                    lines = self.problems(*(word for pair in good for word in pair),
                                          **{variable: value + mark})
                    self.assertTrue(any(f"(${variable}): " in line and "control character" in line
                                        for line in lines), lines)
                    self.assertFalse(any(line.startswith("X-Injected") for line in lines), lines)
        for variable in ("SLARUNNER_SVC_TAG", "SLA_TARGET"):
            [line] = self.problems(*_GOOD, **{variable: "a\r\nb"})
            self.assertIn("control character", line)

    def test_bucket_names_that_s3_forbids_are_refused(self) -> None:
        for name in ("ab", "x" * 64, "-logs", "logs-", ".logs", "logs.", "a..b", "192.168.0.1",
                     "s3://logs", "logs/shop", "my logs", "lögs", "logs--x-s3",
                     "arn:aws:s3:::logs", "../logs"):
            with self.subTest(name):
                [line] = self.problems(*_GOOD, "--s3-bucket-name", name)
                self.assertIn("not the name of a bucket", line)

    def test_a_topic_that_is_no_arn_is_refused(self) -> None:
        for arn in ("results", "arn:aws:sqs:eu-central-1:123456789012:results", "arn:aws:sns:::",
                    "arn:aws:sns:eu-central-1:12345:results", "https://sns/results",
                    "arn:aws:sns:eu-central-1:123456789012:no topic",
                    "arn:aws:sns:eu-central-1:123456789012:results:subscription"):
            with self.subTest(arn):
                lines = self.problems("--command=x", "--service=x", "--delay=1",
                                      "--sns-topic-arn", arn)
                self.assertEqual(1, len(lines), lines)
                self.assertIn("SNS Topic ARN (--sns-topic-arn): ", lines[0])

    def test_a_service_that_is_not_utf_8_is_refused(self) -> None:
        [line] = self.problems(*_GOOD[:2], *_GOOD[4:], "--service", "\udcff")
        self.assertIn("is not valid UTF-8", line)

    def test_what_aws_s_own_variables_say_is_checked_too(self) -> None:
        finished = self.run_to_end(*_GOOD, environment={
            "AWS_REGION": "../x", "AWS_ENDPOINT_URL": "ftp://x", "AWS_MAX_ATTEMPTS": "many",
            "AWS_CA_BUNDLE": "/nowhere/ca.pem"})
        self.assertEqual(78, finished.code, finished.err_text)
        for name in ("AWS_REGION", "AWS_ENDPOINT_URL", "AWS_MAX_ATTEMPTS", "AWS_CA_BUNDLE"):
            self.assertRegex(finished.err_text, rf"(?m)^{name}: ")

    def test_what_aws_s_own_variables_say_stops_nothing_that_asks_no_aws(self) -> None:
        store = ["--command=true", "--service=x", "--once", f"--store={self.temporary_directory()}"]
        for name, value, words in (
                ("AWS_PROFILE", "nobody", "there is no profile 'nobody'"),
                ("AWS_MAX_ATTEMPTS", "many", "must be a whole number from 1 to 100"),
                ("AWS_ENDPOINT_URL", "ftp://x", "not the URL of an endpoint: it must begin with "
                                                "http:// or https://")):
            with self.subTest(name):
                finished = self.run_to_end(*store, environment={name: value})
                self.assertEqual(0, finished.code, finished.err_text)
                self.assertIn(f"warning: {name}: {words}; nothing here asks AWS\n",
                              finished.err_text)
                for more in ("--s3-bucket-name=logs", "--witness=aws"):
                    finished = self.run_to_end(*store, more, environment=_REGION | {name: value})
                    self.assertEqual((78, f"{name}: {words}\n"),
                                     (finished.code, finished.err_text))

    def test_a_topic_by_name_needs_a_region(self) -> None:
        finished = self.run_to_end("--command=x", "--service=x", "--once",
                                   "--sns-topic-name=results")
        self.assertEqual(78, finished.code)
        self.assertRegex(finished.err_text, "^AWS_REGION is not set")


class UsageTest(SettingsTest):
    """What cannot be understood."""

    def refused(self, *arguments: str) -> str:
        finished = self.run_to_end(*arguments, environment=_REGION)
        self.assertEqual((64, b""), (finished.code, finished.out), finished.err_text)
        return finished.err_text

    def test_an_unknown_flag_names_the_nearest_one(self) -> None:
        self.assertEqual("unknown flag '--servce'; the nearest known one is --service\n",
                         self.refused(*_GOOD, "--servce", "x"))

    def test_what_others_call_it_names_ours(self) -> None:
        for flag, ours in (("--region", "$AWS_REGION"), ("--profile", "$AWS_PROFILE"),
                           ("--endpoint-url", "$AWS_ENDPOINT_URL"), ("--interval", "--every"),
                           ("--period", "--every")):
            for command in ([], ["identity"]):
                self.assertIn(f"unknown flag '{flag}'; use {ours}\n",
                              self.refused(*command, flag, "x"))
        self.assertIn("unknown flag '--bogus'\n", self.refused("--bogus"))

    def test_a_command_without_words_is_usage(self) -> None:
        self.assertIn("-- needs a value: -- WORD...\n", self.refused(*_GOOD, "--"))
        self.assertIn("--: the first word is empty\n", self.refused(*_GOOD, "--", ""))

    def test_a_stray_word_a_flag_without_a_value_and_a_flag_twice_are_usage(self) -> None:
        self.assertIn("unexpected argument 'shop'", self.refused(*_GOOD, "shop"))
        self.assertIn("--store needs a value", self.refused(*_GOOD, "--store"))
        self.assertIn("--delay is given more than once", self.refused(*_GOOD, "--delay", "2"))

    def test_usage_and_settings_are_reported_together(self) -> None:
        text = self.refused("--servce", "x")
        for line in _MISSING.values():
            self.assertIn(line, text)

    def test_a_command_text_and_words_exclude_each_other(self) -> None:
        [line] = self.problems(*_GOOD, "--", "true")
        self.assertIn("exclude each other", line)


class WarningsTest(SettingsTest):
    """Variables that nobody knows."""

    def test_an_unknown_variable_is_a_warning_that_names_the_nearest(self) -> None:
        finished = self.run_to_end(
            "--service=x", "--once", "--store", str(self.temporary_directory()), "--", "/bin/true",
            environment={"SLARUNNER_GROUPSS": "a", "SLARUNNER_RUN_ID": "x"})
        self.assertEqual(0, finished.code)
        self.assertIn("warning: unknown variable SLARUNNER_GROUPSS; the nearest known one is "
                      "SLARUNNER_GROUPS\n", finished.err_text)
        self.assertNotIn("RUN_ID", finished.err_text)

    def test_a_runner_in_a_runner_has_no_warnings(self) -> None:
        words = ["--service=x", "--once", "--store", str(self.temporary_directory()), "--"]
        finished = self.run_to_end(*words, os.environ["SLA_RUNNER"], *words, "/bin/true")
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertIn("verdict=pass", finished.out_text)  # that of the inner one
        self.assertNotIn("warning", finished.out_text + finished.err_text)

    def test_the_warning_is_there_when_a_setting_is_missing_for_it(self) -> None:
        finished = self.run_to_end("--command=x", "--once", "--store=/x",
                                   environment={"SLARUNNER_SERVCE": "shop"})
        self.assertEqual(78, finished.code)
        self.assertIn(_MISSING["service"], finished.err_text)
        self.assertIn("unknown variable SLARUNNER_SERVCE; the nearest known one is "
                      "SLARUNNER_SERVICE", finished.err_text)


class NetworkTest(AwsTest):
    """What is sent, and what is not."""

    def assert_silent(self, aws: FakeAws) -> None:
        self.assertEqual(([], 0), (aws.requests(), aws.connections))

    def test_nothing_is_sent_where_a_setting_is_wrong(self) -> None:
        aws = self.fake()
        for arguments in (("--delay", "x"), ("--once=maybe",), ("--nope",), ("--help",),
                          ("--s3-bucket-name", "No Bucket"), ("--print-settings",)):
            self.run_to_end("--service", "shop", "--command", "true", "--sns-topic-name",
                            "results", *arguments, environment=aws.environment())
        self.assert_silent(aws)

    def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing(self) -> None:
        aws, store = self.fake(), self.temporary_directory()
        for how in ("--dry-run", "--dry-run=no", None):
            with self.subTest(how):
                finished = self.run_to_end(
                    *self.sinks(aws), *([how] if how else []), "--groups", "a,b", "--store",
                    str(store), "--command", r"printf 'one\ntwo \377'",
                    environment=aws.environment() | ({} if how else {"SLARUNNER_DRYRUN": "x"}))
                self.assertEqual(0, finished.code, finished.err_text)
                head, _, log = finished.out.partition(b"\nlog:\n")
                self.assertEqual(b"one\ntwo \xff", log)
                topic, message, stored = head.decode().split("\n")
                event = json.loads(message.removeprefix("message: "))
                self.assertEqual(f"topic: {self.topic(aws)}", topic)
                self.assertEqual((["a", "b"], True), (event["groups"], event["succeeded"]))
                self.assertEqual(f"object: s3://{BUCKET}/shop/{event['timestamp']}_SUCCESS", stored)
        self.assert_silent(aws)
        self.assertEqual([], list(store.iterdir()))

    def test_a_dry_run_needs_no_sink(self) -> None:
        finished = self.run_to_end("--service=x", "--dry-run", "--", "echo", "hi")
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertTrue(finished.out_text.startswith("topic: none\nmessage: {"), finished.out_text)

    def test_a_dry_run_that_a_full_disk_does_not_take_is_undelivered(self) -> None:
        with open("/dev/full", "wb") as full:
            finished = subprocess.run(
                [os.environ["SLA_RUNNER"], "--service=x", "--dry-run", "--", "echo", "hi"],
                stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(75, finished.returncode, finished.stderr)
        self.assertIn("dry run: write: No space left on device", finished.stderr)

    def test_a_dry_run_that_reads_like_none_says_that_it_is_one(self) -> None:
        why = "is not empty, so this is a dry run; leave it empty to send results"
        for value in ("false", "0", "no", "Off"):
            for arguments, environment, label in (
                    ([], {"SLARUNNER_DRYRUN": value}, "$SLARUNNER_DRYRUN"),
                    ([f"--dry-run={value}"], {}, "--dry-run")):
                finished = self.run_to_end("--service=x", *arguments, "--", "true",
                                           environment=environment)
                self.assertEqual(0, finished.code, finished.err_text)
                [line] = finished.lines("Dry Run")
                self.assertEqual(("warning", f"Dry Run ({label}): '{value}' {why}"),
                                 (line.level, line.message))
        for value in ("true", "1", "x"):
            finished = self.run_to_end("--service=x", f"--dry-run={value}", "--", "true")
            self.assertEqual([], finished.lines("Dry Run"))

    def test_a_dry_run_of_a_topic_by_name_shows_its_arn_or_why_not(self) -> None:
        aws = self.fake()
        known = aws.environment()
        nobody = known | {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
                          "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}
        nowhere = {name: value for name, value in known.items() if "REGION" not in name}
        for environment, topic in (
                (known, re.escape(f"arn:aws:sns:{aws.region}:{aws.account}:results")),
                (nobody, r"results \(its ARN is not known: .*credentials.*\)"),
                (nowhere, r"results \(its ARN is not known: no region is set\)")):
            with self.subTest(topic):
                finished = self.run_to_end("--service=x", "--sns-topic-name=results", "--dry-run",
                                           "--", "/bin/true", environment=environment)
                self.assertEqual(0, finished.code, finished.err_text)
                self.assertRegex(finished.out_text, f"^topic: {topic}\n")

    def test_a_command_that_cannot_be_started_is_told_before_the_first_run(self) -> None:
        folder = self.temporary_directory()
        plain = folder / "plain"
        plain.write_text("#!/bin/sh\n")
        for word, why in (
                ("/no/such", "/no/such: No such file or directory"),
                (str(plain), f"{plain}: Permission denied; it is not executable: chmod +x it")):
            finished = self.run_to_end("--service=x", "--once", "--store", str(folder / "store"),
                                       "--", word)
            messages = [line.message for line in finished.lines()]
            self.assertEqual(f"the command cannot be started: {why}", messages[0])
            self.assertIn("run starts", messages[1:])
        finished = self.run_to_end("--service=x", "--once", "--store", str(folder / "store"),
                                   "--command", "/no/such")
        self.assertEqual([], finished.lines("the command cannot"))

    def test_disabled_says_so_once_runs_nothing_and_stops_on_a_signal(self) -> None:
        aws = self.fake()
        for number in (signal.SIGTERM, signal.SIGINT):
            process = self.start_job(aws, "--delay", "0", "--disabled", "--command", "echo ran")
            process.wait_for_line("disabled")
            process.send(signal.SIGUSR1)
            process.send(signal.SIGHUP)
            finished = process.stop(number)
            self.assertEqual((0, b""), (finished.code, finished.out))
            self.assertEqual(1, len(finished.err_text.splitlines()), finished.err_text)
        self.assert_silent(aws)

    def once(self, aws: FakeAws, command: str) -> Finished:
        return self.run_once(aws, command=command)

    def test_once_says_with_its_exit_code_how_it_went(self) -> None:
        aws = self.fake()
        self.assertEqual([0, 1, 1], [self.once(aws, command).code
                                     for command in ("exit 0", "exit 2", "kill -9 $$")])
        aws.fail("sns:Publish", faults.error("AuthorizationError", 403), times=None)
        self.assertEqual([75, 75], [self.once(aws, command).code for command in ("true", "false")])

    def test_once_is_undelivered_where_only_the_log_is(self) -> None:
        aws = self.fake()
        aws.fail("s3:PutObject", faults.error("AccessDenied", 403), times=None)
        self.assertEqual(75, self.once(aws, "true").code)
        self.assertEqual(1, len(self.events(aws)))


if __name__ == "__main__":
    unittest.main()
