"""What both frozen programs start: the console one for service and people, the windowed one in each login."""

import os
import sys

from agent.__main__ import main


def lend_outputs() -> None:
    """Give a windowed program, which has none, outputs that lead nowhere: a word too many must not end it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - till the end


if __name__ == "__main__":
    lend_outputs()
    sys.exit(main())
