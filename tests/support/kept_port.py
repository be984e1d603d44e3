# SPDX-License-Identifier: MIT
"""A port of this machine where nobody listens, and nobody else can."""

from __future__ import annotations

import socket


def keep_port(port: int = 0) -> socket.socket:
    """A socket that keeps a port and never listens, so that who connects there is refused. One that
    is merely free may be taken meanwhile: by a connection of somebody else's, or of the client's
    own, which then talks to itself. Who sets SO_REUSEPORT may listen beside it."""
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    kept.bind(("127.0.0.1", port))
    return kept
