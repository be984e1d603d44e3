#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Becomes a program for which some system calls fail with EPERM, as old container runtimes and
strict profiles have it.

usage: refusing.py NUMBER[,NUMBER...] PROGRAM [ARGUMENT...]

The numbers are those of x86_64. It takes no rights: the filter is preceded by no_new_privs.
"""

import ctypes
import os
import struct
import sys

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _FILTER = 22, 38, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _EPERM = 0x7FFF0000, 0x00050001


def instruction(code: int, yes: int, no: int, value: int) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def main() -> None:
    numbers = [int(number) for number in sys.argv[1].split(",")]
    code = instruction(_LOAD, 0, 0, 0)  # the number of the call
    for number in numbers:
        code += instruction(_EQUAL, 0, 1, number) + instruction(_RETURN, 0, 0, _EPERM)
    code += instruction(_RETURN, 0, 0, _ALLOW)
    text = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(text))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    if libc.prctl(_PR_SET_SECCOMP, _FILTER, program, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
