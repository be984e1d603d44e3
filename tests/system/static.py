# SPDX-License-Identifier: MIT
"""The static program: in a root that holds nothing but itself and a test command, and its size."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import struct
import subprocess
import unittest
from pathlib import Path

import container
import foreign_roots
import static_build
from aws_case import BUCKET, AwsTest
from fake_aws import FakeAws
from name_server import NOBODY, NameServer
from runner_process import RunnerProcess, RunnerTest

MOST_BYTES = 3_600_000
MOST_MEMORY_KIB = 4352  # 3,316 of them are the program itself
NAME = "aws.test"
LOADED, DYNAMIC, INTERPRETER = 1, 2, 3

built: Path
program: Path


def setUpModule() -> None:
    global built, program
    built = static_build.build()
    program = static_build.program(built)
    os.environ["SLA_RUNNER"] = str(program)


def segments(elf: bytes) -> set[int]:
    """The types of the program headers of a 64-bit ELF file."""
    [start] = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    return {struct.unpack_from("<I", elf, start + i * size)[0] for i in range(count)}


class BuildTest(unittest.TestCase):
    """What the script makes."""

    def test_it_is_small_and_complete_in_itself(self) -> None:
        elf = program.read_bytes()
        self.assertLessEqual(len(elf), MOST_BYTES)
        self.assertIn(LOADED, segments(elf))
        self.assertFalse(segments(elf) & {DYNAMIC, INTERPRETER})
        self.assertFalse(str(built).encode() in elf, "it holds the name of its folder")

    def test_the_image_s_root_holds_the_program_and_its_links(self) -> None:
        files = {path.relative_to(built / "root").as_posix() for path in (built / "root").rglob("*")
                 if not path.is_dir()}
        links = {"iam-starter", "ssm-starter"}
        self.assertEqual({f"usr/local/bin/{name}" for name in links | {"sla-runner"}}, files)
        for link in links:
            self.assertEqual("sla-runner", os.readlink(program.with_name(link)))
        self.assertEqual(0o755, program.stat().st_mode & 0o777)

    def test_the_sums_are_those_of_the_files(self) -> None:
        sums = dict(reversed(line.split("  ")) for line in
                    (built / "SHA256SUMS").read_text().splitlines())
        self.assertEqual({"root/usr/local/bin/sla-runner", "sla-runner.spdx.json"}, set(sums))
        for name, digest in sums.items():
            self.assertEqual(hashlib.sha256((built / name).read_bytes()).hexdigest(), digest)

    def test_the_sbom_names_each_part_with_its_version(self) -> None:
        sbom = json.loads((built / "sla-runner.spdx.json").read_text())
        self.assertEqual("SPDX-2.3", sbom["spdxVersion"])
        packages = {package["name"]: package for package in sbom["packages"]}
        self.assertEqual({"sla-runner", "openssl", "curl", "simdjson", "glibc", "gcc-12"},
                         set(packages))
        version = subprocess.check_output([program, "--version"], text=True).split()
        self.assertIn(packages["sla-runner"]["versionInfo"], version)
        [checksum] = packages["sla-runner"]["checksums"]
        self.assertEqual(hashlib.sha256(program.read_bytes()).hexdigest(),
                         checksum["checksumValue"])
        upstream = packages["openssl"]["versionInfo"].split("-")[0].encode()
        self.assertEqual({upstream},
                         set(re.findall(rb"OpenSSL (\d[\w.]*)", program.read_bytes())))
        known = {package["SPDXID"] for package in sbom["packages"]} | {"SPDXRef-DOCUMENT"}
        linked = set()
        for relationship in sbom["relationships"]:
            self.assertIn(relationship["spdxElementId"], known)
            self.assertIn(relationship["relatedSpdxElement"], known)
            linked.add(relationship["relatedSpdxElement"])
        self.assertEqual(known - {"SPDXRef-DOCUMENT"}, linked)

    def test_the_dockerfile_has_no_recipe_but_this_script(self) -> None:
        text = (static_build.ROOT / "Dockerfile").read_text().replace("\\\n", " ")
        lines = [line.split(None, 1) for line in text.splitlines()
                 if line and not line.startswith("#")]
        starts = [i for i, line in enumerate(lines) if line[0] == "FROM"]
        self.assertEqual(["--platform=$BUILDPLATFORM debian:bookworm-slim AS build",
                          "build AS dev", "scratch AS runner"],
                         [lines[i][1] for i in starts])
        commands = [command.split()[0] for name, rest in lines[:starts[1]] if name == "RUN"
                    for command in re.split(r"&&|;|\|", rest)]
        self.assertEqual(["examples/build-static", "examples/build-static", "cp", "install"],
                         commands)
        last = [line for line in lines[starts[2] + 1:] if line[0] not in ("ARG", "LABEL")]
        self.assertEqual(["COPY", "USER", "STOPSIGNAL", "ENTRYPOINT"], [line[0] for line in last])
        self.assertEqual("--from=build /image/ /", last[0][1])

    def test_a_program_of_one_s_own_is_built_in_the_same_way(self) -> None:
        examples = static_build.ROOT / "examples"
        subprocess.run([static_build.SCRIPT, "--source", "minimal.cpp", "--source", "durable.cpp",
                        built.parent], cwd=examples, check=True, capture_output=True)
        minimal, durable = (built / "programs" / name for name in ("minimal", "durable"))
        for own in (minimal, durable):
            self.assertFalse(segments(own.read_bytes()) & {DYNAMIC, INTERPRETER})
        self.assertLess(minimal.stat().st_size, durable.stat().st_size)
        self.assertLess(durable.stat().st_size, program.stat().st_size)
        process = RunnerProcess(["/bin/true"], program=str(minimal))
        self.addCleanup(process.kill_all)
        event = json.loads(process.wait_for_line(r"\{.*\}", stream="out")[0])
        self.assertEqual((True, "minimal"), (event["succeeded"], event["service"]))

    def test_options_that_make_no_sense_are_refused_in_a_sentence(self) -> None:
        for arguments, words in ((["--arch", "vax"], "--arch is x86_64 or aarch64, not 'vax'"),
                                 (["--source", "none.cpp"], "--source is the file of a program"),
                                 (["--dependencies", "--source", str(static_build.SCRIPT)],
                                  "leave it or --source out"),
                                 (["--smaller"], "examples/build-static [--arch")):
            done = subprocess.run([static_build.SCRIPT, *arguments], capture_output=True,
                                  text=True, check=False)
            self.assertEqual(64, done.returncode)
            self.assertIn(words, done.stderr)


class StaticRootTest(container.EmptyRootTest):
    """All that holds for the program in an empty root holds for this one, which brings no library
    along; and it finds names, trusts whom it should and stops."""

    def test_there_is_no_library(self) -> None:
        self.assertEqual({"sla-runner", "test"},
                         {path.name for path in self.root.iterdir()} - {"ca.pem", "etc"})

    def write(self, name: str, text: str) -> None:
        path = self.root / "etc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.addCleanup(shutil.rmtree, self.root / "etc", ignore_errors=True)

    def start_by_name(self, aws: FakeAws, *arguments: str, ca: str = "AWS_CA_BUNDLE",
                      **more: str) -> RunnerProcess:
        environment = aws.environment() | {"AWS_ENDPOINT_URL": aws.url_at(NAME),
                                           "SLARUNNER_S3ADDRESSING": "virtual"}
        del environment["AWS_CA_BUNDLE"]
        if ca:
            shutil.copy(str(aws.ca_file), self.root / "ca.pem")
            environment[ca] = "/ca.pem"
        return self.start_empty(*self.sinks(aws), *arguments, "--", "/test", "write", "1000", "100",
                                **environment, **more)

    def assert_delivered(self, aws: FakeAws, process: RunnerProcess) -> None:
        finished = process.wait()
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual("pass", self.event(aws)["verdict"])
        [stored] = aws.objects(BUCKET).values()
        self.assertEqual((b"abcdefghijklmnopqrstuvwxyz" * 40)[:1000], stored.body)

    def test_a_name_is_found_in_the_hosts_file(self) -> None:
        self.write("hosts", f"127.0.0.1 {NAME} {BUCKET}.{NAME}\n")
        for ca in ("AWS_CA_BUNDLE", "SSL_CERT_FILE"):
            with self.subTest(ca):
                aws = self.fake(tls=True, names=[NAME])
                self.assert_delivered(aws, self.start_by_name(aws, "--once", ca=ca))

    def test_a_name_is_found_by_dns(self) -> None:
        server = NameServer()
        self.addCleanup(server.close)
        self.write("resolv.conf", f"nameserver {server.address}\n")
        aws = self.fake(tls=True, names=[NAME])
        self.assert_delivered(aws, self.start_by_name(aws, "--once"))
        self.assertEqual({NAME, f"{BUCKET}.{NAME}"}, set(server.asked))

    def test_a_resolv_conf_that_changes_while_it_runs_is_read_again(self) -> None:
        self.write("resolv.conf", f"nameserver {NOBODY}\n")
        aws = self.fake(tls=True, names=[NAME])
        process = self.start_by_name(aws, "--delay", "3600")
        process.wait_for_line("events are not delivered: .*could not resolve the name")
        with contextlib.closing(NameServer()) as server:
            self.write("resolv.conf", "search nowhere.test\noptions timeout:1 attempts:2\n"
                       f"nameserver {NOBODY}\nnameserver {server.address}\n")
            aws.wait_for(lambda: self.events(aws) and aws.objects(BUCKET))
        os.kill(container.inner(process), signal.SIGTERM)
        self.assertEqual(0, process.wait().code)

    def test_a_name_that_is_not_found_is_said(self) -> None:
        aws = self.fake(tls=True, names=[NAME])
        finished = self.start_by_name(aws, "--once", AWS_MAX_ATTEMPTS="1").wait()
        self.assertEqual(75, finished.code)
        self.assertIn("could not resolve the name", finished.err_text)

    def test_a_mounted_etc_ssl_is_trusted(self) -> None:
        for name in ("ssl/certs/ca-certificates.crt", "ssl/certs/{}.0"):
            with self.subTest(name):
                aws = self.fake(tls=True, names=[NAME])
                [digest] = subprocess.check_output(
                    ["openssl", "x509", "-hash", "-noout", "-in", str(aws.ca_file)],
                    text=True).split()
                shutil.rmtree(self.root / "etc", ignore_errors=True)
                self.write("hosts", f"127.0.0.1 {NAME} {BUCKET}.{NAME}\n")
                self.write(name.format(digest), Path(str(aws.ca_file)).read_text())
                self.assert_delivered(aws, self.start_by_name(aws, "--once", ca=""))

    def test_with_no_certificates_at_all_it_trusts_amazon_s_and_no_others(self) -> None:
        self.write("hosts", f"127.0.0.1 {NAME} {BUCKET}.{NAME}\n")
        (self.root / "etc/ssl/certs").mkdir(parents=True)  # as an image with openssl has it
        aws = self.fake(tls=True, names=[NAME])
        finished = self.start_by_name(aws, "--once", ca="").wait()
        self.assertEqual(75, finished.code)
        # OpenSSL's words for a chain that ends at nobody it knows, and not those for roots that
        # cannot be read.
        self.assertRegex(finished.err_text, "the certificate is not trusted: .*local issuer.*; "
                                            "trusted are those in the program, Amazon's")
        self.assertEqual([], aws.requests())

    def test_as_process_1_it_stops_when_told_and_has_delivered(self) -> None:
        self.write("hosts", f"127.0.0.1 {NAME} {BUCKET}.{NAME}\n")
        aws = self.fake(tls=True, names=[NAME])
        process = self.start_by_name(aws, "--delay", "3600")
        aws.wait_for(lambda: self.events(aws))
        first = container.inner(process)
        status = Path(f"/proc/{first}/status").read_text()
        self.assertRegex(status, r"(?m)^Uid:\t65534\t65534\t65534\t65534$")
        self.assertRegex(status, r"(?m)^NSpid:\t\d+\t1$")
        os.kill(first, signal.SIGTERM)
        self.assertEqual(0, process.wait().code)
        process.assert_nothing_left()


class ForeignRootTest(container.RootTest):
    """In roots of other systems it loads nothing of theirs: it finds names by the hosts file and by
    DNS, whatever modules for name services they have and name."""

    def place(self, release: str, folder: str) -> None:
        """Gives the root the libraries of a release."""
        libraries = self.root / folder
        shutil.copytree(foreign_roots.libraries(release), libraries)
        self.addCleanup(shutil.rmtree, self.root / folder.split("/", maxsplit=1)[0])
        self.write("ld.so.conf", f"/{folder}\n")
        subprocess.run(["ldconfig", "-r", self.root], check=True, capture_output=True)
        self.assertIn(b"libnss_resolve.so.2", (self.root / "etc/ld.so.cache").read_bytes())

    def write(self, name: str, text: str) -> None:
        path = self.root / "etc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.addCleanup(shutil.rmtree, self.root / "etc", ignore_errors=True)

    def start_traced(self, trace: Path, *arguments: str, **environment: str) -> RunnerProcess:
        enter = "exec chroot --userspec=65534:65534 \"$0\" /sla-runner \"$@\""
        return self.start("-f", "-o", str(trace), "-e", "trace=%file", "sh", "-c", enter,
                          str(self.root), *arguments, program="strace", environment=environment)

    def assert_loads_nothing(self, names: str | None, *, dns: bool) -> None:
        """A run is delivered by name, and no library is opened meanwhile."""
        aws = self.fake(tls=True, names=[NAME])
        shutil.copy(str(aws.ca_file), self.root / "ca.pem")
        self.write("hosts", "" if dns else f"127.0.0.1 {NAME} {BUCKET}.{NAME}\n")
        if names is not None:
            self.write("nsswitch.conf", f"passwd: files systemd\nhosts: {names}\n")
        trace = self.temporary_directory() / "trace"
        environment = aws.environment() | {"AWS_ENDPOINT_URL": aws.url_at(NAME),
                                           "AWS_CA_BUNDLE": "/ca.pem",
                                           "SLARUNNER_S3ADDRESSING": "virtual"}
        with contextlib.closing(NameServer()) as server:
            self.write("resolv.conf", f"nameserver {server.address}\n")
            finished = self.start_traced(trace, *self.sinks(aws), "--once", "--", "/test", "exit",
                                         **environment).wait()
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual((1, 1), (len(self.events(aws)), len(aws.objects(BUCKET))))
        self.assertEqual({NAME, f"{BUCKET}.{NAME}"} if dns else set(), set(server.asked))
        [_, own] = trace.read_text().split('execve("/sla-runner"', maxsplit=1)
        self.assertIn("/etc/resolv.conf" if dns else "/etc/hosts", own)
        self.assertNotIn(".so", own)

    def assert_foreign(self, release: str, folder: str, *names: str) -> None:
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        self.place(release, folder)
        for line in names:
            for dns in (False, True):
                with self.subTest(line, dns=dns):
                    self.assert_loads_nothing(line, dns=dns)

    def test_debian_12(self) -> None:
        self.assert_foreign("bookworm", f"usr/lib/{platform.machine()}-linux-gnu",
                            "files mdns4_minimal [NOTFOUND=return] dns",
                            "mymachines resolve [!UNAVAIL=return] files myhostname dns")

    def test_debian_13_whose_c_library_is_newer(self) -> None:
        self.assert_foreign("trixie", f"usr/lib/{platform.machine()}-linux-gnu",
                            "files mdns4_minimal [NOTFOUND=return] dns",
                            "files resolve [!UNAVAIL=return] dns", "myhostname")

    def test_fedora_and_red_hat(self) -> None:
        self.assert_foreign("trixie", "lib64", "files myhostname resolve [!UNAVAIL=return] dns")

    def test_alpine_with_another_c_library(self) -> None:
        self.write("alpine-release", "3.22.1\n")
        (self.root / "lib").mkdir()
        self.addCleanup(shutil.rmtree, self.root / "lib")
        (self.root / "lib" / f"ld-musl-{platform.machine()}.so.1").write_text("not for glibc")
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        for dns in (False, True):
            with self.subTest(dns=dns):
                self.assert_loads_nothing(None, dns=dns)


class MemoryTest(AwsTest):
    """What it needs while nothing happens."""

    def test_after_20_runs_it_has_never_needed_more_than_its_size_and_a_mib(self) -> None:
        aws = self.fake(tls=True)
        process = self.start_job(aws, "--delay", "0", "--", "/bin/true")
        aws.wait_for(lambda: len(self.events(aws)) >= 20)
        status = Path(f"/proc/{process.pid}/status").read_text()
        self.assertEqual(0, process.stop().code)
        peak = int(re.search(r"(?m)^VmHWM:\s*(\d+) kB", status)[1])
        print(f"VmHWM: {peak} KiB")
        self.assertLessEqual(peak, MOST_MEMORY_KIB)


class StarterTest(RunnerTest):
    """The other names of the program."""

    def test_by_its_link_it_is_ssm_starter(self) -> None:
        starter = str(program.with_name("ssm-starter"))
        finished = self.run_to_end("--command", "x", program=starter)
        self.assertEqual((64, "ssm-starter: --ssm-name NAME is missing\n"), (finished.code, finished.err_text))

    def test_by_its_link_it_is_iam_starter(self) -> None:
        starter = str(program.with_name("iam-starter"))
        finished = self.run_to_end("--command", program=starter)
        self.assertEqual((64, "iam-starter: --command needs a value: --command WORD...\n"),
                         (finished.code, finished.err_text))


if __name__ == "__main__":
    unittest.main()
