"""A Windows of a test's own: Windows Python under Wine, in a prefix made for it and ended after it."""

import subprocess
from pathlib import Path, PureWindowsPath
from typing import Any

from installer import own, places, wine_rig
from installer.wine_rig import Rig

SECONDS = 60.0


def seen_from_windows(path: Path) -> str:
    """Return how a program in Wine names this path of ours: Z: is the root."""
    return str(PureWindowsPath("Z:" + str(path)))


class Windows:
    """One prefix: a registry, a C:, services. `close` ends everything that runs in it."""

    def __init__(self, rig: Rig, prefix: Path, screen: dict[str, str] | None = None) -> None:
        """Make it; `screen` names the X display that its desktop begins on."""
        self.rig = rig
        self._screen = screen or {}
        self.prefix = rig.new_prefix(prefix, self._screen)
        self.c = prefix / "drive_c"
        self._started: list[subprocess.Popen[bytes]] = []

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a program in this Windows: nothing but what is said is shown anywhere."""
        environ = self.rig.environment(self.prefix)
        for name in ("DISPLAY", "WAYLAND_DISPLAY"):
            environ.pop(name, None)
        return {**environ, "PYTHONPATH": seen_from_windows(places.CLONE), **self._screen, **more}

    def run(
        self,
        *words: str,
        said: bytes = b"",
        seconds: float = SECONDS,
        check: bool = True,
        environ: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run Windows Python with these words; AssertionError with what it said if it fails."""
        return self.run_program(
            str(self.rig.python), *words, said=said, seconds=seconds, check=check, environ=environ
        )

    def run_program(
        self,
        program: str,
        *words: str,
        said: bytes = b"",
        seconds: float = SECONDS,
        check: bool = True,
        environ: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run any Windows program, by its path here or its name there (`msiexec`, `sc`)."""
        self.warm_up()
        done = subprocess.run(
            [str(wine_rig.WINE), program, *words],
            env=self.environment(**(environ or {})),
            cwd=places.CLONE,
            input=said,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
        text = subprocess.CompletedProcess(done.args, done.returncode, _text(done.stdout), _text(done.stderr))
        assert not check or text.returncode == 0, f"{words}: {text.returncode}\n{text.stdout}\n{text.stderr}"
        return text

    def start(
        self, *words: str, environ: dict[str, str] | None = None, **more: Any
    ) -> subprocess.Popen[bytes]:
        """Start Windows Python with pipes for its output; it is killed at the end if it still runs."""
        self.warm_up()
        started = subprocess.Popen(
            own.bound(*self.rig.command(*words)),
            env=self.environment(**(environ or {})),
            cwd=places.CLONE,
            **{
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                **more,
            },
        )
        self._started.append(started)
        return started

    def warm_up(self) -> None:
        """See to it that the server runs: after a minute without programs it has ended."""
        wine_rig.warm_up(self.rig, self.prefix, self._screen)

    def path(self, windows_path: str) -> Path:
        r"""Return where a path like C:\ProgramData\x lies on this machine."""
        drive, *parts = PureWindowsPath(windows_path).parts
        assert drive.lower() == "c:\\", windows_path
        return self.c.joinpath(*parts)

    def close(self) -> None:
        """End every program of this Windows, then its server."""
        wine_rig.end_prefix(self.rig, self.prefix)
        for each in self._started:
            each.kill()
            each.communicate()


def _text(said: bytes) -> str:
    return said.decode(errors="replace").replace("\r\n", "\n")
