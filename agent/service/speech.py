"""Read-aloud sound for every line that can be heard, made beforehand, one line at a time.

The agreements in force, and for the youngest the fixed lines of *Something's wrong*.
"""

import logging
from pathlib import Path

from agent.backends import secret_files
from agent.backends.device import Device
from agent.errors import AgentError, DeviceFailed
from agent.link.report_speech import report_lines
from agent.link.speech import speech_file, spoken_lines
from agent.service.loop import Loop
from policies.agreements import Agreement
from policies.settings import Language

log = logging.getLogger(__name__)


def lines_of(agreements: tuple[Agreement, ...], folder: Path) -> dict[Path, tuple[Language, str]]:
    """Return every file these agreements need, and the line each holds."""
    texts = [(agreement.tier, text) for agreement in agreements for text in agreement.texts]
    lines = [(text.language, line) for _tier, text in texts for line in spoken_lines(text)]
    # Wherever the youngest are, whether or not reports are on: the day they are is no day to wait.
    lines += [
        (text.language, line)
        for tier, text in texts
        if tier == "early"
        for line in report_lines(text.language)
    ]
    return {speech_file(folder, language, line): (language, line) for language, line in lines}


class Speech:
    """Keeps the folder of sounds equal to the policy."""

    def __init__(self, loop: Loop, device: Device, folder: Path) -> None:
        self._loop = loop
        self._device = device
        self._folder = folder
        self._rendering = False
        self._wanted: dict[Path, tuple[Language, str]] = {}

    def render(self, agreements: tuple[Agreement, ...]) -> None:
        """Make what is missing and remove what nobody needs."""
        self._wanted = lines_of(agreements, self._folder)
        if not self._rendering:
            self._rendering = True
            self._loop.work("speech", self._make_all, self._made)

    def _make_all(self) -> dict[Path, tuple[Language, str]]:
        wanted = self._wanted
        try:
            secret_files.shared_folder(self._folder)
            for file in self._folder.glob("*.wav"):
                if file not in wanted:
                    file.unlink(missing_ok=True)
        except OSError as problem:
            raise DeviceFailed(f"no folder for sounds: {problem}") from problem
        for file, (language, line) in wanted.items():
            if wanted is not self._wanted:
                break  # a newer policy came: go on with that
            if not file.exists():
                self._device.render_speech(language, line, file)
        return wanted

    def _made(self, result: dict[Path, tuple[Language, str]] | AgentError) -> None:
        self._rendering = False
        if isinstance(result, AgentError):
            log.warning("speech not rendered", extra={"problem": str(result)})
        elif result is not self._wanted:
            self._rendering = True
            self._loop.work("speech", self._make_all, self._made)
