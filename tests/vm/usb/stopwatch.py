#!/usr/bin/python3
"""Runs in the laptop as root, before all else: when did the kernel say what, when was the journal written.

Each event is a line `seconds what where` on the monotonic clock, written out when nothing has happened for a
while, so that measuring does not disturb.
"""

import ctypes
import os
import select
import socket
import struct
import sys
import time

KERNEL_EVENTS = 15
MODIFIED = 0x2
QUIET_SECONDS = 0.4
JOURNAL = b"/var/lib/gatepost"
HEAD = struct.Struct("iIII")


def fields(datagram: bytes) -> dict[bytes, bytes]:
    """Return what one kernel event says."""
    return dict(field.partition(b"=")[::2] for field in datagram.split(b"\0")[1:] if b"=" in field)


def main(target: str) -> None:
    """Write events to this file for ever."""
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    ears = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, KERNEL_EVENTS)
    ears.bind((0, 1))
    libc = ctypes.CDLL(None)
    files = libc.inotify_init1(0)
    libc.inotify_add_watch(files, JOURNAL, MODIFIED)
    out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    waiting: list[str] = []
    while True:
        ready, _, _ = select.select([ears, files], [], [], QUIET_SECONDS if waiting else None)
        now = time.monotonic()
        if not ready:
            os.write(out, "".join(waiting).encode())
            waiting.clear()
        if ears in ready:
            said = fields(ears.recv(65536))
            kind = said.get(b"DEVTYPE", b"").decode()
            if kind in ("usb_device", "usb_interface"):
                waiting.append(f"{now:.6f} {said[b'ACTION'].decode()}-{kind} {said[b'DEVPATH'].decode()}\n")
        if files in ready:
            content = os.read(files, 65536)
            at = 0
            while at < len(content):
                length = HEAD.unpack_from(content, at)[3]
                name = content[at + HEAD.size : at + HEAD.size + length].rstrip(b"\0").decode()
                at += HEAD.size + length
                if name.startswith("journal") and not name.endswith("-shm"):
                    waiting.append(f"{now:.6f} journal {name}\n")


if __name__ == "__main__":
    main(sys.argv[1])
