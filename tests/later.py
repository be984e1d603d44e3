# SPDX-License-Identifier: MIT
"""All unit tests compile in the C++ that comes after C++20 too, as users warn and optimise; what
measures compiles at all."""

import os
import shutil
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from simdjson_flags import FEWER

import unity

HERE = Path(__file__).resolve().parent
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-DDOCTEST_CONFIG_SUPER_FAST_ASSERTS"]


def rooms():
    """What tests/unity.py made of the files of each folder; room_threads.cpp holds some again."""
    return sorted(set(Path(os.environ["SLA_ROOMS"]).glob("room_*.cpp"))
                  - set(Path(os.environ["SLA_ROOMS"]).glob("room_threads.cpp")))


def joined(folder):
    """All rooms as one file, so that what they include is parsed once; but only one of those that
    replace a function of the C library."""
    alone = [room for room in rooms() if 'extern "C"' in room.read_text()][1:]
    others = Path(folder) / "others.cpp"
    others.write_text("".join(f'#include "{room}"\n' for room in rooms() if room not in alone))
    return [others, *alone]


def errors(compiler, standard, source):
    """What the compiler says of one; without code, since warnings that need it come with g++ -O3,
    by which tests/run builds all of it."""
    done = subprocess.run([compiler, f"-std={standard}", "-O3", "-fsyntax-only", *WARNINGS, *FEWER,
                           "-pthread", f"-I{HERE.parent / 'include'}", f"-I{HERE.parent}", source],
                          capture_output=True, text=True, check=False)
    return f"{compiler} {source.name}:\n{done.stderr}" if done.returncode else ""


class Later(unittest.TestCase):
    def check(self, compiler, standard):
        if not shutil.which(compiler):
            self.skipTest(f"{compiler} is not installed")
        self.assertTrue(rooms(), "there are no rooms")
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
            self.assertEqual("", "".join(pool.map(lambda source: errors(compiler, standard, source),
                                                  joined(folder))))

    def test_clang_takes_cxx23(self):
        self.check("clang++", "c++2b")

    def test_what_measures_compiles(self):
        if not shutil.which("clang++"):
            self.skipTest("clang++ is not installed")
        sources = sorted(HERE.glob("bench/*.cpp"))
        if not Path("/usr/include/benchmark/benchmark.h").exists():
            sources = [source for source in sources if "<benchmark/" not in source.read_text()]
        # What replaces an operator cannot do so in a namespace.
        alone = [source for source in sources if "operator new" in source.read_text()]
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
            others = Path(folder) / "others.cpp"
            unity.main(others, *(source for source in sources if source not in alone))
            self.assertEqual("", "".join(pool.map(lambda source: errors("clang++", "c++20", source),
                                                  [others, *alone])))
