# SPDX-License-Identifier: MIT
"""The receiving end of sockets that descriptors are sent to."""

import socket


def listen(path):
    """A listening socket of the kind that --console-socket and --pidfd-socket name."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.settimeout(10)
    server.bind(path)
    server.listen(1)
    return server


def receive_fd(server):
    connection, _ = server.accept()
    with connection:
        connection.settimeout(10)
        _, fds, _, _ = socket.recv_fds(connection, 4096, 1)
    return fds[0]
