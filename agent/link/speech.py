"""What can be read aloud at the gate, and the file each line is kept in.

The service renders these lines beforehand; the window plays them.
Both must cut the text alike, so the cut is here.
"""

import hashlib
from pathlib import Path

from agent.words import say_in
from policies.agreements import AgreementText, Section, Sentence
from policies.settings import Language


def speech_file(folder: Path, language: Language, line: str) -> Path:
    """Return where the sound of this line is kept, whether or not it exists."""
    return folder / (hashlib.sha256(f"{language}\0{line}".encode()).hexdigest() + ".wav")


def sentence_line(sentence: Sentence) -> str:
    """Return the sentence and its reason as one piece: framed together, read together."""
    return f"{sentence.text} {sentence.why}" if sentence.why else sentence.text


def kept_headings(language: Language) -> tuple[str, str]:
    """Return the window's own two headings above the lists of a monitoring page."""
    say = say_in(language)
    return say("Kept"), say("Never kept")


def spoken_lines(text: AgreementText) -> tuple[str, ...]:
    """Return every line that a reader may ask to hear, in reading order, without repeats."""
    lines = [text.title, text.intro]
    for section in text.sections:
        lines += _section_lines(section, text.language)
    return tuple(dict.fromkeys(lines))


def _section_lines(section: Section, language: Language) -> list[str]:
    kept, never = kept_headings(language)
    lines = [section.heading, *(sentence_line(sentence) for sentence in section.sentences)]
    if section.kept:
        lines += [kept, *section.kept]
    if section.never_kept:
        lines += [never, *section.never_kept]
    return lines
