"""The industry's test virus, and what a scanner's answers to it say of the scanner. Pure, on every system."""

from typing import Literal, NamedTuple

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""In two pieces, so that no scanner takes this file for the test virus (eicar.org, 68 bytes)."""
HARMLESS = b"A school's homework.\n"


class Answer(NamedTuple):
    """What the scanner says of one file."""

    verdict: Literal["clean", "harmful", "not-scanned"]
    name: str = ""
    """Of the signature, or what was wrong."""


def decide_problem(virus: Answer, harmless: Answer) -> str:
    """Return what is wrong with a scanner that answers so; empty if nothing. Pure."""
    if virus.verdict == "clean":
        return "the scanner did not find the test virus: its signatures may be incomplete"
    if virus.verdict == "not-scanned":
        return f"the scanner did not check the test virus: {virus.name or 'no answer'}"
    if harmless.verdict == "harmful":
        return f"the scanner calls a harmless file harmful: {harmless.name or 'no name'}"
    if harmless.verdict == "not-scanned":
        return f"the scanner did not check a harmless file: {harmless.name or 'no answer'}"
    return ""
