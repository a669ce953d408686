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


def free_port():
    """A port of the loopback interface that nobody listens at, for a program that cannot be told to choose one."""
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]


def answers(port):
    with socket.socket() as one:
        return one.connect_ex(('127.0.0.1', port)) == 0
