#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes single_include/sla.hpp from include/sla, and is the lint of the architecture.

usage: amalgamate.py                     check the tree, then write the single header
       amalgamate.py --check             check the tree and the single header; write nothing
       amalgamate.py --only HEADER...    print one header of these, such as runner.hpp, and of what
                                         they need: it compiles faster, and needs no library that
                                         they do not need

The single header is sla.hpp, the library; what the shipped program is made of is app/commands.hpp.

Every complaint says where, why and what to do. Needs nothing but Python's standard library.
"""

import difflib
import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TREE = ROOT / "include" / "sla"
SINGLE = ROOT / "single_include" / "sla.hpp"
COMMAND = "python3 single_include/amalgamate.py"

# The rooms of the house, lowest first. An include points to a lower room or stays in its own.
HEIGHT = {"version": 0, "core": 1, "process": 2, "aws": 3, "spool": 4, "ledger": 5,
          "scheduler": 5, "executor": 5, "publisher": 5, "runner": 6, "fleet": 7, "app": 8, "sla": 9}
# What a program includes: from these, every header is reached.
LIBRARY, PROGRAM = "sla.hpp", "app/commands.hpp"
# The wings of aws/, lowest first: the same holds between them.
WINGS = ("http", "wire", "sign", "config", "call", "service", "credential")
CONTRACTS = ("scheduler", "executor", "publisher")

# Third-party headers, and the only headers of ours that may include each.
OWNERS = {"curl/": ("aws/http/curl.hpp", "aws/http/curl_options.hpp", "aws/http/curl_transfer.hpp",
                    "aws/http/curl_probe.hpp", "aws/http/curl_probe_watch.hpp"),
          "openssl/": ("aws/sign/digest.hpp", "aws/http/trust.hpp", "aws/http/peer_certificate.hpp"),
          "simdjson.h": ("aws/wire/reply.hpp",)}

# Every user pays for an include, or the oldest supported compiler does not have it.
BANNED = {"regex", "iostream", "filesystem", "ranges", "functional", "format", "expected",
          "source_location"}
SYSTEM = re.compile(r"[a-z_0-9]+(\.h)?|(sys|linux|net|netinet|arpa)/[a-z_0-9]+\.h")

# Words that are ours alone, and the field's.
HOME_MADE = {"parcel": "entry", "shelf": "index", "shelve": "index", "shelved": "indexed",
             "sacrifice": "eviction", "intake": "recovery", "lane": "channel",
             "errand": "exchange", "shelter": "fallback", "blame": "fault"}
WORD = re.compile(r"[A-Z]?[a-z]+")

MOST_LINES = 300
MOST_PUBLIC = 45
SPDX = "// SPDX-License-Identifier: MIT"

# Lists in meson.build files: the strings that look like `entry`, against the files of `patterns`.
LISTS = [
    ("meson.build", "include/sla", r"[\w/]+\.hpp", ["**/*.hpp"]),
    ("tests/meson.build", "tests", r"[\w/]+\.cpp",
     ["*.cpp", "bench/*.cpp", "fuzz/*.cpp"] + [f"{room}/**/*.cpp" for room in HEIGHT]),
    ("tests/meson.build", "tests", r"system/\w+\.py", ["system/*.py"]),
    ("tests/meson.build", "tests", r"support/\w+_test\.py", ["support/*_test.py"]),
    ("examples/meson.build", "examples", r"[\w/]+\.cpp", ["**/*.cpp"]),
]

# A line of the umbrella's comment that says what a header is for.
PUBLIC = re.compile(r"^//   ([\w/]+\.hpp) +\S", re.M)

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
# What may hide a directive: comments and raw strings. Other literals are matched to be kept, so
# that a quote or a slash inside one starts nothing.
HIDING = re.compile(
    r'(?P<hidden>//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\\\s]{0,16})\(.*?\)(?P=d)")'
    r'|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])+\'', re.S)


class Include(NamedTuple):
    line: int
    name: str
    quoted: bool


class Header:
    """One file of the tree: its place, its text, its directives."""

    def __init__(self, path):
        self.path = path
        self.name = path.relative_to(TREE).as_posix()
        self.room = re.split(r"[/.]", self.name)[0]
        self.text = path.read_text(encoding="utf-8")
        self.lines = self.text.splitlines()
        code = HIDING.sub(lambda m: re.sub(r"[^\n]", " ", m[0]) if m["hidden"] else m[0], self.text)
        self.directives = [(number, line.strip()) for number, line in
                           enumerate(code.splitlines(), 1) if line.lstrip().startswith("#")]
        found = [(number, INCLUDE.match(line)) for number, line in self.directives]
        self.includes = [Include(number, m[2], m[1] == '"') for number, m in found if m]

    def ours(self):
        return [Include(i.line, i.name[len("sla/"):], True) for i in self.includes
                if i.quoted and i.name.startswith("sla/")]


def lint_text(header, say):
    """What one header shows by itself: its opening, its length, its directives."""
    if header.lines.count(SPDX) != 1:
        say(header, 1, f"there must be exactly one licence line; begin the file with: {SPDX}")
    if [line for _, line in header.directives].count("#pragma once") != 1:
        say(header, 1, "there must be exactly one #pragma once; write it under the licence line")
    if len(header.lines) > MOST_LINES:
        say(header, MOST_LINES + 1, f"{len(header.lines)} lines, and a header has at most "
            f"{MOST_LINES}: it holds more than one idea; move one of them to its own header")
    for number, line in header.directives:
        if line == "#pragma once" or INCLUDE.match(line) or header.name == "version.hpp":
            continue
        say(header, number, f"'{line}': macros and conditionals stand only in version.hpp, because "
            "they make the library differ from one user to the next; write a constant, a function "
            "or a template instead")


def lint_words(where, text, say):
    """No home-made word where the field has one, in names as little as in comments."""
    for number, line in enumerate(text.splitlines(), 1):
        for word in map(str.lower, WORD.findall(line)):
            better = HOME_MADE.get(word) or HOME_MADE.get(word[:-1] if word[-1] == "s" else "")
            if better:
                say(where, number, f"'{word}' is a word of ours alone; the field's is '{better}'")


def lint_includes(header, headers, say):
    """Where the includes of one header point to."""
    for line, name, quoted in header.includes:
        if quoted and not name.startswith("sla/"):
            say(header, line, f'"{name}": ours are included from the root, so that a header means '
                f'the same from everywhere; write "sla/..." or, for others, <{name}>')
        elif quoted and name[len("sla/"):] not in headers:
            say(header, line, f'"{name}" is not in include/; correct the name or add the header')
        elif quoted:
            lint_direction(header, line, headers[name[len("sla/"):]], say)
        elif name.startswith("sla/"):
            say(header, line, f'<{name}>: ours are included with quotes; write "{name}"')
        else:
            lint_others(header, line, name, say)


def lint_direction(header, line, other, say):
    """Includes point one way: app -> fleet -> runner -> scheduler | executor | publisher | ledger
    -> spool -> aws -> process -> core."""
    mine, theirs = HEIGHT.get(header.room), HEIGHT.get(other.room)
    if mine is None or theirs is None:
        return  # lint_tree complains about the room itself
    if header.room in CONTRACTS and other.room in CONTRACTS and header.room != other.room:
        say(header, line, f"{header.room} includes {other.room}: the three contracts do not know "
            "each other, so that each can be replaced alone; move what both need to core/")
    elif header.room == other.room == "aws" and wing_of(other) > wing_of(header):
        say(header, line, f"an upward include: {header.name} is below {other.name} ("
            + " -> ".join(reversed(WINGS)) + "); move what is needed down")
    elif theirs > mine:
        say(header, line, f"an upward include: {header.room} is below {other.room} (app -> runner "
            "-> scheduler | executor | publisher | ledger -> spool -> aws -> process -> core); move "
            "what is needed down")
    elif "/" in other.name and other.room in CONTRACTS and header.name in (
            other.room + ".hpp", "runner.hpp"):
        say(header, line, f"{header.name} knows contracts only, never a model such as "
            f"{other.name}; include {other.room}.hpp, or take the model as a template parameter")


def wing_of(header):
    """The place of a header of aws/ among the wings; -1 for one that is in none."""
    wing = header.name.split("/")[1]
    return WINGS.index(wing) if wing in WINGS else -1


def lint_others(header, line, name, say):
    """Includes of the standard library, of the system and of third parties."""
    for prefix, owners in OWNERS.items():
        if name.startswith(prefix):
            if header.name not in owners:
                say(header, line, f"<{name}> belongs to {owners[0]} alone, so that only those who "
                    f'need it pay for it; include "sla/{owners[0]}" and use what it offers')
            return
    if name in BANNED:
        say(header, line, f"<{name}> is too costly for every user, or newer than g++ 12 and clang "
            "14; use what core/ offers, or write the few lines that are needed")
    elif not SYSTEM.fullmatch(name):
        say(header, line, f"<{name}> is neither the standard library nor the system: sla depends "
            "on libcurl, OpenSSL and simdjson only; do without it")


def lint_tree(headers, say):
    """What shows only when all headers are seen together."""
    for header in headers.values():
        if header.room not in HEIGHT:
            say(header, 1, f"there is no room '{header.room}' in the house; move the header to one "
                f"of {', '.join(HEIGHT)}")
        if header.room == "aws" and wing_of(header) < 0:
            say(header, 1, f"aws/ is divided into wings; move the header to one of {', '.join(WINGS)}")
        if header.name not in ("version.hpp", "sla.hpp") and not header.ours():
            say(header, 1, "reaches nothing of ours, so it would not notice that the single header "
                'is there too; add #include "sla/version.hpp"')
    if "sla.hpp" not in headers or "version.hpp" not in headers:
        say(None, 1, "include/sla/sla.hpp and include/sla/version.hpp must be there")
        return []
    reached = bottom_up(headers, say, [LIBRARY] + [PROGRAM] * (PROGRAM in headers))
    for header in headers.values():
        root = PROGRAM if header.room == "app" else LIBRARY
        if header not in reached:
            say(header, 1, f"an orphan: {root} does not reach it, so no program of all headers has "
                f'it; add #include "sla/{header.name}" to include/sla/{root}, or delete it')
    return bottom_up(headers, lambda *_: None)


def folder_of(name):
    """The folder that a header belongs to: publisher.hpp is the face of publisher/."""
    return name.rsplit("/", 1)[0] if "/" in name else name.split(".")[0]


def lint_folders(headers, say):
    """No folders need each other in a circle; app/ and what is in it are one program."""
    needs = {}
    for header in headers.values():
        mine = folder_of(header.name)
        for line, name, _ in header.ours():
            if name in headers and folder_of(name) != mine:
                needs.setdefault(mine, {}).setdefault(folder_of(name), (header, line, name))

    def way(begin, end):
        """The shortest list of folders from one to the other, each needed by the one before."""
        ways = [[begin]]
        for walked in ways:  # grows meanwhile
            if walked[-1] == end:
                return walked
            met = {folder for known in ways for folder in known}
            ways += [[*walked, folder] for folder in sorted(needs.get(walked[-1], {}))
                     if folder not in met]
        return []

    for mine in sorted(set(needs) - {"app"}):
        for other, (header, line, _) in sorted(needs[mine].items()):
            circle = [mine, *way(other, mine)]
            if len(circle) < 3 or mine != min(circle):
                continue
            steps = (needs[one][next_one] for one, next_one in zip(circle, circle[1:]))
            includes = ", and ".join(f"{by.name} includes {name}" for by, _, name in steps)
            say(header, line, f"{'/ and '.join(circle[:-1])}/ need each other: {includes}; move what "
                "all need to a folder below")


def bottom_up(headers, say, roots=(LIBRARY,)):
    """All headers that these reach, each after those that it includes."""
    order, path = [headers["version.hpp"]], []

    def visit(header):
        if header in order:
            return
        path.append(header)
        for line, name, _ in header.ours():
            other = headers.get(name)
            if other in path:
                circle = [h.name for h in path[path.index(other):]] + [name]
                say(header, line, f"the includes run in a circle: {' -> '.join(circle)}; move what "
                    "both sides need to a header of its own, lower down")
            elif other:
                visit(other)
        path.pop()
        order.append(header)

    for root in roots:
        visit(headers[root])
    return order


def lint_umbrella(header, headers, say):
    """sla.hpp holds includes only, lowest room first, and a list of what is there for users."""
    code = HIDING.sub(lambda m: "" if m["hidden"] else m[0], header.text)
    if [line for line in code.splitlines() if line.strip() and not line.startswith("#")]:
        say(header, 1, "sla.hpp holds includes and its comment, nothing else; move the code to the "
            "room that it belongs to")

    def height(name):
        room, wing = re.split(r"[/.]", name)[:2]
        return HEIGHT.get(room, 0), WINGS.index(wing) if wing in WINGS else -1

    for line, name, _ in header.ours():
        if name.startswith("app/"):
            say(header, line, f"{name} belongs to the shipped program, which the library leaves out; "
                f"include it from {PROGRAM} or from what that includes")
    listed = PUBLIC.findall(header.text)
    if len(listed) > MOST_PUBLIC:
        say(header, 1, f"the list of public headers names {len(listed)}, and nobody takes in more "
            f"than {MOST_PUBLIC}; leave out what comes with another, or is machinery")
    for line, name in enumerate(listed):
        if name not in headers or name.startswith("app/"):
            say(header, 1, f"the list of public headers names {name}, which is not there for users; "
                "correct the name or remove the line")
        if name in listed[:line]:
            say(header, 1, f"the list of public headers names {name} twice")
    heights = [(height(name), line, name) for line, name, _ in header.ours()]
    for before, after in zip(heights, heights[1:]):
        if after[0] < before[0]:
            say(header, after[1], f"{after[2]} stands after {before[2]}, which is higher in the "
                "house; sla.hpp reads bottom-up, so move the line up")


def lint_lists(say):
    """The lists in the meson.build files name exactly what is there."""
    for where, folder, entry, patterns in LISTS:
        meson = ROOT / where
        tree = {file.relative_to(ROOT / folder).as_posix()
                for pattern in patterns for file in (ROOT / folder).glob(pattern)}
        if not meson.exists():
            if tree:
                say(meson, 1, f"is missing, and {folder}/ has files that it must list")
            continue
        text = re.sub(r"#[^\n]*", "", meson.read_text(encoding="utf-8"))
        listed = {m[1]: text.count("\n", 0, m.start()) + 1
                  for m in re.finditer(rf"'({entry})'", text) if "@" not in m[1]}
        for name in sorted(tree - listed.keys()):
            say(meson, 1, f"{folder}/{name} is in the tree but not in the list, so nothing builds "
                f"it; add '{name}'")
        for name in sorted(listed.keys() - tree):
            if not (meson.parent / name).exists():
                say(meson, listed[name], f"'{name}' is in the list, but there is no "
                    f"{folder}/{name}; correct the name or remove it")


def lint_tests(headers, say):
    """tests/<path>.cpp includes sla/<path>.hpp first, which shows that the header stands alone."""
    for pattern in LISTS[1][3]:
        for test in sorted((ROOT / "tests").glob(pattern)):
            name = test.relative_to(ROOT / "tests").with_suffix(".hpp").as_posix()
            text = test.read_text(encoding="utf-8")
            lint_words(test, text, say)
            first = next((m[2] for m in map(INCLUDE.match, text.splitlines()) if m), "nothing")
            if name in headers and first != f"sla/{name}":
                say(test, 1, f"a test includes the header that it mirrors first, so that a header "
                    f'which needs others shows; write #include "sla/{name}" above "{first}"')


def single(order, command=COMMAND):
    """The text of a single header."""
    version, *headers = order
    intro = [body(h, above_includes=True) for h in headers if h.name == "sla.hpp"]
    number = ".".join(re.findall(r"#define SLA_VERSION_\w+ (\d+)", version.text))
    others = {i.name for h in order for i in h.includes if not i.quoted}
    posix = sorted(name for name in others if name.endswith(".h"))
    standard = sorted(others - set(posix))
    parts = [f"{SPDX}\n#pragma once\n"
             f"// sla {number} in one header, generated from include/sla: change it there and run\n"
             f"// {command}\n", *intro, body(version)]
    parts += ["".join(f"#include <{name}>\n" for name in group)
              for group in (posix, standard) if group]
    parts += [f"// sla/{h.name}\n{body(h)}" for h in headers if h.name != "sla.hpp"]
    return "\n".join(parts)


def body(header, above_includes=False):
    """A header without the lines that the single header has once."""
    last = header.includes[0].line if above_includes else len(header.lines)
    dropped = {i.line for i in header.includes} | {
        number for number, line in header.directives if line == "#pragma once"}
    kept = [line for number, line in enumerate(header.lines[:last], 1)
            if number not in dropped and line != SPDX]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n") + "\n"


def check_single(text):
    """Whether the committed single header is the one that this tree gives."""
    there = SINGLE.read_text(encoding="utf-8") if SINGLE.exists() else ""
    if there == text:
        return True
    sys.stdout.writelines(difflib.unified_diff(
        there.splitlines(True), text.splitlines(True), "single_include/sla.hpp", "include/sla"))
    print(f"\nsingle_include/sla.hpp:1: differs from what include/sla gives; run: {COMMAND}")
    return False


def print_only(names, headers):
    """A single header of a few, on stdout."""
    for name in names:
        if name not in headers:
            print(f"there is no include/sla/{name}; --only takes names such as runner.hpp or "
                  "executor/shell.hpp", file=sys.stderr)
            return 64
    order = bottom_up(headers, lambda *_: None, names)
    sys.stdout.write(single(order, f"{COMMAND} --only {' '.join(names)}"))
    return 0


def main(arguments):
    only = arguments[1:] if arguments[:1] == ["--only"] else []
    if not only and arguments not in ([], ["--check"]):
        print(__doc__.strip(), file=sys.stderr)
        return 64
    complaints = []

    def say(where, line, what):
        path = getattr(where, "path", where) or TREE
        complaints.append(f"{path.relative_to(ROOT).as_posix()}:{line}: {what}")

    headers = {h.name: h for h in map(Header, sorted(TREE.rglob("*.hpp")))}
    if only:
        return print_only(only, headers)
    for header in headers.values():
        lint_text(header, say)
        lint_includes(header, headers, say)
        lint_words(header, header.text, say)
    lint_folders(headers, say)
    order = lint_tree(headers, say)
    if "sla.hpp" in headers:
        lint_umbrella(headers["sla.hpp"], headers, say)
    lint_lists(say)
    lint_tests(headers, say)
    if complaints:
        print("\n".join(complaints))
        plural = "" if len(complaints) == 1 else "s"
        print(f"\n{len(complaints)} complaint{plural}; nothing was written")
        return 1
    text = single(order)
    if arguments:
        return 0 if check_single(text) else 1
    SINGLE.write_text(text, encoding="utf-8")
    print(f"wrote single_include/sla.hpp: {len(order)} headers, {text.count(chr(10))} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
