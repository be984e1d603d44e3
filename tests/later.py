# SPDX-License-Identifier: MIT
"""All unit tests compile in the C++ that comes after C++20 too, as users warn and optimise; what
measures compiles at all."""

import os
import shutil
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-DDOCTEST_CONFIG_SUPER_FAST_ASSERTS"]


def rooms():
    """What tests/unity.py made of the files of each folder; room_threads.cpp holds some again."""
    return sorted(set(Path(os.environ["SLA_ROOMS"]).glob("room_*.cpp"))
                  - set(Path(os.environ["SLA_ROOMS"]).glob("room_threads.cpp")))


def errors(compiler, standard, room):
    """What the compiler says of one; without code, since warnings that need it come with g++ -O3,
    by which tests/run builds all of it."""
    done = subprocess.run([compiler, f"-std={standard}", "-O3", "-fsyntax-only", *WARNINGS, "-pthread",
                           f"-I{HERE.parent / 'include'}", f"-I{HERE.parent}", room],
                          capture_output=True, text=True, check=False)
    return f"{compiler} {room.name}:\n{done.stderr}" if done.returncode else ""


class Later(unittest.TestCase):
    def check(self, compiler, standard):
        if not shutil.which(compiler):
            self.skipTest(f"{compiler} is not installed")
        self.assertTrue(rooms(), "there are no rooms")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            self.assertEqual("", "".join(pool.map(lambda room: errors(compiler, standard, room),
                                                  rooms())))

    def test_clang_takes_cxx23(self):
        self.check("clang++", "c++2b")

    def test_what_measures_compiles(self):
        if not shutil.which("clang++"):
            self.skipTest("clang++ is not installed")
        sources = sorted(HERE.glob("bench/*.cpp"))
        if not Path("/usr/include/benchmark/benchmark.h").exists():
            sources = [source for source in sources if "<benchmark/" not in source.read_text()]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            self.assertEqual("", "".join(pool.map(lambda source: errors("clang++", "c++20", source),
                                                  sources)))
