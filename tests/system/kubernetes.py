# SPDX-License-Identifier: MIT
"""examples/kubernetes: what its manifests say is what Kubernetes knows, and the runner takes it. The
part in containers is tested with the image."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path
from typing import Any

import yaml

from runner_process import RunnerTest

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "kubernetes"
# The API's published schemas as types, and what checks values against types: nothing may be missing,
# unknown or of another type.
_TOOLS = {"kubernetes-models": "4.5.1", "@kubernetes-models/apimachinery": "2.2.0",
          "@kubernetes-models/base": "5.0.1", "typescript": "5.4.5"}
# What is read of these 6,000 files: to install all of them takes longer than the check.
_READ = re.compile(r"package\.json|bin/tsc|lib/tsc\.js|.*\.d\.ts")
_MODULES = {"apps/v1": "apps/v1", "batch/v1": "batch/v1", "v1": "v1"}


def manifests() -> dict[str, dict[str, Any]]:
    """What there is, by its kind."""
    found = {}
    for file in yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]:
        one = yaml.safe_load((FOLDER / file).read_text())
        found[one["kind"]] = one
    return found


def pods() -> dict[str, dict[str, Any]]:
    """The specifications of pods, by the kind of what makes them."""
    found = manifests()
    return {"Deployment": found["Deployment"]["spec"]["template"]["spec"],
            "CronJob": found["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]}


# Each breaks the specification of a pod, and is told of in this word.
_FAULTS = ((lambda spec: spec.update(restartPolice="Never"), "restartPolice"),
           (lambda spec: spec["containers"][0].pop("name"), "name"),
           (lambda spec: spec.update(terminationGracePeriodSeconds="30"), "not assignable"))


def faulty() -> list[dict[str, Any]]:
    """A Deployment for each fault."""
    documents = []
    for change, _ in _FAULTS:
        documents.append(manifests()["Deployment"])
        change(documents[-1]["spec"]["template"]["spec"])
    return documents


class SchemaTest(unittest.TestCase):
    """What Kubernetes says of it. Skipped where npm or its registry is not there."""

    folder: Path
    complaints: str

    @classmethod
    def setUpClass(cls) -> None:
        if not shutil.which("npm"):
            raise unittest.SkipTest("npm is not installed")
        cls.folder = Path(tempfile.mkdtemp(prefix="sla-kubernetes-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        done = subprocess.run(
            ["npm", "pack", "--silent", "--pack-destination", str(cls.folder),
             *(f"{name}@{version}" for name, version in _TOOLS.items())],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise unittest.SkipTest(f"npm pack failed: {done.stderr.strip()[-300:]}")
        for name, version in _TOOLS.items():
            package = f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"
            with tarfile.open(cls.folder / package) as archive:
                for member in archive:
                    path = member.name.partition("/")[2]
                    if _READ.fullmatch(path) and (file := archive.extractfile(member)):
                        target = cls.folder / "node_modules" / name / path
                        target.parent.mkdir(parents=True, exist_ok=True)
                        target.write_bytes(file.read())
        cls.complaints = cls.check()

    @classmethod
    def check(cls) -> str:
        """What is wrong with the manifests as they are, and with those that have faults."""
        for name, documents in (("ours", list(manifests().values())), ("faulty", faulty())):
            lines = []
            for i, one in enumerate(documents):
                kind, module = one["kind"], _MODULES[one["apiVersion"]]
                lines.append(f'import type {{I{kind} as K{i}}} from "kubernetes-models/{module}";')
                lines.append(f"export const d{i}: K{i} = {json.dumps(one)};")
            (cls.folder / f"{name}.ts").write_text("\n".join(lines))
        done = subprocess.run(
            ["node", "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--skipLibCheck",
             "--module", "node16", "--moduleResolution", "node16", "ours.ts", "faulty.ts"],
            cwd=cls.folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        return done.stdout + done.stderr

    def test_every_manifest_is_what_the_schemas_say(self) -> None:
        told = [line for line in self.complaints.splitlines() if not line.startswith(" ")]
        self.assertEqual([], [line for line in told if not line.startswith("faulty.ts(")],
                         self.complaints)

    def test_the_check_finds_what_is_unknown_missing_or_of_another_type(self) -> None:
        for line, (_, told) in zip(range(2, 7, 2), _FAULTS):  # where its document stands
            self.assertRegex(self.complaints, rf"(?m)^faulty\.ts\({line},.*(\n .*)*{told}")


class ManifestTest(RunnerTest):
    """What it says."""

    def test_kustomize_makes_all_of_it_with_the_image_of_ones_own(self) -> None:
        if not shutil.which("kubectl"):
            self.skipTest("kubectl is not installed")
        made = subprocess.run(["kubectl", "kustomize", str(FOLDER)], capture_output=True, text=True,
                              check=True, stdin=subprocess.DEVNULL).stdout
        documents = list(yaml.safe_load_all(made))
        self.assertEqual(set(manifests()), {one["kind"] for one in documents})
        self.assertEqual(2, made.count("image: registry.example.com/sla-runner:"))

    def test_the_runner_takes_the_settings_and_keeps_its_promises_to_kubernetes(self) -> None:
        for kind, pod in pods().items():
            with self.subTest(kind):
                [container] = pod["containers"]
                environment = {one["name"]: one["value"] for one in container["env"]}
                finished = self.run_to_end("--print-settings", *container.get("args", []),
                                           environment=environment)
                self.assertEqual((0, ""), (finished.code, finished.err_text))
                stop = float(environment.get("SLARUNNER_STOPTIMEOUT", "25"))
                self.assertLess(stop, pod["terminationGracePeriodSeconds"])
                self.assertEqual(manifests()["ServiceAccount"]["metadata"]["name"],
                                 pod["serviceAccountName"])

    def test_no_container_has_a_right_that_it_does_not_need(self) -> None:
        for kind, pod in pods().items():
            with self.subTest(kind):
                self.assertTrue(pod["securityContext"]["runAsNonRoot"])
                self.assertFalse(pod["automountServiceAccountToken"])
                for container in pod["containers"]:
                    self.assertEqual(
                        {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                         "capabilities": {"drop": ["ALL"]}}, container["securityContext"])

    def test_a_run_is_counted_once(self) -> None:
        found = manifests()
        self.assertEqual((1, "Recreate"), (found["Deployment"]["spec"]["replicas"],
                                           found["Deployment"]["spec"]["strategy"]["type"]))
        job = found["CronJob"]["spec"]
        self.assertEqual(("Forbid", 0, "Never"), (
            job["concurrencyPolicy"], job["jobTemplate"]["spec"]["backoffLimit"],
            pods()["CronJob"]["restartPolicy"]))


if __name__ == "__main__":
    unittest.main()
