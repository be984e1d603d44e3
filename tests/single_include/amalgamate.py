# SPDX-License-Identifier: MIT
"""single_include/amalgamate.py on small trees: one case for each rule."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "single_include" / "amalgamate.py"

OPENING = "// SPDX-License-Identifier: MIT\n#pragma once\n"
VERSION = OPENING + """\
#ifdef SLA_VERSION_MAJOR
#error "twice"
#endif
#define SLA_VERSION_MAJOR 4
#define SLA_VERSION_MINOR 5
#define SLA_VERSION_PATCH 6
"""


def header(*includes, text=""):
    """A header that includes these and holds this text."""
    lines = [f"#include {name}\n" if name[0] in "<\"" else f'#include "sla/{name}"\n'
             for name in includes or ["version.hpp"]]
    return OPENING + "".join(lines) + text


class Amalgamate(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("include/sla/version.hpp", VERSION)
        (self.root / "single_include").mkdir()
        shutil.copy(SCRIPT, self.root / "single_include")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def tree(self, headers, umbrella=None, listed=None):
        """Writes headers, a sla.hpp that includes them in this order, and a fitting list."""
        for name, text in headers.items():
            self.write(f"include/sla/{name}", text)
        self.write("include/sla/sla.hpp", umbrella or header(
            "version.hpp", *(name for name in headers if not name.startswith("app/"))))
        names = listed or ["sla.hpp", "version.hpp", *headers]
        self.write("meson.build", "headers = [" + ", ".join(f"'{n}'" for n in names) + "]\n")

    def run_script(self, *arguments):
        script = self.root / "single_include" / "amalgamate.py"
        return subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True)

    def single(self):
        return (self.root / "single_include" / "sla.hpp").read_text()

    def assert_accepted(self):
        run = self.run_script()
        self.assertEqual((run.returncode, run.stderr), (0, ""), run.stdout)

    def assert_refused(self, *sentences):
        """Exactly one complaint, with each of these sentences in it; nothing is written."""
        run = self.run_script()
        self.assertEqual((run.returncode, run.stderr), (1, ""))
        for sentence in sentences:
            self.assertIn(sentence, run.stdout)
        self.assertIn("\n\n1 complaint;", run.stdout)
        self.assertFalse((self.root / "single_include" / "sla.hpp").exists())


class Directions(Amalgamate):
    def test_every_room_may_include_all_that_is_below(self):
        self.tree({
            "core/text.hpp": header(),
            "aws/service/sns.hpp": header("core/text.hpp"),
            "spool.hpp": header("core/text.hpp"),
            "scheduler.hpp": header("core/text.hpp"),
            "publisher.hpp": header("spool.hpp"),
            "publisher/sns.hpp": header("publisher.hpp", "aws/service/sns.hpp"),
            "runner.hpp": header("scheduler.hpp", "publisher.hpp"),
            "app/commands.hpp": header("runner.hpp", "publisher/sns.hpp"),
        })
        self.assert_accepted()

    def test_an_upward_include_is_refused(self):
        self.tree({"core/text.hpp": header("aws/service/sns.hpp"), "aws/service/sns.hpp": header()})
        self.assert_refused("include/sla/core/text.hpp:3: an upward include: core is below aws")

    def test_a_spool_does_not_know_its_publisher(self):
        self.tree({"spool/disk.hpp": header("publisher.hpp"), "publisher.hpp": header()})
        self.assert_refused("spool/disk.hpp:3: an upward include: spool is below publisher")

    def test_the_wings_of_aws_include_what_is_below(self):
        self.tree({"aws/http/url.hpp": header(), "aws/sign/sigv4.hpp": header("aws/http/url.hpp")})
        self.assert_accepted()

    def test_an_upward_include_between_wings_is_refused(self):
        self.tree({"aws/http/url.hpp": header("aws/service/sns.hpp"),
                   "aws/service/sns.hpp": header()})
        self.assert_refused("aws/http/url.hpp:3: an upward include: aws/http/url.hpp is below "
                            "aws/service/sns.hpp")

    def test_a_header_of_aws_in_no_wing_is_refused(self):
        self.tree({"aws/sns.hpp": header()})
        self.assert_refused("aws/sns.hpp:1: aws/ is divided into wings")

    def test_nothing_includes_the_umbrella(self):
        self.tree({"core/text.hpp": header()})
        self.write("include/sla/app/commands.hpp", header("sla.hpp"))
        self.write("meson.build", "'sla.hpp' 'version.hpp' 'core/text.hpp' 'app/commands.hpp'")
        run = self.run_script()
        self.assertIn("include/sla/app/commands.hpp:3: an upward include: app is below sla", run.stdout)

    def test_the_contracts_do_not_know_each_other(self):
        self.tree({"executor.hpp": header(), "publisher/sns.hpp": header("executor.hpp")})
        self.assert_refused("publisher/sns.hpp:3: publisher includes executor")

    def test_a_contract_does_not_know_its_models(self):
        self.tree({"publisher.hpp": header("publisher/sns.hpp"), "publisher/sns.hpp": header()})
        self.assert_refused("publisher.hpp:3: publisher.hpp knows contracts only")

    def test_the_runner_does_not_know_a_model(self):
        self.tree({"publisher/sns.hpp": header(), "runner.hpp": header("publisher/sns.hpp")})
        self.assert_refused("runner.hpp:3: runner.hpp knows contracts only")

    def test_a_circle_is_refused(self):
        self.tree({"core/a.hpp": header("core/b.hpp"), "core/b.hpp": header("core/a.hpp")})
        self.assert_refused("include/sla/core/b.hpp:3", "core/a.hpp -> core/b.hpp -> core/a.hpp")

    def test_two_folders_that_need_each_other_are_refused(self):
        self.tree({
            "publisher.hpp": header(),
            "publisher/file/a.hpp": header("publisher.hpp"),
            "publisher/b.hpp": header("publisher/file/a.hpp"),
        })
        self.assert_refused(
            "publisher/b.hpp:3: publisher/ and publisher/file/ need each other: publisher/b.hpp "
            "includes publisher/file/a.hpp, and publisher/file/a.hpp includes publisher.hpp")

    def test_three_folders_that_need_each_other_are_refused(self):
        self.tree({
            "publisher/a/x.hpp": header("publisher/b/x.hpp"),
            "publisher/b/x.hpp": header("publisher/c/x.hpp"),
            "publisher/c/x.hpp": header("publisher/a/y.hpp"),
            "publisher/a/y.hpp": header(),
        })
        self.assert_refused(
            "publisher/a/x.hpp:3: publisher/a/ and publisher/b/ and publisher/c/ need each other: "
            "publisher/a/x.hpp includes publisher/b/x.hpp, and publisher/b/x.hpp includes "
            "publisher/c/x.hpp, and publisher/c/x.hpp includes publisher/a/y.hpp")

    def test_the_folders_of_the_program_share_what_is_beside_them(self):
        self.tree({
            "app/quoted.hpp": header(),
            "app/report/text.hpp": header("app/quoted.hpp"),
            "app/commands.hpp": header("app/report/text.hpp"),
        })
        self.assert_accepted()

    def test_a_header_in_no_room_is_refused(self):
        self.tree({"util/text.hpp": header()})
        self.assert_refused("util/text.hpp:1: there is no room 'util'")

    def test_an_orphan_is_refused(self):
        self.tree({"core/text.hpp": header()}, umbrella=header("version.hpp"))
        self.assert_refused('core/text.hpp:1: an orphan', '#include "sla/core/text.hpp"')

    def test_a_header_that_cannot_notice_the_single_header_is_refused(self):
        self.tree({"core/text.hpp": header("<string>")})
        self.assert_refused('core/text.hpp:1: ', 'add #include "sla/version.hpp"')

    def test_code_in_the_umbrella_is_refused(self):
        self.tree({"core/text.hpp": header()},
                  umbrella=header("core/text.hpp", text="// A map.\nint x;\n"))
        self.assert_refused("sla.hpp:1: sla.hpp holds includes and its comment")

    def test_the_shipped_program_is_not_in_the_single_header(self):
        self.tree({"core/text.hpp": header(text="int text;\n"),
                   "app/commands.hpp": header("core/text.hpp", text="int commands;\n")})
        self.assert_accepted()
        self.assertIn("int text;", self.single())
        self.assertNotIn("int commands;", self.single())
        self.assertIn("int commands;", self.run_script("--only", "app/commands.hpp").stdout)

    def test_a_program_in_the_umbrella_is_refused(self):
        self.tree({"app/commands.hpp": header()},
                  umbrella=header("version.hpp", "app/commands.hpp"))
        self.assert_refused("sla.hpp:4: app/commands.hpp belongs to the shipped program")

    def test_a_part_of_the_program_that_nothing_reaches_is_refused(self):
        self.tree({"app/commands.hpp": header(), "app/help.hpp": header()})
        self.assert_refused("app/help.hpp:1: an orphan: app/commands.hpp does not reach it")

    def test_the_list_of_public_headers_names_what_is_there(self):
        self.tree({"core/text.hpp": header()}, umbrella=header(
            "version.hpp", "core/text.hpp", text="//   core/text.hpp   texts\n"))
        self.assert_accepted()
        self.tree({"core/text.hpp": header()}, umbrella=header(
            "version.hpp", "core/text.hpp", text="//   core/word.hpp   words\n"))
        run = self.run_script()
        self.assertIn("the list of public headers names core/word.hpp, which is not", run.stdout)

    def test_a_list_of_public_headers_that_nobody_takes_in_is_refused(self):
        names = [f"core/a{number}.hpp" for number in range(46)]
        self.tree({name: header() for name in names}, umbrella=header(
            "version.hpp", *names, text="".join(f"//   {name}   one\n" for name in names)))
        self.assert_refused("sla.hpp:1: the list of public headers names 46")

    def test_an_umbrella_that_is_not_bottom_up_is_refused(self):
        self.tree({"aws/service/sns.hpp": header(), "core/text.hpp": header()})
        self.assert_refused("sla.hpp:5: core/text.hpp stands after aws/service/sns.hpp")

    def test_a_tree_without_its_umbrella_is_refused(self):
        self.write("meson.build", "'version.hpp'")
        self.assert_refused("include/sla/sla.hpp and include/sla/version.hpp must be there")


class Includes(Amalgamate):
    def test_each_third_party_header_has_its_owner(self):
        self.tree({"aws/http/curl.hpp": header("version.hpp", "<curl/curl.h>"),
                   "aws/wire/reply.hpp": header("version.hpp", "<simdjson.h>"),
                   "aws/sign/digest.hpp": header("version.hpp", "<openssl/evp.h>")})
        self.assert_accepted()

    def test_a_third_party_include_outside_its_owner_is_refused(self):
        for name, owner in {"curl/curl.h": "http/curl", "openssl/evp.h": "sign/digest",
                            "simdjson.h": "wire/reply"}.items():
            with self.subTest(name):
                self.tree({"aws/service/sns.hpp": header("version.hpp", f"<{name}>")})
                self.assert_refused(f"aws/service/sns.hpp:4: <{name}> belongs to aws/{owner}.hpp")

    def test_a_banned_standard_header_is_refused(self):
        for name in ("regex", "iostream", "filesystem", "ranges", "functional", "format",
                     "expected", "source_location"):
            with self.subTest(name):
                self.tree({"core/text.hpp": header("version.hpp", f"<{name}>")})
                self.assert_refused(f"core/text.hpp:4: <{name}> is too costly")

    def test_other_libraries_are_refused(self):
        self.tree({"core/text.hpp": header("version.hpp", "<boost/asio.hpp>")})
        self.assert_refused("core/text.hpp:4: <boost/asio.hpp> is neither")

    def test_the_standard_library_and_the_system_are_accepted(self):
        self.tree({"core/text.hpp": header("version.hpp", "<sys/wait.h>", "<poll.h>", "<string>")})
        self.assert_accepted()

    def test_a_relative_include_is_refused(self):
        self.tree({"core/a.hpp": header(), "core/b.hpp": header("version.hpp", '"a.hpp"')})
        self.assert_refused('core/b.hpp:4: "a.hpp": ours are included from the root')

    def test_ours_between_angle_brackets_is_refused(self):
        self.tree({"core/a.hpp": header(), "core/b.hpp": header("version.hpp", "<sla/core/a.hpp>")})
        self.assert_refused('core/b.hpp:4: <sla/core/a.hpp>: ours are included with quotes')

    def test_an_include_of_a_missing_header_is_refused(self):
        self.tree({"core/b.hpp": header("version.hpp", "core/gone.hpp")})
        self.assert_refused('core/b.hpp:4: "sla/core/gone.hpp" is not in include/')


class Text(Amalgamate):
    def test_a_conditional_or_a_macro_is_refused(self):
        for line in ("#define X 1", "#if __linux__", "  #  ifdef X", "#undef X", "#pragma weak f"):
            with self.subTest(line):
                self.tree({"core/text.hpp": header(text=f"int x;\n{line}\n")})
                self.assert_refused(f"core/text.hpp:5: '{line.strip()}': macros and conditionals")

    def test_what_looks_like_a_directive_in_a_comment_or_a_raw_string_is_accepted(self):
        self.tree({"core/text.hpp": header(text='''\
/*
#define X 1
*/
// it's "only
inline constexpr int million = 1'000'000;
inline constexpr char quote = '"';
inline constexpr auto text = R"--(
#if a line of help
)--";
''')})
        self.assert_accepted()

    def test_a_home_made_word_is_refused(self):
        for text in ("// Holds parcels.", "int parcel_size;", "struct ParcelRecord;"):
            with self.subTest(text):
                self.tree({"core/text.hpp": header(text=f"{text}\n")})
                self.assert_refused("core/text.hpp:4: 'parcel", "the field's is 'entry'")

    def test_a_word_that_holds_a_home_made_one_is_accepted(self):
        self.tree({"core/text.hpp": header(text="// In a plane, by itself.\n")})
        self.assert_accepted()

    def test_a_home_made_word_in_a_test_is_refused(self):
        self.tree({"core/text.hpp": header()})
        self.write("tests/core/text.cpp", '#include "sla/core/text.hpp"\nint lane;\n')
        self.write("tests/meson.build", "['core/text.cpp']")
        self.assert_refused("tests/core/text.cpp:2: 'lane' is a word of ours alone")

    def test_more_than_300_lines_are_refused(self):
        self.tree({"core/text.hpp": header(text="//\n" * 297)})
        self.assert_accepted()
        (self.root / "single_include" / "sla.hpp").unlink()
        self.tree({"core/text.hpp": header(text="//\n" * 298)})
        self.assert_refused("core/text.hpp:301: 301 lines, and a header has at most 300")

    def test_a_missing_pragma_once_is_refused(self):
        self.tree({"core/text.hpp": header().replace("#pragma once\n", "")})
        self.assert_refused("core/text.hpp:1: there must be exactly one #pragma once")

    def test_a_missing_licence_line_is_refused(self):
        self.tree({"core/text.hpp": header().replace("// SPDX-License-Identifier: MIT\n", "")})
        self.assert_refused("core/text.hpp:1: there must be exactly one licence line")


class Lists(Amalgamate):
    def setUp(self):
        super().setUp()
        self.tree({"core/text.hpp": header()})

    def test_a_header_that_meson_does_not_know_is_refused(self):
        self.write("meson.build", "headers = ['sla.hpp', 'version.hpp']  # 'core/text.hpp'\n")
        self.assert_refused("meson.build:1: include/sla/core/text.hpp is in the tree but not in the list")

    def test_a_header_that_only_meson_knows_is_refused(self):
        self.write("meson.build", "['sla.hpp', 'version.hpp', 'core/text.hpp',\n'core/gone.hpp']")
        self.assert_refused("meson.build:2: 'core/gone.hpp' is in the list, but there is no")

    def test_a_test_that_meson_does_not_know_is_refused(self):
        for name in ("core/text.cpp", "runner.cpp"):
            with self.subTest(name):
                self.write(f"tests/{name}", '#include "sla/core/text.hpp"\n')
                self.write("tests/meson.build", "")
                self.assert_refused(f"tests/meson.build:1: tests/{name} is in the tree")
                (self.root / "tests" / name).unlink()

    def test_a_system_test_that_meson_does_not_know_is_refused(self):
        self.write("tests/system/stop.py", "")
        self.write("tests/meson.build", "")
        self.assert_refused("tests/meson.build:1: tests/system/stop.py is in the tree")

    def test_an_example_without_a_list_is_refused(self):
        self.write("examples/minimal.cpp", "")
        self.assert_refused("examples/meson.build:1: is missing")

    def test_a_test_that_does_not_include_its_header_first_is_refused(self):
        self.write("tests/core/text.cpp", '#include <string>\n#include "sla/core/text.hpp"\n')
        self.write("tests/meson.build", "['core/text.cpp']")
        self.assert_refused("tests/core/text.cpp:1: a test includes the header that it mirrors first")

    def test_other_sources_in_a_list_are_accepted_when_they_exist(self):
        self.write("tests/core/text.cpp", '#include "sla/core/text.hpp"\n')
        self.write("tests/support/main.cpp", "")
        self.write("tests/meson.build", "['core/text.cpp', 'support/main.cpp']")
        self.assert_accepted()


class Single(Amalgamate):
    def test_it_holds_each_header_once_below_those_that_use_it(self):
        self.tree({"core/a.hpp": header("core/b.hpp", "<vector>", text="int a;\n"),
                   "core/b.hpp": header("version.hpp", "<vector>", "<poll.h>", text="int b;\n")},
                  umbrella=header("version.hpp", "core/a.hpp", "core/b.hpp")
                  .replace("#include", "// The map.\n#include", 1))
        self.assert_accepted()
        self.assertEqual(self.single(), """\
// SPDX-License-Identifier: MIT
#pragma once
// sla 4.5.6 in one header, generated from include/sla: change it there and run
// python3 single_include/amalgamate.py

// The map.

#ifdef SLA_VERSION_MAJOR
#error "twice"
#endif
#define SLA_VERSION_MAJOR 4
#define SLA_VERSION_MINOR 5
#define SLA_VERSION_PATCH 6

#include <poll.h>

#include <vector>

// sla/core/b.hpp
int b;

// sla/core/a.hpp
int a;
""")

    def test_a_check_of_a_fresh_single_header_passes_silently(self):
        self.tree({"core/text.hpp": header()})
        self.assert_accepted()
        run = self.run_script("--check")
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))

    def test_a_check_of_a_stale_single_header_shows_the_difference_and_the_command(self):
        self.tree({"core/text.hpp": header(text="int before;\n")})
        self.assert_accepted()
        stale = self.single()
        self.tree({"core/text.hpp": header(text="int after;\n")})
        run = self.run_script("--check")
        self.assertEqual(run.returncode, 1)
        self.assertIn("\n-int before;\n+int after;\n", run.stdout)
        self.assertIn("run: python3 single_include/amalgamate.py\n", run.stdout)
        self.assertEqual(self.single(), stale)

    def test_a_check_without_a_single_header_fails(self):
        self.tree({"core/text.hpp": header()})
        self.assertEqual(self.run_script("--check").returncode, 1)
        self.assertFalse((self.root / "single_include" / "sla.hpp").exists())

    def test_an_unknown_argument_is_answered_with_the_usage(self):
        run = self.run_script("--chekc")
        self.assertEqual(run.returncode, 64)
        self.assertIn("usage:", run.stderr)


class Only(Amalgamate):
    def test_it_holds_what_the_named_headers_need_and_nothing_else(self):
        self.tree({"core/a.hpp": header(text="int a;\n"),
                   "core/b.hpp": header("<vector>", "core/a.hpp", text="int b;\n"),
                   "core/c.hpp": header("<span>", "core/a.hpp", text="int c;\n")})
        run = self.run_script("--only", "core/b.hpp")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertIn("amalgamate.py --only core/b.hpp\n", run.stdout)
        self.assertEqual(run.stdout[run.stdout.index("#include"):],
                         "#include <vector>\n\n// sla/core/a.hpp\nint a;\n\n"
                         "// sla/core/b.hpp\nint b;\n")
        self.assertFalse((self.root / "single_include" / "sla.hpp").exists())

    def test_all_of_it_is_the_single_header(self):
        self.tree({"core/text.hpp": header(text="int a;\n")})
        self.assert_accepted()
        run = self.run_script("--only", "sla.hpp")
        self.assertEqual(self.single(), run.stdout.replace(" --only sla.hpp", ""))

    def test_a_header_that_is_not_there_is_named(self):
        self.tree({"core/text.hpp": header()})
        run = self.run_script("--only", "core/text.hpp", "core/tax.hpp")
        self.assertEqual((run.returncode, run.stdout), (64, ""))
        self.assertIn("there is no include/sla/core/tax.hpp", run.stderr)
