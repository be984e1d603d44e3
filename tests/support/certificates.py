# SPDX-License-Identifier: MIT
"""Throw-away certificates for TLS on loopback, made with the `openssl` command line.

One authority per directory, and leaves for given names that are good, expired, self-signed or
made out to another name. Everything is valid for two days at most and lives in a temporary
directory that the caller removes.
"""

from __future__ import annotations

import ipaddress
import ssl
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DEFAULT_NAMES = ("localhost", "127.0.0.1", "s3.localhost", "*.s3.localhost")
KINDS = ("good", "expired", "self-signed", "wrong-name")

_CONFIGURATION = """
[ca]
default_ca = authority
[authority]
dir = {directory}
new_certs_dir = $dir
database = $dir/index.txt
serial = $dir/serial
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
default_days = 2
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = subject
prompt = no
[subject]
commonName = sla test
"""


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key, both PEM files."""

    certificate: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """A server's context that speaks TLS 1.2 or later and HTTP/1.1."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(self.certificate, self.key)
        return context


class Authority:
    """A certificate authority that lives in one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._count = 0
        self._configuration = directory / "openssl.cnf"
        self._configuration.write_text(_CONFIGURATION.format(directory=directory))
        (directory / "index.txt").touch()
        (directory / "serial").write_text("01\n")
        self.ca_file = directory / "ca.pem"
        self._openssl("req", "-x509", "-days", "2", *self._new_key(directory / "ca.key"),
                      "-subj", "/CN=sla test authority", "-out", str(self.ca_file),
                      "-addext", "basicConstraints=critical,CA:TRUE",
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                      "-addext", "subjectKeyIdentifier=hash")

    def leaf(self, names: Sequence[str] = DEFAULT_NAMES, kind: str = "good") -> Certificate:
        """A server certificate for `names`, in one of the KINDS."""
        if kind not in KINDS:
            raise ValueError(f"kind is one of {KINDS}, not {kind!r}")
        if kind == "wrong-name":
            names = ("elsewhere.invalid",)
        self._count += 1
        base = self._directory / f"leaf{self._count}"
        result = Certificate(base.with_suffix(".pem"), base.with_suffix(".key"))
        subject = [*self._new_key(result.key), "-subj", f"/CN=sla test {kind}",
                   "-addext", "subjectAltName=" + ",".join(map(_alternative_name, names)),
                   "-addext", "basicConstraints=critical,CA:FALSE",
                   "-addext", "extendedKeyUsage=serverAuth"]
        if kind == "self-signed":
            self._openssl("req", "-x509", "-days", "2", *subject, "-out", str(result.certificate))
            return result
        request = base.with_suffix(".csr")
        self._openssl("req", "-new", *subject, "-out", str(request))
        dates = ("-startdate", "20200101000000Z", "-enddate", "20200102000000Z")
        self._openssl("ca", "-batch", "-notext", "-config", str(self._configuration),
                      *(dates if kind == "expired" else ()),
                      "-in", str(request), "-out", str(result.certificate))
        return result

    def _new_key(self, path: Path) -> list[str]:
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", str(path), "-config", str(self._configuration)]

    def _openssl(self, *arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr}")


def _alternative_name(name: str) -> str:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return f"DNS:{name}"
    return f"IP:{name}"
