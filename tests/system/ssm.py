# SPDX-License-Identifier: MIT
# Covers: app/loaded_variables.hpp
"""Parameters from SSM: --ssm-name of the real program, and the program as ssm-starter."""

from __future__ import annotations

import os
import re
import shutil
import signal
import unittest
from collections.abc import Mapping

from aws_case import AwsTest
from fake_aws import FakeAws, faults
from runner_process import Finished, RunnerProcess
from store_case import wait_until

_SECRET = "hunter2-of-the-store"
_SHOW = ("/bin/sh", "-c")


class SsmTest(AwsTest):
    """A fake with the parameters of a shop, and the stage of AWS_ENV."""

    def parameters(self, aws: FakeAws, path: str = "/prod/slarunner", **values: str) -> None:
        """Puts parameters; a value that holds the secret is a SecureString."""
        for name, value in values.items():
            aws.put_parameter(f"{path}/{name}", value,
                              "SecureString" if _SECRET in value else "String")

    def environment(self, aws: FakeAws, **more: str) -> dict[str, str]:
        return aws.environment(**more) | {"AWS_ENV": "prod"} | more

    def asked(self, aws: FakeAws) -> list[str]:
        """The paths that were asked for, one for each page."""
        return [entry.parameters["Path"] for entry in aws.requests("ssm:GetParametersByPath")]


class RunnerTest(SsmTest):
    """sla-runner with --ssm-name."""

    def shown(self, aws: FakeAws, *arguments: str, **more: str) -> dict[str, tuple[str, str]]:
        """What --print-settings says: value and source by name."""
        finished = self.run_to_end("--print-settings", *arguments,
                                   environment=self.environment(aws, **more))
        lines = [re.fullmatch(r"(\S+) +(\S.*?)  +(\S.*)", line)
                 for line in finished.out_text.splitlines()]
        return {line[1]: (line[2], line[3]) for line in lines if line}

    def test_a_whole_runner_is_set_up_from_parameters(self) -> None:
        aws = self.fake()
        self.parameters(aws, SLARUNNER_SERVICE="shop", SLARUNNER_ONCE="yes",
                        SLARUNNER_COMMAND="echo $GREETING", GREETING=_SECRET,
                        SLARUNNER_SNSTOPICARN=self.topic(aws), SLARUNNER_S3BUCKETNAME="logs")
        for how in (["--ssm-name", "slarunner"], ["--ssm-name=/prod/slarunner/"], []):
            with self.subTest(how):
                more = {} if how else {"SLARUNNER_SSMNAME": "slarunner"}
                finished = self.run_to_end(*how, environment=self.environment(aws, **more))
                self.assertEqual((0, "***\n"), (finished.code, finished.out_text),
                                 finished.err_text)
        self.assertEqual(3, len(self.events(aws)))
        self.assertEqual({"/prod/slarunner/"}, set(self.asked(aws)))

    def test_flags_beat_the_environment_which_beats_parameters_which_beat_defaults(self) -> None:
        aws = self.fake()
        self.parameters(aws, SLARUNNER_SERVICE="ssm", SLARUNNER_GROUPS="ssm", SLARUNNER_DELAY="3",
                        SLARUNNER_GRACE="4")
        shown = self.shown(aws, "--ssm-name", "slarunner", "--service=flag",
                           SLARUNNER_SERVICE="environment", SLARUNNER_GROUPS="environment")
        self.assertEqual(("flag", "--service"), shown["service"])
        self.assertEqual(("environment", "$SLARUNNER_GROUPS"), shown["groups"])
        self.assertEqual(("3", "SSM /prod/slarunner/SLARUNNER_DELAY"), shown["delay"])
        self.assertEqual(("3600", "default"), shown["timeout"])
        self.assertEqual(("slarunner", "--ssm-name"), shown["ssm-name"])

    def test_a_secure_value_is_printed_nowhere(self) -> None:
        aws = self.fake()
        self.parameters(aws, SLARUNNER_SERVICE=_SECRET, SLARUNNER_DELAY=_SECRET,
                        SLARUNNER_SNSTOPICARN=f"arn:{_SECRET}", SLARUNNER_ROLE=_SECRET,
                        SLARUNNER_S3BUCKETNAME=f"No {_SECRET}", OTHER=_SECRET)
        for arguments in (["--print-settings"], []):
            finished = self.run_to_end("--ssm-name=slarunner", *arguments,
                                       environment=self.environment(aws))
            self.assertEqual(78, finished.code)
            self.assertNotIn(_SECRET, finished.out_text + finished.err_text)
            self.assertIn("Delay ($SLARUNNER_DELAY): *** is no number of seconds",
                          finished.err_text)
        self.assertEqual(("***", "SSM /prod/slarunner/SLARUNNER_SERVICE"),
                         self.shown(aws, "--ssm-name=slarunner")["service"])

    def test_several_names_are_read_in_order_and_the_first_wins(self) -> None:
        aws = self.fake()
        self.parameters(aws, "/prod/one", SLARUNNER_SERVICE="one", SLARUNNER_DELAY="1")
        self.parameters(aws, "/two/deep", SLARUNNER_SERVICE="two", SLARUNNER_GRACE="2")
        for how in (["--ssm-name", "one", "--ssm-name", "/two"], ["--ssm-name", "one,/two/"]):
            shown = self.shown(aws, *how)
            self.assertEqual(("one", "1", "2"),
                             (shown["service"][0], shown["delay"][0], shown["grace"][0]))
        self.assertEqual(["/prod/one/", "/two/"] * 2, self.asked(aws))

    def test_all_pages_are_read_empty_ones_too(self) -> None:
        aws = self.fake()
        aws.empty_pages = True
        self.parameters(aws, **{f"V{number:02}": str(number) for number in range(35)},
                        SLARUNNER_SERVICE="shop")
        store = self.temporary_directory()
        finished = self.run_to_end("--ssm-name=slarunner", "--once", "--store", str(store), "--",
                                   "/bin/sh", "-c", "env | grep -c ^V[0-9]",
                                   environment=self.environment(aws))
        self.assertEqual((0, b"35\n"), (finished.code, finished.out), finished.err_text)
        self.assertEqual(5, len(self.asked(aws)))

    def test_what_only_parameters_may_bring_is_not_missing_before_they_are_read(self) -> None:
        aws = self.fake()
        self.parameters(aws, SLARUNNER_SERVICE="shop")
        finished = self.run_to_end("--ssm-name=slarunner", environment=self.environment(aws))
        self.assertEqual(78, finished.code)
        self.assertEqual(["Command ($SLARUNNER_COMMAND) is a required argument",
                          "Delay ($SLARUNNER_DELAY) is a required argument"],
                         finished.err_text.splitlines()[:2])
        self.assertEqual(4, len(finished.err_text.splitlines()), finished.err_text)
        self.assertTrue(finished.err_text.splitlines()[3].startswith("--store DIR "))

    def test_what_is_wrong_already_is_said_before_anything_is_asked(self) -> None:
        aws = self.fake()
        for arguments, code in ((["--grace=long"], 78), (["--nonsense"], 64),
                                (["--role=me"], 78), (["--help"], 0)):
            finished = self.run_to_end("--ssm-name=slarunner", *arguments,
                                       environment=self.environment(aws))
            self.assertEqual(code, finished.code, finished.err_text)
        self.assertEqual([], aws.requests())

    def test_a_relative_name_needs_aws_env_and_an_absolute_one_does_not(self) -> None:
        aws = self.fake()
        finished = self.run_to_end("--ssm-name=slarunner", environment=aws.environment())
        self.assertEqual(78, finished.code)
        [line] = finished.err_text.splitlines()
        self.assertTrue(line.startswith("SSM Name (--ssm-name): 'slarunner' is "), line)
        self.assertIn("AWS_ENV is not set", line)
        self.assertEqual([], aws.requests())
        self.run_to_end("--ssm-name=/prod/slarunner", environment=aws.environment())
        self.assertEqual(["/prod/slarunner/"], self.asked(aws))

    def test_a_name_that_is_none_is_refused(self) -> None:
        aws = self.fake()
        for name in ("a b\n", "a?b", "a$b", "ü"):
            finished = self.run_to_end(f"--ssm-name={name}", environment=self.environment(aws))
            self.assertEqual(78, finished.code)
            self.assertIn("SSM Name (--ssm-name): ", finished.err_text)
        bad_stage = self.run_to_end("--ssm-name=a",
                                    environment=aws.environment() | {"AWS_ENV": "a\nb"})
        self.assertEqual(78, bad_stage.code)
        self.assertEqual([], aws.requests())

    def test_parameters_that_cannot_be_read_are_one_line_and_nothing_is_run(self) -> None:
        aws = self.fake()
        self.parameters(aws, SLARUNNER_SERVICE="shop")
        for fault, words in ((faults.error("AccessDeniedException", 400, "not you"), "not you"),
                             (faults.internal_error(), "after 3 attempts"),
                             (faults.garbage(), "not JSON"),
                             (faults.reply(200, '{"Parameters":[{"Name":"/x","Valu":"'
                                           + _SECRET + '"}]}'), "no Value")):
            aws.clear_faults()
            aws.fail("ssm:*", fault, times=None)
            finished = self.run_to_end("--ssm-name=slarunner", "--once", "--store=/nowhere", "--",
                                       "/bin/echo", "ran", environment=self.environment(aws))
            self.assertEqual((75, b""), (finished.code, finished.out), finished.err_text)
            [line] = finished.err_text.splitlines()
            self.assertIn("ssm get parameters by path /prod/slarunner/: ", line)
            self.assertIn(words, line)
            self.assertNotIn(_SECRET, line)

    def test_pages_in_a_circle_end(self) -> None:
        aws = self.fake()
        aws.fail("ssm:*", faults.reply(200, '{"Parameters":[],"NextToken":"again"}'), times=None)
        finished = self.run_to_end("--ssm-name=slarunner", environment=self.environment(aws))
        self.assertEqual(75, finished.code)
        self.assertIn("leads back", finished.err_text)
        self.assertEqual(2, len(aws.requests("ssm:GetParametersByPath")))

    def test_a_stop_signal_ends_the_loading_at_once(self) -> None:
        aws = self.fake()
        aws.fail("ssm:*", faults.stall(), times=None)
        for number in (signal.SIGTERM, signal.SIGINT):
            seen = len(aws.requests())
            process = self.start("--ssm-name=slarunner", environment=self.environment(aws))
            aws.wait_for(lambda: len(aws.requests()) > seen)
            finished = process.stop(number)
            self.assertEqual(0, finished.code, finished.err_text)

    def test_a_stop_signal_ends_the_loading_also_while_a_credential_process_hangs(self) -> None:
        aws = self.fake()
        folder = self.temporary_directory()
        (folder / "config").write_text(
            f"[default]\ncredential_process = touch {folder}/asked; sleep 600\n")
        environment = self.environment(aws, AWS_CONFIG_FILE=str(folder / "config"))
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            environment.pop(name, None)
        process = self.start("--service=shop", f"--sns-topic-arn={self.topic(aws)}", "--once",
                             "--ssm-name=/hangs", "--", "/bin/echo", "ran",
                             environment=environment)
        wait_until((folder / "asked").exists, describe=process.describe)
        finished = process.stop(signal.SIGTERM)
        self.assertEqual((0, b""), (finished.code, finished.out), finished.err_text)
        self.assertIn("stopped while the parameters were loaded", finished.err_text)
        process.assert_nothing_left()

    def test_parameters_say_where_aws_is_too(self) -> None:
        aws = self.fake()
        environment = self.environment(aws)
        environment["AWS_ENDPOINT_URL_SSM"] = environment.pop("AWS_ENDPOINT_URL")
        self.parameters(aws, AWS_ENDPOINT_URL_SNS=aws.url, AWS_ENDPOINT_URL_STS=aws.url)
        finished = self.run_to_end("--ssm-name=slarunner", "--service=shop", "--once",
                                   "--sns-topic-name=results", "--", "/bin/true",
                                   environment=environment)
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual(1, len(self.events(aws)))


class RegionTest(SsmTest):
    """The region that the command finds, which boto3 reads from another variable."""

    _SHOW = ("/bin/sh", "-c", "echo ${AWS_REGION-none} ${AWS_DEFAULT_REGION-none}")

    def run_once(self, aws: FakeAws, *arguments: str, **regions: str) -> Finished:
        environment = {name: value for name, value in self.environment(aws).items()
                       if name not in ("AWS_REGION", "AWS_DEFAULT_REGION")}
        store = self.temporary_directory()
        return self.run_to_end("--service=shop", "--once", "--store", str(store), *arguments, "--",
                               *self._SHOW, environment=environment | regions)

    def test_one_variable_is_enough_for_both(self) -> None:
        aws = self.fake()
        self.parameters(aws, OTHER="x")
        for how in ([], ["--ssm-name=slarunner"]):
            for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
                finished = self.run_once(aws, *how, **{name: aws.region})
                self.assertEqual((0, f"{aws.region} {aws.region}\n"),
                                 (finished.code, finished.out_text), finished.err_text)
                self.assertNotIn("warning", finished.err_text)

    def test_after_loading_both_are_that_of_the_runner(self) -> None:
        aws = self.fake()
        self.parameters(aws, OTHER="x")
        finished = self.run_once(aws, "--ssm-name=slarunner", AWS_REGION=aws.region,
                                 AWS_DEFAULT_REGION="us-west-1")
        self.assertEqual(f"{aws.region} {aws.region}\n", finished.out_text)
        self.assertIn("warning: AWS_DEFAULT_REGION is 'us-west-1' and AWS_REGION is",
                      finished.err_text)

    def test_a_plain_run_leaves_two_that_differ_and_says_so(self) -> None:
        aws = self.fake()
        finished = self.run_once(aws, AWS_REGION=aws.region, AWS_DEFAULT_REGION="us-west-1")
        self.assertEqual(f"{aws.region} us-west-1\n", finished.out_text)
        self.assertIn("a command with boto3 works in another region", finished.err_text)


class StarterTest(SsmTest):
    """The program called ssm-starter."""

    def setUp(self) -> None:
        self.folder = self.temporary_directory()
        (self.folder / "ssm-starter").symlink_to(os.path.abspath(os.environ["SLA_RUNNER"]))

    def begin(self, aws: FakeAws, *arguments: str,
              environment: Mapping[str, str] | None = None) -> RunnerProcess:
        return self.start(*arguments, program=str(self.folder / "ssm-starter"),
                          environment=self.environment(aws) | dict(environment or {}))

    def run_starter(self, aws: FakeAws, *arguments: str, **more: str) -> Finished:
        return self.begin(aws, *arguments, environment=more).wait()

    def test_it_loads_the_parameters_and_becomes_the_command(self) -> None:
        aws = self.fake()
        self.parameters(aws, PLAIN="a b", HIDDEN=_SECRET)
        process = self.begin(aws, "--ssm-name", "slarunner", "--command", *_SHOW,
                             'echo "$PLAIN" "$HIDDEN" $$ "$0" "$@"', "zero", "--ssm-name", "x y")
        finished = process.wait()
        self.assertEqual((0, f"a b {_SECRET} {process.pid} zero --ssm-name x y\n"),
                         (finished.code, finished.out_text), finished.err_text)
        self.assertEqual("", finished.err_text)

    def test_the_exit_code_and_the_signals_are_the_command_s(self) -> None:
        aws = self.fake()
        name = ("--ssm-name", "slarunner", "--command")
        self.assertEqual(7, self.run_starter(aws, *name, *_SHOW, "exit 7").code)
        self.assertEqual(-signal.SIGKILL, self.run_starter(aws, *name, *_SHOW, "kill -9 $$").code)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP):
            process = self.begin(aws, *name, *_SHOW, "echo ready; exec sleep 60")
            process.wait_for_line("ready", stream="out")
            self.assertEqual(-number, process.stop(number).code)

    def test_the_command_starts_with_the_signal_mask_and_the_descriptors_from_before(self) -> None:
        aws = self.fake()
        ask = ("import os, signal; print(sorted(map(int, signal.pthread_sigmask(0, []))), "
               "sorted(map(int, os.listdir('/proc/self/fd')))[:-1])")
        plain = self.run_to_end("-c", ask, program=shutil.which("python3"))
        started = self.run_starter(aws, "--ssm-name=slarunner", "--command", "python3", "-c", ask)
        self.assertEqual(0, started.code, started.err_text)
        self.assertEqual(plain.out_text, started.out_text)

    def test_a_command_that_cannot_be_started_is_127_or_126(self) -> None:
        aws = self.fake()
        for words, code in ((["no-such-program"], 127), (["/nowhere/program"], 127),
                            (["/etc/passwd"], 126), (["/"], 126)):
            finished = self.run_starter(aws, "--ssm-name=slarunner", "--command", *words)
            self.assertEqual(code, finished.code, finished.err_text)
            self.assertIn(f"ssm-starter: {words[0]}: ", finished.err_text)

    def test_an_existing_variable_wins_unless_told_otherwise(self) -> None:
        aws = self.fake()
        self.parameters(aws, "/prod/one", A="one", B="one", C="one", E="one")
        self.parameters(aws, "/prod/two", B="two", C="two")
        names = ("--ssm-name", "one", "--ssm-name", "two")
        show = ("--command", *_SHOW, "echo $A $B $C $E")
        kept = self.run_starter(aws, *names, *show, A="own", E="")
        self.assertEqual((0, "own one one\n"), (kept.code, kept.out_text))
        for line in ("variable=A parameter=/prod/one/A", "variable=B parameter=/prod/two/B"):
            self.assertIn(line, kept.err_text)
        replaced = self.run_starter(aws, *names, "--overwrite-if-duplicates", *show, A="own")
        self.assertEqual((0, "one two two one\n"), (replaced.code, replaced.out_text))
        for names in (names, ("--ssm-name", "two")):
            given_up = self.run_starter(aws, *names, "--abort-if-duplicates", *show, C="own")
            self.assertEqual((1, b""), (given_up.code, given_up.out))
            self.assertRegex(given_up.err_text, "ssm-starter: the parameter /prod/(one|two)/[BC] "
                                                "is a duplicate")
        fine = self.run_starter(aws, "--ssm-name=two", "--abort-if-duplicates", *show)
        self.assertEqual((0, "two two\n"), (fine.code, fine.out_text))

    def test_the_command_finds_one_region_in_both_variables(self) -> None:
        aws = self.fake()
        self.parameters(aws, OTHER="x")
        show = ("--ssm-name=slarunner", "--command", *_SHOW, "echo $AWS_REGION $AWS_DEFAULT_REGION")
        both = f"{aws.region} {aws.region}\n"
        for more in ({"AWS_REGION": ""}, {"AWS_DEFAULT_REGION": ""}):
            finished = self.run_starter(aws, *show, **more)
            self.assertEqual((0, both), (finished.code, finished.out_text), finished.err_text)

    def test_no_value_is_printed(self) -> None:
        aws = self.fake()
        self.parameters(aws, A=_SECRET, B=_SECRET + "2")
        for flags in ([], ["--overwrite-if-duplicates"], ["--abort-if-duplicates"]):
            finished = self.run_starter(aws, "--ssm-name=slarunner", *flags, "--command",
                                        "/bin/true", A="x")
            self.assertNotIn(_SECRET, finished.out_text + finished.err_text)

    def test_usage_errors_are_64_and_ask_nobody(self) -> None:
        aws = self.fake()
        for arguments, words in (
                ([], "--ssm-name NAME is missing"), (["--ssm-name", "x"], "--command"),
                (["--ssm-name", "x", "--command"], "--command"),
                (["--ssm-name", "--command", "true"], "--ssm-name needs a value"),
                (["--ssm-name", "x y?", "--command", "true"], "'x y?'"),
                (["--command", "true", "--ssm-name", "x"], "--ssm-name NAME is missing"),
                (["--ssm-name=x", "--what", "--command", "true"], "'--what'"),
                (["--ssm-name=x", "--abort-if-duplicates", "--overwrite-if-duplicates",
                  "--command", "true"], "exclude each other")):
            with self.subTest(arguments):
                finished = self.run_starter(aws, *arguments)
                self.assertEqual((64, b""), (finished.code, finished.out))
                self.assertIn(words, finished.err_text)
        self.assertEqual([], aws.requests())

    def test_help_and_version_are_its_own(self) -> None:
        aws = self.fake()
        self.assertIn("usage: ssm-starter", self.run_starter(aws, "--help").out_text)
        self.assertEqual(0, self.run_starter(aws, "--version").code)

    def test_a_missing_stage_or_a_wrong_setting_is_78(self) -> None:
        aws = self.fake()
        name = ("--ssm-name=slarunner", "--command", "true")
        for more, words in (({"AWS_ENV": ""}, "AWS_ENV"), ({"AWS_REGION": "a/b"}, "AWS_REGION"),
                            ({"AWS_ENDPOINT_URL": "rubbish"}, "AWS_ENDPOINT_URL"),
                            ({"SLARUNNER_ROLE": "rubbish"}, "SLARUNNER_ROLE")):
            finished = self.run_starter(aws, *name, **more)
            self.assertEqual((78, b""), (finished.code, finished.out), finished.err_text)
            self.assertIn(words, finished.err_text)
        self.assertEqual([], aws.requests())

    def test_parameters_that_cannot_be_read_start_nothing(self) -> None:
        aws = self.fake()
        aws.fail("ssm:*", faults.error("AccessDeniedException", 400, "not you"), times=None)
        finished = self.run_starter(aws, "--ssm-name=slarunner", "--command", "/bin/echo", "ran")
        self.assertEqual((75, b""), (finished.code, finished.out))
        self.assertIn("not you", finished.err_text)

    def test_a_stop_signal_while_it_loads_starts_nothing(self) -> None:
        aws = self.fake()
        aws.fail("ssm:*", faults.stall(), times=None)
        process = self.begin(aws, "--ssm-name=slarunner", "--command", "/bin/echo", "ran")
        aws.wait_for(aws.requests)
        finished = process.stop(signal.SIGTERM)
        self.assertEqual((0, b""), (finished.code, finished.out))

    def test_the_role_of_the_settings_reads_the_parameters(self) -> None:
        aws = self.fake()
        role = aws.create_role("reader")
        self.parameters(aws, A="a")
        finished = self.run_starter(aws, "--ssm-name=slarunner", "--command", *_SHOW, "echo $A",
                                    SLARUNNER_ROLE=role)
        self.assertEqual((0, "a\n"), (finished.code, finished.out_text), finished.err_text)
        [entry] = aws.requests("ssm:GetParametersByPath")
        self.assertTrue(str(entry.access_key).startswith("ASIA"), entry)

    def test_a_runner_starts_where_only_the_binary_and_its_link_exist(self) -> None:
        aws = self.fake()
        self.parameters(aws, SLARUNNER_SERVICE="shop", SLARUNNER_ONCE="1",
                        SLARUNNER_COMMAND="/bin/echo hello",
                        SLARUNNER_SNSTOPICARN=self.topic(aws))
        for words in (["sla-runner"], ["sla-runner", "--event-format", "numbers"],
                      ["sla-runner --event-format numbers"]):
            finished = self.run_starter(aws, "--ssm-name", "slarunner", "--command", *words,
                                        PATH=str(self.folder))
            self.assertEqual((0, b"hello\n"), (finished.code, finished.out), finished.err_text)
        self.assertEqual([True, False, False],
                         [isinstance(event["timestamp"], str) for event in self.events(aws)])

    def test_a_runner_in_the_path_goes_before_the_binary_itself(self) -> None:
        aws = self.fake()
        other = self.folder / "sla-runner"
        other.write_text("#!/bin/sh\necho another\n")
        other.chmod(0o755)
        finished = self.run_starter(aws, "--ssm-name=x", "--command", "sla-runner",
                                    PATH=f"{self.folder}:/bin")
        self.assertEqual((0, b"another\n"), (finished.code, finished.out), finished.err_text)

    def test_a_command_text_in_one_word_is_read_as_a_shell_does(self) -> None:
        aws = self.fake()
        self.parameters(aws, A="a")
        finished = self.run_starter(aws, "--ssm-name=slarunner", "--command", "echo $A 'b c'")
        self.assertEqual((0, "a b c\n"), (finished.code, finished.out_text), finished.err_text)
        program = self.folder / "my program"
        program.write_text("#!/bin/sh\necho its own\n")
        program.chmod(0o755)
        finished = self.run_starter(aws, "--ssm-name=slarunner", "--command", str(program))
        self.assertEqual((0, b"its own\n"), (finished.code, finished.out), finished.err_text)


if __name__ == "__main__":
    unittest.main()
