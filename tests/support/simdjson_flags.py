# SPDX-License-Identifier: MIT
"""Leaves out of <simdjson.h> what is for newer processors than are compiled for: half of it."""

FEWER = [f"-DSIMDJSON_IMPLEMENTATION_{name}=0" for name in ("ICELAKE", "HASWELL", "WESTMERE")]
