"""Playing one sound file through Windows itself. Under Wine it may answer without a sound."""

import sys

assert sys.platform == "win32"

import winsound

from agent.backends.win32_problem import WinProblem

_GENERIC = 31
"""ERROR_GEN_FAILURE: winsound tells no number."""


def play(path: str) -> None:
    """Begin to play a WAV file, beside us; it replaces what this process plays."""
    try:
        winsound.PlaySound(path, winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT)
    except RuntimeError as problem:
        raise WinProblem("PlaySound", _GENERIC) from problem


def stop() -> None:
    """End what this process plays."""
    try:
        winsound.PlaySound(None, 0)
    except RuntimeError as problem:
        raise WinProblem("PlaySound", _GENERIC) from problem
