# SPDX-License-Identifier: MIT
"""Programs that use sla as its users do: each is built in a folder of its own and run."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CXX = [os.environ.get("CXX", "c++"), "-std=c++20", "-Wall", "-Wextra", "-Werror"]


class Consumers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Installs sla into a folder, as a package would be."""
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.prefix = Path(folder.name) / "usr"
        build = Path(folder.name) / "build"
        for command in (["meson", "setup", build, ROOT, f"--prefix={cls.prefix}",
                         "-Dexamples=false"],
                        ["meson", "install", "-C", build, "--quiet"]):
            run = subprocess.run(command, capture_output=True, text=True)
            if run.returncode:
                raise RuntimeError(run.stdout + run.stderr)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        shutil.copy(HERE / "main.cpp", self.folder)
        self.cmake = ["cmake", "-G", "Ninja", "-B", "build", f"-DCMAKE_PREFIX_PATH={self.prefix}"]

    def run_here(self, *command, **environment):
        run = subprocess.run(command, cwd=self.folder, capture_output=True, text=True,
                             env=os.environ | environment)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return run.stdout

    def use_little(self):
        """Takes a program that compiles in half the time, where the way to the headers is the only
        new thing: those headers were compiled before under all of these warnings."""
        shutil.copy(HERE / "linked.cpp", self.folder / "main.cpp")

    def assert_works(self, program):
        self.assertEqual(self.run_here(self.folder / program), "pass\n")

    def test_pkg_config_finds_an_installed_sla(self):
        self.use_little()
        flags = self.run_here("pkg-config", "--cflags", "--libs", "sla",
                              PKG_CONFIG_PATH=str(self.prefix / "share/pkgconfig")).split()
        self.run_here(*CXX, "main.cpp", *flags, "-o", "consumer")
        self.assert_works("consumer")

    def test_cmake_finds_an_installed_sla(self):
        if not shutil.which("cmake"):
            self.skipTest("cmake is not installed")
        shutil.copy(HERE / "cmake/CMakeLists.txt", self.folder)
        self.run_here(*self.cmake)
        self.run_here("cmake", "--build", "build")
        self.assert_works("build/consumer")

    def test_cmake_refuses_another_series_of_versions(self):
        if not shutil.which("cmake"):
            self.skipTest("cmake is not installed")
        for wanted, fits in (("0.1", True), ("0.1.0", True), ("0.0", False), ("0.2", False)):
            with self.subTest(wanted):
                (self.folder / "CMakeLists.txt").write_text(
                    "cmake_minimum_required(VERSION 3.20)\nproject(consumer LANGUAGES CXX)\n"
                    f"find_package(sla {wanted} QUIET)\nmessage(\"found=${{sla_FOUND}}\")\n")
                run = subprocess.run(self.cmake, cwd=self.folder, capture_output=True, text=True)
                self.assertIn(f"found={int(fits)}\n", run.stderr)
                shutil.rmtree(self.folder / "build")

    def test_meson_takes_it_as_a_subproject(self):
        shutil.copy(HERE / "meson/meson.build", self.folder)
        (self.folder / "subprojects").mkdir()
        (self.folder / "subprojects/sla").symlink_to(ROOT)
        self.run_here("meson", "setup", "build", "-Ddebug=false")
        self.run_here("meson", "compile", "-C", "build")
        self.assert_works("build/consumer")

    def documented(self, language):
        """The one block of a language in examples/README.md."""
        [block] = re.findall(rf"(?ms)^```{language}\n(.*?)^```",
                             (ROOT / "examples/README.md").read_text())
        return block

    def test_cmake_fetches_it_as_the_readme_says(self):
        if not shutil.which("cmake"):
            self.skipTest("cmake is not installed")
        self.use_little()
        (self.folder / "main.cpp").rename(self.folder / "runner.cpp")
        (self.folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.24)\nproject(runner LANGUAGES CXX)\n"
            + self.documented("cmake"))
        self.run_here(*self.cmake, f"-DFETCHCONTENT_SOURCE_DIR_SLA={ROOT}")
        self.run_here("cmake", "--build", "build")
        self.assert_works("build/runner")

    def test_meson_fetches_it_by_a_wrap_file(self):
        self.use_little()
        shared = self.folder / "shared"
        for name in ("include", "meson.build", "meson_options.txt"):
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            shared.mkdir(exist_ok=True)
            copy(ROOT / name, shared / name)
        git = ["git", "-C", shared, "-c", "user.name=x", "-c", "user.email=x@example.com"]
        for command in (["init", "--quiet", "--initial-branch=main"], ["add", "."],
                        ["commit", "--quiet", "--message=x"], ["tag", "v0.1.0"]):
            self.run_here(*git, *command)
        shutil.copy(HERE / "meson/meson.build", self.folder)
        (self.folder / "subprojects").mkdir()
        (self.folder / "subprojects/sla.wrap").write_text(
            self.documented("ini").replace("https://example.com/sla.git", f"file://{shared}"))
        self.run_here("meson", "setup", "build")
        self.run_here("meson", "compile", "-C", "build")
        self.assert_works("build/consumer")

    def test_the_copied_single_header_is_enough(self):
        shutil.copy(ROOT / "single_include/sla.hpp", self.folder)
        self.run_here(*CXX, "main.cpp", "-lcurl", "-lcrypto", "-lsimdjson", "-o", "consumer")
        self.assert_works("consumer")

    def test_sinks_of_a_class_of_ones_own_compile_whatever_came_first(self):
        """g++ 12 broke off where a class has Options of a sink whose defaults nobody had needed."""
        (self.folder / "sinks.cpp").write_text(
            '#include "sla/executor/direct.hpp"\n#include "sla/publisher/console.hpp"\n'
            '#include "sla/runner.hpp"\n#include "sla/scheduler/fixed_delay.hpp"\n'
            '#include "tests/support/aws_sinks.hpp"\n'
            'int main(int, char** words) { (void)AwsSinks{words[1]}.events(); }\n')
        self.run_here(*CXX, "-fsyntax-only", f"-I{ROOT / 'include'}", f"-I{ROOT}", "sinks.cpp")

    def test_a_single_header_of_a_part_needs_no_library_that_the_part_does_not(self):
        with (self.folder / "sla.hpp").open("w") as header:
            subprocess.run([sys.executable, ROOT / "single_include/amalgamate.py", "--only",
                            "runner.hpp", "scheduler/once.hpp", "executor/shell.hpp"],
                           check=True, stdout=header)
        text = (self.folder / "main.cpp").read_text()
        (self.folder / "main.cpp").write_text(re.sub(r".*sla::aws::.*\n", "", text))
        self.run_here(*CXX, "main.cpp", "-o", "consumer")
        self.assert_works("consumer")
        self.assertNotRegex((self.folder / "sla.hpp").read_text(), "<(curl|openssl|simdjson)")

    def test_the_tree_and_the_single_header_together_are_refused_in_one_sentence(self):
        with (self.folder / "sla.hpp").open("w") as header:
            subprocess.run([sys.executable, ROOT / "single_include/amalgamate.py", "--only",
                            "core/text.hpp"], check=True, stdout=header)
        for first, second in (("sla.hpp", "sla/sla.hpp"), ("sla.hpp", "sla/core/text.hpp"),
                              ("sla/core/text.hpp", "sla.hpp"), ("sla/runner.hpp", "sla.hpp")):
            with self.subTest(f"{first} before {second}"):
                (self.folder / "both.cpp").write_text(
                    f'#include "{first}"\n#include "{second}"\n')
                run = subprocess.run([*CXX, "-fsyntax-only", "-fmax-errors=1",
                                      f"-I{ROOT / 'include'}", "both.cpp"],
                                     cwd=self.folder, capture_output=True, text=True)
                errors = [line for line in run.stderr.splitlines() if "error:" in line]
                self.assertIn("sla is included twice: as the headers under sla/ and as the single "
                              "header; keep one of them", (errors or ["compiled"])[0])
