# SPDX-License-Identifier: MIT
"""The real image, built from the real Dockerfile, in real containers. tests/run --all, as root."""

from __future__ import annotations

import json
import os
import re
import shutil
import tarfile
import unittest
from pathlib import Path

import containers
import static_build
from aws_case import BUCKET, AwsTest
from fake_aws import FakeAws
from runner_process import RunnerProcess
from store_case import wait_until

DOCKERFILE = static_build.ROOT / "Dockerfile"
IMAGE, DEV = "localhost/sla-runner:test", "localhost/sla-runner-dev:test"
LOCKED_UP = ("--read-only", "--read-only-tmpfs=false", "--cap-drop", "all", "--memory", "16m",
             "--pids-limit", "20", "--security-opt", "no-new-privileges")

here: containers.Containers
base: str


def setUpModule() -> None:
    global here, base
    if reason := containers.why_not():
        raise unittest.SkipTest(reason)
    here = containers.Containers(Path(os.environ["SLA_IMAGE"]))
    [base] = re.findall(r"(?m)^FROM (\S+:\S+) AS dev$", DOCKERFILE.read_text())
    here.import_base(base)
    here.build(static_build.ROOT, DEV, "--target", "dev")
    here.build(static_build.ROOT, IMAGE)


class ContentTest(unittest.TestCase):
    """What is in it."""

    def test_it_holds_the_program_its_links_and_nothing_else(self) -> None:
        archive = here.folder / "root.tar"
        name = here.podman("create", "--network", "host", IMAGE, "--version").strip()
        self.addCleanup(archive.unlink, missing_ok=True)
        self.addCleanup(here.podman, "rm", name)
        here.podman("export", "--output", str(archive), name)
        with tarfile.open(archive) as root:
            files = {member.name.lstrip("./"): member for member in root if not member.isdir()}
        links = {"usr/local/bin/iam-starter", "usr/local/bin/ssm-starter"}
        self.assertEqual({"usr/local/bin/sla-runner"} | links, set(files) - {
            "etc/hosts", "etc/resolv.conf", "etc/hostname", "run/.containerenv"})  # mount points
        self.assertEqual({"sla-runner"}, {files[link].linkname for link in links})
        self.assertLessEqual(files["usr/local/bin/sla-runner"].size, 3_600_000)

    def test_it_starts_as_nobody_and_with_the_program(self) -> None:
        [image] = json.loads(here.podman("image", "inspect", IMAGE))
        self.assertEqual("65534:65534", image["Config"]["User"])
        self.assertEqual(["/usr/local/bin/sla-runner"], image["Config"]["Entrypoint"])

    def test_its_program_is_the_one_that_the_script_makes_here_of_the_same_parts(self) -> None:
        built = static_build.build()
        inside, outside = (
            {package["name"]: package for package in json.loads(text)["packages"]} for text in (
                here.podman("run", *containers.LIMITS, "--rm", DEV, "cat",
                            f"/static/{built.name}/sla-runner.spdx.json"),
                (built / "sla-runner.spdx.json").read_text()))
        ours = "sla-runner"
        self.assertEqual(set(outside), set(inside))
        self.assertEqual(outside[ours]["versionInfo"], inside[ours]["versionInfo"])
        differing = [name for name in set(inside) - {ours} if inside[name] != outside[name]]
        if differing:  # a machine may be behind the mirror; nothing can be told from this then
            print(f"the image has other versions of {', '.join(differing)}")
        else:
            self.assertEqual(outside[ours]["checksums"], inside[ours]["checksums"])

    def test_the_dev_image_has_a_shell_a_compiler_and_the_source(self) -> None:
        out = here.podman("run", *containers.LIMITS, "--rm", DEV, "sh", "-c",
                          "c++ --version && ls include/sla/sla.hpp examples/sla_runner.cpp")
        self.assertIn("examples/sla_runner.cpp", out)


class RunTest(AwsTest):
    """Read-only, as nobody, with no capability, 16 MiB of memory and 20 processes."""

    count = 0

    def start_container(self, *arguments: str, image: str = IMAGE, options: tuple[str, ...] = (),
                        **environment: str) -> RunnerProcess:
        RunTest.count += 1
        self.name = f"sla-test-{os.getpid()}-{RunTest.count}"
        variables = [word for name, value in environment.items()
                     for word in ("--env", f"{name}={value}")]
        command = here.start_command("--rm", "--name", self.name, *LOCKED_UP, *options, *variables,
                                     image, *arguments)
        return self.start(*command[1:], program=command[0], environment=here.environment)

    def start_delivering(self, aws: FakeAws, *arguments: str, image: str = IMAGE,
                         options: tuple[str, ...] = ()) -> RunnerProcess:
        environment = aws.environment(virtual_host=True)
        environment["AWS_ENDPOINT_URL"] = aws.url_at("localhost")
        folder = self.temporary_directory()
        folder.chmod(0o755)
        shutil.copy(environment["AWS_CA_BUNDLE"], folder / "ca.pem")
        environment["AWS_CA_BUNDLE"] = "/ca.pem"
        return self.start_container(
            *self.sinks(aws), *arguments, image=image,
            options=("--volume", f"{folder}/ca.pem:/ca.pem:ro", *options), **environment)

    def test_it_publishes_uploads_is_healthy_and_stops_when_told(self) -> None:
        aws = self.fake(tls=True)
        process = self.start_delivering(aws, "--delay", "3600", "--", "sla-runner", "--version")
        aws.wait_for(lambda: self.events(aws))
        self.assertEqual("pass", self.event(aws)["verdict"], process.describe())
        [stored] = aws.objects(BUCKET).values()
        self.assertTrue(stored.body.startswith(b"sla-runner "), stored.body)
        self.assertRegex(here.podman("exec", self.name, "sla-runner", "healthcheck"),
                         r"^process 1 is \w+")
        here.podman("stop", "--time", "20", self.name)
        self.assertEqual(0, process.wait().code, process.describe())

    def test_its_name_is_enough_as_the_entry_point_and_so_is_ssm_starter(self) -> None:
        finished = self.start_container("--version", options=("--entrypoint", "sla-runner")).wait()
        self.assertEqual(0, finished.code, finished.err_text)
        finished = self.start_container("--command", "x",
                                        options=("--entrypoint", "ssm-starter")).wait()
        self.assertEqual((64, "ssm-starter: --ssm-name NAME is missing\n"), (finished.code, finished.err_text))

    def test_two_lines_put_it_into_another_image_as_the_readme_says(self) -> None:
        lines = re.findall(r"(?m)^ *((?:COPY --from=|ENTRYPOINT).*)$",
                           (static_build.ROOT / "README.md").read_text())
        self.assertEqual(2, len(lines), lines)
        folder = self.temporary_directory()
        (folder / "Dockerfile").write_text("\n".join([
            f"FROM {base}", *lines]).replace("=sla-runner ", f"={IMAGE} ") + "\n")
        here.build(folder, "localhost/with-sla-runner:test")
        aws = self.fake(tls=True)
        process = self.start_delivering(
            aws, "--once", "--command", "echo $((6 * 7)) | grep 42",
            image="localhost/with-sla-runner:test")
        self.assertEqual(0, process.wait().code, process.describe())
        [stored] = aws.objects(BUCKET).values()
        self.assertEqual(b"42\n", stored.body)


if __name__ == "__main__":
    unittest.main()
