"""Runs in Windows Python: starts a windowed program as the session does, and says what it answered.

A program started from Linux gets no pipes if it is a windowed one; from Windows it does.
"""

import subprocess
import sys

program, page = sys.argv[1:]
with open(page, "rb") as file:  # noqa: PTH123 - as short as it is
    words = file.read()
window = subprocess.Popen([program, "window", "--plain"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
window.stdin.write(words + b"\n")
window.stdin.flush()
sys.stdout.write(window.stdout.readline().decode())
sys.stdout.flush()
sys.stdin.readline()  # until somebody has looked
window.stdin.close()
sys.stdout.write(f"{window.wait(30)}\n")
