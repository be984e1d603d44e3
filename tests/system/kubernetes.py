# SPDX-License-Identifier: MIT
"""examples/kubernetes: what its manifests say is what Kubernetes knows, and the runner takes it. The
part in containers is tested with the image."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

import yaml

from runner_process import RunnerTest

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "kubernetes"
# The API's published schemas as types, and what checks values against types: nothing may be missing,
# unknown or of another type.
_TOOLS = ("kubernetes-models@4.5.1", "typescript@5.4.5")
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


class SchemaTest(unittest.TestCase):
    """What Kubernetes says of it. Skipped where npm or its registry is not there."""

    folder: Path

    @classmethod
    def setUpClass(cls) -> None:
        if not shutil.which("npm"):
            raise unittest.SkipTest("npm is not installed")
        cls.folder = Path(tempfile.mkdtemp(prefix="sla-kubernetes-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        done = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix",
                               str(cls.folder), *_TOOLS], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise unittest.SkipTest(f"npm install failed: {done.stderr.strip()[-300:]}")

    def complaints(self, documents: list[dict[str, Any]]) -> str:
        """What is wrong with documents; empty where nothing is."""
        lines = []
        for i, one in enumerate(documents):
            module = _MODULES[one["apiVersion"]]
            lines.append(f'import type {{I{one["kind"]} as K{i}}} from "kubernetes-models/{module}";')
            lines.append(f"export const d{i}: K{i} = {json.dumps(one)};")
        (self.folder / "check.ts").write_text("\n".join(lines))
        done = subprocess.run(
            ["node", "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--skipLibCheck",
             "--module", "node16", "--moduleResolution", "node16", "check.ts"],
            cwd=self.folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode == 0, done.stdout == "", done.stderr)
        return done.stdout

    def test_every_manifest_is_what_the_schemas_say(self) -> None:
        self.assertEqual("", self.complaints(list(manifests().values())))

    def test_the_check_finds_what_is_unknown_missing_or_of_another_type(self) -> None:
        faults = ((lambda spec: spec.update(restartPolice="Never"), "restartPolice"),
                  (lambda spec: spec["containers"][0].pop("name"), "name"),
                  (lambda spec: spec.update(terminationGracePeriodSeconds="30"), "not assignable"))
        documents = []
        for change, _ in faults:
            documents.append(manifests()["Deployment"])
            change(documents[-1]["spec"]["template"]["spec"])
        complaints = self.complaints(documents)
        for line, (_, told) in zip(range(2, 7, 2), faults):  # where its document stands
            self.assertRegex(complaints, rf"(?m)^check\.ts\({line},.*(\n .*)*{told}")


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
