"""The demo school's server: made once from a profile, started, stopped, and asked for codes."""

import contextlib
import json
import socket
import sqlite3
import ssl
import subprocess
import urllib.error
import urllib.request
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from installer import own, processes
from installer.errors import InstallerError
from installer.service import Service
from policies import schools
from policies.schools import DemoPerson, SchoolProfile
from policies.settings import Language
from policies.wire import PolicyBody

START_SECONDS = 60.0
COMMAND_SECONDS = 60.0
DEFAULT_PORT = 8443
WAITS = 4
"""Exit code of a change that waits for a second adult."""


class SignIn(NamedTuple):
    """One adult who may sign in, as printed to the person who tries the demo."""

    username: str
    password: str
    name: str
    roles: tuple[str, ...]


class School:
    """One demo school in a folder that outlives the run."""

    def __init__(self, folder: Path, profile: str, *, port: int = DEFAULT_PORT) -> None:
        self._wanted_port = port
        self.profile: SchoolProfile = schools.load_profile(profile)
        self.folder = folder
        self.data = folder / "server"
        self.log = folder / "server.log"
        self._notes = folder / "demo.json"
        self.service = Service("server", own.service("server", ["--data", str(self.data), "run"]), self.log)

    # ---- made once ----

    def ensure_made(self) -> bool:
        """Make the school if it is not there yet; say whether it was made now."""
        if self._notes.exists():
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        port = free_port(self._wanted_port)
        here = ("--host", "127.0.0.1", "--bind", "127.0.0.1", "--port", str(port))
        told = self.ask("init", "--profile", self.profile.name, *here, "--demo", "--json")
        self._notes.touch(mode=0o600)
        self._notes.write_text(json.dumps(told))
        return True

    def _told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._notes.read_text())
        return found

    @property
    def address(self) -> str:
        """Return where the server answers, e.g. `https://localhost:8443`."""
        return str(self._told()["address"])

    def sign_ins(self) -> list[SignIn]:
        """Return the demo adults with their passwords."""
        return [
            SignIn(each["username"], each["password"], each["name"], tuple(each["roles"]))
            for each in self._told()["staff"]
        ]

    def sign_in_of(self, role: str) -> SignIn:
        """Return the first adult with this role."""
        return next(each for each in self.sign_ins() if role in each.roles)

    # ---- the command line ----

    def ask(self, *arguments: str, may_exit: tuple[int, ...] = (0,)) -> Any:
        """Run one `gatepost-server` command and return the JSON it printed."""
        done = subprocess.run(
            own.module("server", "--data", str(self.data), *arguments), capture_output=True, text=True,
            check=False, timeout=COMMAND_SECONDS, stdin=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        if done.returncode not in may_exit:
            raise InstallerError(f"gatepost-server {' '.join(arguments)}:\n{done.stderr or done.stdout}")
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    def new_code(self, room: str) -> str:
        """Return a one-time enrolment code for a laptop in this room."""
        return str(self.ask("code", "new", "--room", room, "--json")["code"])

    def set_policy(self, reason: str, **settings: int | bool) -> None:
        """Publish a changed policy, as a technician does: `lock__idle_after_seconds=40`."""
        pairs = [f"{name.replace('__', '.')}={json.dumps(value)}" for name, value in settings.items()]
        self.change_policy(*pairs, reason=reason)

    def change_policy(self, *pairs: str, reason: str) -> None:
        """Publish changed settings; where they weaken protection the head agrees, as somebody has to."""
        words = ("policy", "set", *pairs, "--reason", reason, "--risk", "agreed for this house", "--json")
        told = self.ask(*words, may_exit=(0, WAITS))
        if told["state"] == "waiting":
            self._agree(int(told["proposal"]))

    def _agree(self, proposal: int) -> None:
        from server import proposing
        from server.db import Database

        query = (
            "SELECT id, display_name FROM staff WHERE id IN (SELECT staff FROM staff_roles WHERE role = ?)"
        )
        heads = self.rows(query, "head")
        head: dict[str, Any] = heads[0] if heads else {"id": 0, "display_name": "Head"}
        author = proposing.Author(head["id"], head["display_name"], frozenset({"head"}))
        database = Database(self.data / "gatepost.sqlite")
        with contextlib.closing(database), database.write() as connection:
            proposing.approve(connection, proposal, by=author, words="agreed", now=datetime.now(UTC))

    # ---- looking ----

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Return what the server has kept, read beside it without disturbing it."""
        with contextlib.closing(
            sqlite3.connect(f"file:{self.data}/gatepost.sqlite?mode=ro", uri=True)
        ) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query, values)]

    def records(self, *types: str) -> list[dict[str, Any]]:
        """Return the bodies of all records of these types (all, if none is named), oldest first."""
        marks = ",".join("?" * len(types))
        where = f"WHERE type IN ({marks})" if types else ""
        found = self.rows(f"SELECT body FROM records {where} ORDER BY at, stream, seq", *types)  # noqa: S608
        return [json.loads(row["body"]) for row in found]

    def policy(self) -> PolicyBody:
        """Return the policy that is in force."""
        newest = self.rows("SELECT body_hash FROM policy_revisions ORDER BY number DESC LIMIT 1")[0]
        packed = self.rows("SELECT packed FROM policy_bodies WHERE hash = ?", newest["body_hash"])[0][
            "packed"
        ]
        return msgspec.json.decode(zlib.decompress(packed), type=PolicyBody)

    # ---- running ----

    def start(self) -> None:
        """Start the server and wait until it answers; InstallerError with its log if it does not."""
        self.service.start()
        processes.wait_for("the server answers", self.answers, START_SECONDS, every=0.2)

    def answers(self) -> bool:
        """Say whether the server answers over TLS now. Raises InstallerError if it gave up."""
        self.service.require()
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # only whether it is up; laptops and browser check who it is
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=3, context=context):  # noqa: S310
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def stop(self) -> None:
        """Stop the server; its data stays."""
        self.service.stop()


def pupils_of(profile: SchoolProfile, language: Language | None = None) -> list[DemoPerson]:
    """Return the profile's pupils, those with this language first; raise InstallerError if it has none."""
    offered = profile.settings.agreement.languages
    if language is not None and language not in offered:
        raise InstallerError(f"{profile.name} offers its agreement only in: {', '.join(offered)}.")
    wanted = language or offered[0]
    pupils = [person for person in profile.people if person.tier not in ("adult", "visitor")]
    return sorted(pupils, key=lambda person: person.language != wanted)


def free_port(wanted: int) -> int:
    """Return this port if nobody has it, else one that the system picks."""
    for port in (wanted, 0):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(trial.getsockname()[1])
    raise InstallerError("No free port on 127.0.0.1.")
