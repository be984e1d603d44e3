# SPDX-License-Identifier: MIT
"""TLS of the real program: whom it trusts, whom it refuses, and what it says then."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import unittest
from pathlib import Path

import certificates
from aws_case import BUCKET, AwsTest, Proxy
from fake_aws import FakeAws, faults
from runner_process import Finished


class TrustTest(AwsTest):
    """Which certificates are trusted."""

    def assert_refused(self, aws: FakeAws, finished: Finished, *words: str) -> None:
        """One line, once per service, and nothing was sent."""
        self.assertEqual(75, finished.code, finished.err_text)
        [line] = [line for line in finished.err_text.splitlines() if " error: " in line]
        for word in ("the certificate is not trusted", "AWS_CA_BUNDLE", *words):
            self.assertIn(word, line)
        self.assertNotIn("attempts", line)
        self.assertEqual([], aws.requests())
        self.assertGreaterEqual(aws.connections, 2)

    def test_the_authority_in_aws_ca_bundle_is_trusted(self) -> None:
        aws = self.fake(tls=True)
        self.assertEqual(0, self.run_once(aws).code)
        self.assertEqual((1, 1), (len(self.events(aws)), len(aws.objects(BUCKET))))

    def test_the_authority_in_ssl_cert_file_is_trusted(self) -> None:
        aws = self.fake(tls=True)
        environment = aws.environment()
        environment["SSL_CERT_FILE"] = environment.pop("AWS_CA_BUNDLE")
        finished = self.run_to_end(*self.sinks(aws), "--once", "--", "/bin/true",
                                   environment=environment)
        self.assertEqual(0, finished.code, finished.err_text)

    def test_aws_ca_bundle_goes_before_ssl_cert_file(self) -> None:
        aws, other = self.fake(tls=True), self.fake(tls=True)
        good, bad = str(aws.ca_file), str(other.ca_file)
        self.assertEqual(0, self.run_once(aws, environment={"SSL_CERT_FILE": bad}).code)
        self.assertEqual(75, self.run_once(aws, environment={"AWS_CA_BUNDLE": bad,
                                                             "SSL_CERT_FILE": good}).code)

    def test_an_unknown_authority_is_refused(self) -> None:
        aws, other = self.fake(tls=True), self.fake(tls=True)
        finished = self.run_once(aws, environment={"AWS_CA_BUNDLE": str(other.ca_file)})
        self.assert_refused(aws, finished, str(other.ca_file), aws.url)

    def test_without_a_file_only_the_system_s_authorities_are_trusted(self) -> None:
        aws = self.fake(tls=True)
        environment = aws.environment()
        del environment["AWS_CA_BUNDLE"]
        finished = self.run_to_end(*self.sinks(aws), "--once", "--", "/bin/true",
                                   environment=environment)
        self.assert_refused(aws, finished)

    def test_an_expired_a_self_signed_and_another_s_certificate_are_refused(self) -> None:
        for kind, words in (("expired", "expired"), ("self-signed", "self"),
                            ("wrong-name", "127.0.0.1")):
            with self.subTest(kind):
                aws = self.fake(tls=True, certificate=kind)
                self.assert_refused(aws, self.run_once(aws), words)
                self.assertEqual([], aws.bugs)

    def test_a_bucket_s_own_host_name_is_checked(self) -> None:
        folder = self.temporary_directory()
        aws = self.fake(tls=True, certificate="wrong-name")
        environment = aws.environment(virtual_host=True)
        finished = self.run_to_end(*self.sinks(aws), "--once", "--", "/bin/true",
                                   environment=environment, directory=folder)
        self.assert_refused(aws, finished, f"{BUCKET}.s3.localhost")

    def test_a_ca_file_that_is_missing_or_unreadable_is_a_wrong_setting(self) -> None:
        aws = self.fake(tls=True)
        for name in ("AWS_CA_BUNDLE", "SSL_CERT_FILE"):
            environment = aws.environment() | {name: "/nowhere/ca.pem"}
            if name != "AWS_CA_BUNDLE":
                del environment["AWS_CA_BUNDLE"]
            finished = self.run_to_end(*self.sinks(aws), "--once", "--", "/bin/true",
                                       environment=environment)
            self.assertEqual(78, finished.code, finished.err_text)
            self.assertEqual(f"{name}: /nowhere/ca.pem: No such file or directory\n",
                             finished.err_text)
        self.assertEqual(0, aws.connections)

    def test_a_ca_file_that_is_no_good_is_a_wrong_setting_that_says_what_is_wrong_in_it(self) -> None:
        aws, folder = self.fake(tls=True), self.temporary_directory()
        good = Path(str(aws.ca_file)).read_text()
        start = good.index("-----BEGIN CERTIFICATE-----") + 28
        broken = good[:start] + "A" + good[start + 1:]
        for name, text, words in (
                ("empty.pem", "", "there is no certificate in it (PEM)"),
                ("text.pem", "no certificate\n", "there is no certificate in it (PEM)"),
                ("broken.pem", good + broken, "certificate 2 in it does not parse"),
                ("cut.pem", good[:-40], "certificate 1 in it does not parse"),
                ("", "", "Is a directory")):
            if name:
                (folder / name).write_text(text)
            file = str(folder / name)
            for arguments in ([*self.sinks(aws), "--once", "--", "/bin/true"], ["identity"],
                              [*self.sinks(aws), "--ssm-name", "/x", "--once", "--", "/bin/true"]):
                finished = self.run_to_end(*arguments,
                                           environment=aws.environment() | {"AWS_CA_BUNDLE": file})
                self.assertEqual((78, f"AWS_CA_BUNDLE: {file.rstrip('/')}: {words}\n"),
                                 (finished.code, finished.err_text.replace("/: ", ": ")))
        self.assertEqual(0, aws.connections)

    def test_a_wrong_ca_file_stops_nothing_that_needs_none(self) -> None:
        aws, store = self.fake(), self.temporary_directory()
        wrong = {"AWS_CA_BUNDLE": "/nowhere/ca.pem", "SSL_CERT_DIR": "/nowhere"}
        self.assertEqual(0, self.run_once(aws, environment=wrong).code)
        self.assertEqual((1, 1), (len(self.events(aws)), len(aws.objects(BUCKET))))
        finished = self.run_to_end("--service", "x", "--store", str(store), "--once", "--",
                                   "/bin/true", environment=wrong)
        self.assertEqual(0, finished.code, finished.err_text)

    def test_the_variables_of_botocore_and_of_openssl_are_understood(self) -> None:
        aws, folder = self.fake(tls=True), self.temporary_directory()
        shutil.copy(str(aws.ca_file), folder / "ca.pem")
        subprocess.run(["openssl", "rehash", folder], check=True, capture_output=True)
        self.assertTrue(list(folder.glob("*.0")))
        for variables in ({"REQUESTS_CA_BUNDLE": str(folder / "ca.pem")},
                          {"SSL_CERT_DIR": f"/nowhere:{folder}"},
                          {"SSL_CERT_DIR": str(folder), "SSL_CERT_FILE": "/etc/ssl/cert.pem"}
                          if Path("/etc/ssl/cert.pem").exists() else {"SSL_CERT_DIR": str(folder)}):
            environment = aws.environment() | variables
            del environment["AWS_CA_BUNDLE"]
            finished = self.run_to_end(*self.sinks(aws), "--once", "--", "/bin/true",
                                       environment=environment)
            self.assertEqual(0, finished.code, finished.err_text)

    def test_a_proxy_may_speak_tls_and_is_trusted_by_the_same_file(self) -> None:
        aws = self.fake(tls=True)
        authority = certificates.Authority(self.temporary_directory())
        proxy = Proxy(aws.port, authority.leaf().server_context())
        self.addCleanup(proxy.close)
        both = self.temporary_directory() / "ca.pem"
        both.write_text(Path(str(aws.ca_file)).read_text() + authority.ca_file.read_text())
        variables = {"HTTPS_PROXY": proxy.url, "AWS_CA_BUNDLE": str(both)}
        finished = self.run_once(aws, environment=variables)
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual(2, len(proxy.asked))
        finished = self.run_once(aws, environment={"HTTPS_PROXY": proxy.url})
        self.assertEqual(75, finished.code, finished.err_text)
        self.assertIn("the certificate is not trusted", finished.err_text)

    def test_a_ca_file_that_is_replaced_is_read_again(self) -> None:
        old, new = self.fake(tls=True), self.fake(tls=True)
        bundle = Path(shutil.copy(str(old.ca_file), self.temporary_directory()))
        proxy = Proxy(old.port)
        self.addCleanup(proxy.close)
        process = self.start_job(new, "--delay", "0.05", "--", "/bin/true", environment={
            "AWS_CA_BUNDLE": str(bundle), "AWS_ENDPOINT_URL": "https://127.0.0.1:9",
            "https_proxy": proxy.url})
        old.wait_for(old.requests)  # which the other fake's keys do not open
        shutil.copy(str(new.ca_file), bundle)
        proxy.lead_to(new.port)
        new.wait_for(lambda: len(self.events(new)) >= 2)
        finished = process.stop()
        self.assertEqual(0, finished.code)
        self.assertNotIn("certificate", finished.err_text)

    def test_a_ca_file_that_goes_away_while_the_loop_runs_ends_nothing(self) -> None:
        aws, folder = self.fake(tls=True), self.temporary_directory()
        bundle = Path(shutil.copy(str(aws.ca_file), folder))
        process = self.start_job(aws, "--delay", "0.02", "--", "/bin/true",
                                 environment={"AWS_CA_BUNDLE": str(bundle)})
        aws.wait_for(lambda: self.events(aws))
        bundle.unlink()
        before = len(self.events(aws))
        aws.wait_for(lambda: len(self.events(aws)) >= before + 2)  # the connection is still there
        self.assertEqual(0, process.stop().code)


class ServerTest(AwsTest):
    """Servers that speak something else, and connections that break."""

    def listen(self, context: ssl.SSLContext | None) -> int:
        """A server that greets with this context, or in plain text, and hangs up."""
        listener = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    client.settimeout(5)
                    try:
                        if context is None:
                            client.recv(4096)
                            client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                        else:
                            context.wrap_socket(client, server_side=True).close()
                    except OSError:
                        pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.addCleanup(thread.join, 10)
        self.addCleanup(listener.close)
        self.addCleanup(listener.shutdown, socket.SHUT_RDWR)
        return int(listener.getsockname()[1])

    def run_at(self, port: int, ca_file: str) -> Finished:
        aws = self.fake()
        finished = self.run_once(aws, environment={
            "AWS_ENDPOINT_URL": f"https://127.0.0.1:{port}", "AWS_CA_BUNDLE": ca_file,
            "AWS_MAX_ATTEMPTS": "1"})
        self.assertEqual(75, finished.code, finished.err_text)
        self.assertIn(f"https://127.0.0.1:{port}: ", finished.err_text)
        return finished

    def test_a_server_without_tls_is_no_server(self) -> None:
        self.run_at(self.listen(None), str(self.fake(tls=True).ca_file))

    def test_an_old_version_of_tls_is_refused(self) -> None:
        authority = certificates.Authority(self.temporary_directory())
        context = authority.leaf().server_context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        self.run_at(self.listen(context), str(authority.ca_file))

    def test_a_reset_over_tls_is_retried(self) -> None:
        aws = self.fake(tls=True)
        aws.fail("sns:Publish", faults.reset(), faults.truncated(accepted=False))
        aws.fail("s3:PutObject", faults.reset(accepted=True))
        finished = self.run_once(aws)
        self.assertEqual(0, finished.code, finished.err_text + aws.show())
        self.assertEqual((1, 1), (len(self.events(aws)), aws.puts(BUCKET)))

    def test_a_handshake_without_an_answer_is_given_up(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.run_at(silent.getsockname()[1], str(self.fake(tls=True).ca_file))

    def test_the_same_process_delivers_when_the_certificate_is_good_again(self) -> None:
        bad, good = self.fake(tls=True, certificate="expired"), self.fake(tls=True)
        bundle = self.temporary_directory() / "ca.pem"
        bundle.write_text(Path(str(bad.ca_file)).read_text() + Path(str(good.ca_file)).read_text())
        proxy = Proxy(bad.port)
        self.addCleanup(proxy.close)
        process = self.start_job(good, "--delay", "0.05", "--", "/bin/true", environment={
            "AWS_CA_BUNDLE": str(bundle), "AWS_ENDPOINT_URL": "https://localhost:9",
            "https_proxy": proxy.url})
        process.wait_for_line("are not delivered: .*certificate is not trusted")
        proxy.port = good.port
        # Nothing mends a certificate but a person, so the next attempt may take its time.
        good.wait_for(lambda: len(self.events(good)) >= 2, 240)
        self.assertEqual(0, process.stop().code)
        self.assertEqual([], bad.requests())

    def test_a_proxy_is_passed_over_where_no_proxy_says_so(self) -> None:
        aws = self.fake(tls=True)
        proxy = Proxy(aws.port)
        self.addCleanup(proxy.close)
        for exempt, expected in (("127.0.0.1", 0), ("elsewhere.invalid", 2)):
            finished = self.run_once(aws, environment={"HTTPS_PROXY": proxy.url,
                                                       "NO_PROXY": exempt})
            self.assertEqual((0, expected), (finished.code, len(proxy.asked)), finished.err_text)
        self.assertEqual({f"CONNECT 127.0.0.1:{aws.port}"}, set(proxy.asked))


if __name__ == "__main__":
    unittest.main()
