# SPDX-License-Identifier: MIT
"""The parts of the loopback fake of AWS; `fake_aws.py` beside this directory puts them together."""
