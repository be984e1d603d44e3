# SPDX-License-Identifier: MIT
"""The real image, built from the real Dockerfile, in real containers. tests/run --all, as root."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import tarfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import containers
import kubernetes
import static_build
import yaml
from aws_case import BUCKET, AwsTest
from fake_aws import FakeAws
from runner_process import RunnerProcess
from store_case import wait_until

DOCKERFILE = static_build.ROOT / "Dockerfile"
SERVICE = static_build.ROOT / "examples" / "service-image"
SBOM = "usr/share/doc/sla-runner/sla-runner.spdx.json"
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
    [base] = re.findall(r"(?m)^FROM --platform=\$BUILDPLATFORM (\S+:\S+) AS build$",
                        DOCKERFILE.read_text())
    here.import_base(base)
    if not static_build.why_not():
        static_build.build()  # first, so that not both compile the same
    # COMMIT, even an empty one, would compile the program once more.
    here.build(static_build.ROOT, DEV, "--target", "dev")
    here.build(static_build.ROOT, IMAGE, "--build-arg", "VERSION=1.2.3")


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
        self.assertEqual({"usr/local/bin/sla-runner", SBOM} | links, set(files) - {
            "etc/hosts", "etc/resolv.conf", "etc/hostname", "run/.containerenv"})  # mount points
        self.assertEqual({"sla-runner"}, {files[link].linkname for link in links})
        self.assertLessEqual(files["usr/local/bin/sla-runner"].size, 3_600_000)

    def test_it_starts_as_nobody_and_with_the_program(self) -> None:
        [image] = json.loads(here.podman("image", "inspect", IMAGE))
        self.assertEqual("65534:65534", image["Config"]["User"])
        self.assertEqual(["/usr/local/bin/sla-runner"], image["Config"]["Entrypoint"])
        self.assertEqual("SIGTERM", image["Config"]["StopSignal"])

    def test_its_labels_say_what_it_is(self) -> None:
        [image] = json.loads(here.podman("image", "inspect", IMAGE))
        labels = {name.rpartition(".")[2]: value for name, value in image["Labels"].items()
                  if name.startswith("org.opencontainers.image.")}
        self.assertEqual(("sla-runner", "MIT", "1.2.3"),
                         tuple(labels[name] for name in ("title", "licenses", "version")))
        self.assertIn("description", labels)

    def test_another_image_takes_the_sbom_out_of_it(self) -> None:
        folder = here.folder / "sbom"
        name = here.podman("create", "--network", "host", IMAGE, "--version").strip()
        self.addCleanup(folder.unlink, missing_ok=True)
        self.addCleanup(here.podman, "rm", name)
        here.podman("cp", f"{name}:/{SBOM}", str(folder))
        names = {package["name"] for package in json.loads(folder.read_text())["packages"]}
        self.assertLess({"sla-runner", "openssl", "curl"}, names)

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
                          "c++ --version && ls include/sla/sla.hpp examples/sla_runner.cpp && "
                          "bash --version && make --version && twine --version")
        self.assertIn("examples/sla_runner.cpp", out)
        self.assertIn("twine version", out)


class ContainerTest(AwsTest):
    """What runs in containers: read-only, as nobody, with no capability, 16 MiB of memory and 20
    processes."""

    count = 0

    def start_container(self, *arguments: str, image: str = IMAGE, options: tuple[str, ...] = (),
                        **environment: str) -> RunnerProcess:
        ContainerTest.count += 1
        self.name = f"sla-test-{os.getpid()}-{ContainerTest.count}"
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


class RunTest(ContainerTest):
    """The image, and those that it is put into."""

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

    def test_with_nothing_else_in_the_image_it_probes_over_tls(self) -> None:
        aws = self.fake(tls=True)
        process = self.start_delivering(
            aws, "--once", "--url", f"{aws.url_at('localhost')}/", "--expect-status", "200-599",
            options=("--env", "SSL_CERT_FILE=/ca.pem"))
        self.assertEqual(0, process.wait().code, process.describe())
        probe = self.event(aws)["probe"]
        assert isinstance(probe, dict)
        self.assertEqual("127.0.0.1", probe["ip"])
        self.assertGreater(probe["tlsMs"], 0)
        self.assertGreater(probe["certDays"], 0)

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

    def start_service(self, file: str) -> str:
        """Builds an image of examples/service-image on what its FROM names; runs it once."""
        folder = self.temporary_directory() / "service"
        shutil.copytree(SERVICE, folder)
        text = (folder / file).read_text()
        self.assertEqual(2, text.count("\nCOPY "))
        (folder / file).write_text(text.replace("--from=sla-runner ", f"--from={IMAGE} "))
        tag = "localhost/shop-test:test"
        here.build(folder, tag, "--file", str(folder / file))
        [image] = json.loads(here.podman("image", "inspect", tag))
        self.assertEqual("SIGTERM", image["Config"]["StopSignal"])
        aws = self.fake(tls=True)
        process = self.start_delivering(aws, "--once", image=tag)
        self.assertEqual(0, process.wait().code, process.describe())
        [(key, stored)] = aws.objects(BUCKET).items()
        self.assertRegex(key, r"^shop/\d+_SUCCESS$")
        return stored.body.decode()

    def test_the_debian_image_of_a_service_carries_it(self) -> None:
        self.assertEqual("the shop on debian is open\n", self.start_service("Dockerfile"))

    def test_the_alpine_image_of_a_service_carries_it(self) -> None:
        """Alpine itself is not at hand: what stands for it has busybox alone, which is what an
        image of Alpine has for a shell, and no C library."""
        root = self.temporary_directory() / "root"
        for name in ("bin", "etc", "tmp"):
            (root / name).mkdir(parents=True)
        (root / "etc/os-release").write_text("ID=alpine\n")
        shutil.copy("/bin/busybox", root / "bin")
        (root / "bin/sh").symlink_to("busybox")
        archive = here.folder / "alpine.tar"
        with tarfile.open(archive, "w") as packed:
            packed.add(root, ".")
        [name] = re.findall(r"(?m)^FROM (\S+)$", (SERVICE / "Dockerfile.alpine").read_text())
        here.podman("import", "--quiet", str(archive), f"docker.io/library/{name}")
        self.assertEqual("the shop on alpine is open\n", self.start_service("Dockerfile.alpine"))


class MovingTest(ContainerTest):
    """The lines of examples/README.md for who comes from the Python runner, as written there, with
    buildah and podman for docker."""

    def setUp(self) -> None:
        super().setUp()
        self.aws = self.fake(tls=True, region="us-east-1")
        self.aws.create_topic("sla-monitor-result-published-dev")
        self.aws.create_bucket("sla-monitoring-logs-dev")
        self.aws.create_role("sla-monitor-runner-role-dev")
        self.folder = self.temporary_directory()
        self.folder.chmod(0o755)
        machine = self.aws.environment(virtual_host=True)
        shutil.copy(machine["AWS_CA_BUNDLE"], self.folder / "ca.pem")
        (self.folder / "credentials").write_text("[dev]\n" + "".join(
            f"{name.lower()} = {machine.pop(name)}\n"
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")))
        machine |= {"AWS_ENDPOINT_URL": self.aws.url_at("localhost"),
                    "AWS_CA_BUNDLE": str(self.folder / "ca.pem"),
                    "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials")}
        inside = " ".join(f"--env {name}={value}" for name, value in machine.items()
                          if name in ("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE"))
        build, run = here.build_command(), here.start_command("--name", f"moving-{os.getpid()}")
        docker = self.folder / "docker"
        docker.write_text(
            '#!/bin/sh\nwhat=$1 && shift\ncase $what in\n'
            f'build) exec {shlex.join(build)} "$@" ;;\nesac\n'
            '[ "$2" != -it ] || { shift 2 && set -- --rm "$@"; }  # there is no terminal\n'
            f'exec {shlex.join(run)} --volume {self.folder}:{self.folder} {inside} "$@"\n')
        docker.chmod(0o755)
        (self.folder / "iam-starter").symlink_to(static_build.program(static_build.build()))
        self.machine = here.environment | machine | {
            "PATH": f"{self.folder}:{os.environ['PATH']}"}

    def lines(self) -> list[str]:
        """The commands, a line each."""
        [block] = [block for block in re.findall(
            r"(?ms)^```sh\n(.*?)^```", (static_build.ROOT / "examples/README.md").read_text())
            if "--target dev" in block]
        block = block.replace("role.env", str(self.folder / "role.env")).replace("\\\n", " ")
        return block.splitlines()

    def start_line(self, line: str) -> RunnerProcess:
        """Begins one of them in the project's folder."""
        return self.start("-c", f"cd {static_build.ROOT} && exec {line}", program="sh",
                          environment=self.machine)

    def test_they_build_get_a_role_run_open_a_shell_and_can_publish(self) -> None:
        lines = self.lines()
        self.assertEqual(7, len(lines), lines)
        for line in lines[:3]:
            self.assertEqual(0, (done := self.start_line(line).wait(900)).code, done.err_text)
        process = self.start_line(lines[3])
        self.aws.wait_for(lambda: self.events(self.aws, "sla-monitor-result-published-dev"))
        event = self.events(self.aws, "sla-monitor-result-published-dev")[0]
        self.assertEqual((True, "example-service", ["dev-team", "critical"]),
                         tuple(event[name] for name in ("succeeded", "service", "groups")))
        here.podman("stop", "--time", "20", f"moving-{os.getpid()}")
        self.assertEqual(0, process.wait().code, process.describe())
        [(key, stored)] = self.aws.objects("sla-monitoring-logs-dev").items()
        self.assertRegex(key, r"^example-service/\d+_SUCCESS$")
        self.assertEqual(b"the shop on debian is open\n", stored.body)
        for line in (lines[4], lines[5], lines[6].replace("--publish", "--help")):
            self.assertEqual(0, (done := self.start_line(line).wait(900)).code, done.err_text)
        self.assertIn("--publish", done.out_text)


class KubernetesTest(ContainerTest):
    """examples/kubernetes as podman plays it, with the address of what is tested and where results
    go replaced."""

    def setUp(self) -> None:
        super().setUp()
        self.aws = self.fake(tls=True)
        shop = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
        self.addCleanup(shop.server_close)
        self.addCleanup(shop.shutdown)
        threading.Thread(target=shop.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{shop.server_address[1]}"

    def play(self, document: dict[str, Any], pod: dict[str, Any]) -> Path:
        """Plays a document whose pod this is."""
        folder = self.temporary_directory()
        folder.chmod(0o755)
        environment = self.aws.environment(virtual_host=True)
        environment["AWS_ENDPOINT_URL"] = self.aws.url_at("localhost")
        shutil.copy(environment["AWS_CA_BUNDLE"], folder / "ca.pem")
        environment["AWS_CA_BUNDLE"] = "/ca/ca.pem"
        [container] = pod["containers"]
        changed = {"SLARUNNER_URL": f"http://{self.address}/", "SLARUNNER_TCP": self.address,
                   "SLARUNNER_SNSTOPICARN": self.topic(self.aws),
                   "SLARUNNER_S3BUCKETNAME": BUCKET}
        told = {one["name"]: one["value"] for one in container["env"]}
        told |= {name: value for name, value in changed.items() if name in told} | environment
        container["image"] = IMAGE
        container["env"] = [{"name": name, "value": value} for name, value in told.items()]
        container.setdefault("volumeMounts", []).append({"name": "ca", "mountPath": "/ca"})
        pod.setdefault("volumes", []).append({"name": "ca", "hostPath": {"path": str(folder)}})
        file = folder / "played.yaml"
        file.write_text(yaml.safe_dump(document))
        self.addCleanup(here.podman, "kube", "down", str(file))
        here.podman("kube", "play", "--network", "host", str(file))
        return file

    def test_the_deployment_runs_is_healthy_and_stops_when_told(self) -> None:
        document = kubernetes.manifests()["Deployment"]
        pod = document["spec"]["template"]["spec"]
        probe = pod["containers"][0]["livenessProbe"]["exec"]["command"]
        self.play(document, pod)
        self.aws.wait_for(lambda: self.events(self.aws))
        self.assertEqual(("shop", "pass"), tuple(self.events(self.aws)[0][name]
                                                 for name in ("service", "verdict")))
        [name] = [name for name in here.podman("ps", "--format", "{{.Names}}").split()
                  if name.startswith("check-shop") and name.endswith("-sla-runner")]
        here.podman("exec", name, *probe)  # podman's own healthcheck would ask a shell to
        here.podman("stop", "--time", "30", name)
        self.assertEqual("0", here.podman("wait", name).strip())

    def test_the_cron_jobs_pod_runs_once(self) -> None:
        pod = kubernetes.pods()["CronJob"]
        self.play({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "check-backup"},
                   "spec": pod}, pod)
        self.assertEqual("0", here.podman("wait", "check-backup-sla-runner").strip())
        self.assertEqual(("backup", "pass"), tuple(self.event(self.aws)[name]
                                                   for name in ("service", "verdict")))


class Shop(BaseHTTPRequestHandler):
    """What the checks of Kubernetes look at."""

    def do_GET(self) -> None:
        """It is open."""
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *_: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    unittest.main()
