"""The voices of SAPI, Windows' own speech. Never run under Wine, which has no voices."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

assert sys.platform == "win32"

import pythoncom
import win32com.client

from agent.backends.win32_problem import WinProblem

_CREATE_FOR_WRITE = 3
_MONO_22KHZ_16BIT = 22
_NOT_XML = 16
_UNKNOWN_NAME = 0x80020006
"""DISP_E_UNKNOWNNAME"""
_MOST_VOICES = 100


@contextmanager
def _com(function: str) -> Iterator[None]:
    pythoncom.CoInitialize()
    try:
        yield
    except pythoncom.com_error as problem:
        raise WinProblem(function, int(problem.args[0]) & 0xFFFFFFFF) from problem
    except AttributeError as problem:  # half an installation, as under Wine: the object lacks the call
        raise WinProblem(function, _UNKNOWN_NAME) from problem
    finally:
        pythoncom.CoUninitialize()


def voices() -> list[tuple[str, str]]:
    """Return (id, languages as hexadecimal LCIDs with `;` between) of each voice."""
    with _com("SpVoice.GetVoices"):
        found = win32com.client.Dispatch("SAPI.SpVoice").GetVoices()
        tokens = [found.Item(index) for index in range(min(int(found.Count), _MOST_VOICES))]
        return [(str(token.Id), str(token.GetAttribute("Language"))) for token in tokens]


def speak(voice: str, text: str, target: str, rate: int) -> None:
    """Write a text, read aloud by this voice, as a WAV file. The text is never taken for mark-up."""
    with _com("SpVoice.Speak"):
        speaker = win32com.client.Dispatch("SAPI.SpVoice")
        chosen = win32com.client.Dispatch("SAPI.SpObjectToken")
        chosen.SetId(voice)
        stream = win32com.client.Dispatch("SAPI.SpFileStream")
        stream.Format.Type = _MONO_22KHZ_16BIT
        stream.Open(target, _CREATE_FOR_WRITE, False)
        try:
            speaker.Voice = chosen
            speaker.Rate = rate
            speaker.AudioOutputStream = stream
            speaker.Speak(text, _NOT_XML)
        finally:
            stream.Close()
