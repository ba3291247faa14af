"""The voices of SAPI, Windows' own speech. Never run under Wine, which has no voices."""

import sys

assert sys.platform == "win32"

import win32com.client

from agent.backends.win32api import com

_CREATE_FOR_WRITE = 3
_MONO_22KHZ_16BIT = 22
_NOT_XML = 16
_MOST_VOICES = 100


def voices() -> list[tuple[str, str]]:
    """Return (id, languages as hexadecimal LCIDs with `;` between) of each voice."""

    def ask() -> list[tuple[str, str]]:
        found = win32com.client.Dispatch("SAPI.SpVoice").GetVoices()
        tokens = [found.Item(index) for index in range(min(int(found.Count), _MOST_VOICES))]
        return [(str(token.Id), str(token.GetAttribute("Language"))) for token in tokens]

    return com.within("SpVoice.GetVoices", ask)


def speak(voice: str, text: str, target: str, rate: int) -> None:
    """Write a text, read aloud by this voice, as a WAV file. The text is never taken for mark-up."""

    def write() -> None:
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

    com.within("SpVoice.Speak", write)
