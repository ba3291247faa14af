"""The server's own configuration: `server.toml` in its data folder, written once by `init`."""

import ipaddress
import tomllib
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from server.errors import Invalid

DEFAULT_FOLDER = Path("/var/lib/gatepost-server")
DEFAULT_PORT = 8443
Host = Annotated[str, Meta(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:_-]+$")]


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `server.toml` may say."""

    profile: Annotated[str, Meta(min_length=1, max_length=120)]
    """The school profile it was started from."""
    hosts: tuple[Host, ...] = ()
    """Names and addresses laptops and staff use, besides this machine's own."""
    bind: Host = "0.0.0.0"  # noqa: S104 - a school's laptops have to reach it
    port: Annotated[int, Meta(ge=0, le=65535)] = DEFAULT_PORT
    certificate: str = ""
    """A certificate chain you bring (PEM path), with `certificate_key`; laptops then pin `certificate_ca`."""
    certificate_key: str = ""
    certificate_ca: str = ""
    school_root_key: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")] = ""
    """Hexadecimal Ed25519 public key that laptops pin at enrolment; empty until reports come."""


LOOPBACK_HELP = "put the name other laptops use first in hosts of server.toml and start the server again"


def laptop_address(config: Config, seen: str = "") -> str:
    """
    Return the address laptops are given: the first configured host, else the one in `seen` (HOST:PORT).

    The port a page was opened with is known to work, so it goes before the configured one.
    """
    asked = urlsplit(f"//{seen}")
    host = config.hosts[0] if config.hosts else asked.hostname or "localhost"
    port = asked.port if seen else config.port
    host = f"[{host}]" if ":" in host else host
    return f"https://{host}:{port}" if port else f"https://{host}"


def is_loopback(address: str) -> bool:
    """Say whether an address reaches nothing but the machine it is used on."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class Folder:
    """Where everything lies in the data folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "server.toml"
        self.database = path / "gatepost.sqlite"
        self.keys = path / "keys"
        self.tls = path / "tls"

    def make(self) -> None:
        """Create the folder and its parts, readable by their owner only."""
        for folder in (self.path, self.keys, self.tls):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)


def read_config(folder: Folder) -> Config:
    """Return the configuration; raise Invalid if it is missing or wrong, saying how to mend it."""
    try:
        text = folder.config.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Invalid(
            f"{folder.config} is missing: run first: gatepost-server --data {folder.path} init --profile NAME"
        ) from None
    except UnicodeDecodeError as problem:
        raise Invalid(f"{folder.config}: {problem}") from problem
    try:
        return msgspec.convert(tomllib.loads(text), Config)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as problem:
        raise Invalid(f"{folder.config}: {problem}") from problem


def write_config(folder: Folder, config: Config) -> None:
    """Write `server.toml`, replacing it in one step."""
    lines = []
    for name, value in msgspec.to_builtins(config).items():
        lines.append(f"{name} = {msgspec.json.encode(value).decode()}\n")
    temporary = folder.config.with_suffix(".new")
    temporary.write_text("".join(lines))
    temporary.chmod(0o600)
    temporary.replace(folder.config)
