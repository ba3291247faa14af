"""The demo laptop: this very machine, its agent governing only the demo accounts."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from installer import demo_login, own, places, processes
from installer.errors import InstallerError
from installer.service import Service

COMMAND_SECONDS = 60.0
START_SECONDS = 30.0
HOOK = places.CLONE / "installer" / "linux" / "15gatepost"


class Laptop:
    """An agent of its own in a folder that outlives the run."""

    def __init__(self, folder: Path, accounts: list[str], *, theme: str = "") -> None:
        self.folder = places.open_folder(folder)
        self.config = folder / "agent.toml"
        self.state = folder / "agent"
        self.run_dir = folder / "run"
        self.log = folder / "agent.log"
        self.config.write_text(
            f"state_dir = {json.dumps(str(self.state))}\nrun_dir = {json.dumps(str(self.run_dir))}\n"
            f"govern = {json.dumps(accounts)}\ntheme = {json.dumps(theme)}\n"
            # Somebody's own computer: their sticks are none of the demo school's business.
            'usb = "leave"\n'
        )
        self.config.chmod(0o644)
        self.service = Service(
            "agent", own.service("agent", ["--config", str(self.config), "service"]), self.log
        )

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one `gatepost-agent` command."""
        return subprocess.run(
            own.module("agent", "--config", str(self.config), *arguments), capture_output=True, text=True,
            check=False, timeout=COMMAND_SECONDS, stdin=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip

    def status(self) -> dict[str, Any]:
        """Return what `gatepost-agent status --json` says; empty if it says nothing."""
        try:
            said: dict[str, Any] = json.loads(self.ask("status", "--json").stdout)
        except ValueError:
            return {}
        return said

    def is_enrolled(self) -> bool:
        """Say whether this laptop knows its server already."""
        return (self.state / "keys" / "enrolment.json").exists()

    def is_online(self) -> bool:
        """Say whether the server is reached now."""
        return self.status().get("connection") == "online"

    def waiting_records(self) -> int:
        """Return how many records wait in the journal; -1 if the service does not answer."""
        return int(self.status().get("waiting_records", -1))

    def enrol(self, address: str, code: str) -> None:
        """Enrol at the server; InstallerError with the agent's own words if that fails."""
        done = self.ask("enrol", address, code)
        if done.returncode:
            raise InstallerError(f"The laptop could not be enrolled:\n{done.stderr or done.stdout}")

    def start(self) -> None:
        """Start the service and wait until it takes logins."""
        self.service.start()
        processes.wait_for("the agent takes logins", self.is_up, START_SECONDS)

    def is_up(self) -> bool:
        """Say whether the service answers; InstallerError with its log if it does not stay up."""
        self.service.require()
        return (self.run_dir / "agent.sock").exists() and "connection" in self.status()

    def session_files(self) -> Path:
        """Write the demo's Xsession with our real hook, told where this laptop's agent is."""
        folder = places.open_folder(self.folder / "session")
        agent = folder / "gatepost-agent"
        agent.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -I -m agent "$@"\n')
        agent.chmod(0o755)
        fallback = folder / "without_service"
        fallback.write_text("end\n")
        hook = folder / HOOK.name
        told = {"GATEPOST_AGENT": agent, "GATEPOST_CONFIG": self.config, "GATEPOST_FALLBACK": fallback}
        hook.write_text(decide_hook(HOOK.read_text(), {name: str(path) for name, path in told.items()}))
        return demo_login.write_session_files(folder, hook)

    def stop(self) -> None:
        """Stop the service; its state stays."""
        self.service.stop()


def decide_hook(text: str, told: Mapping[str, str]) -> str:
    """Return the real hook with these three assignments changed; InstallerError if it lacks one."""
    for name, value in told.items():
        line = f"{name}={shlex.quote(value)}".replace("\\", "\\\\")
        text, found = re.subn(rf"(?m)^{name}=.*$", line, text)
        if found != 1:
            raise InstallerError(f"The login hook has no single line {name}=…")
    return text
