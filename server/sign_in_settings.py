"""`sign-in.toml` in the data folder: who has to give a second step, and the school's OpenID provider.

Not part of the policy: a provider's secret stands in it, so the file is its owner's alone.
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from server.errors import Invalid
from server.settings import Folder, is_loopback

Office = Literal["teacher", "technician", "safeguarding", "head", "governor", "specialist"]
Text = Annotated[str, Meta(min_length=1, max_length=300)]


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An OpenID Connect provider."""

    issuer: Text
    """As its discovery document says it, letter for letter."""
    client_id: Text
    client_secret: Annotated[str, Meta(max_length=500)] = ""
    """Empty for a public client; PKCE is used either way."""
    label: Annotated[str, Meta(max_length=60)] = ""
    """On the button; empty: "Use the school account"."""
    ca: Annotated[str, Meta(max_length=400)] = ""
    """A PEM file to trust it by, for a provider with the school's own authority."""


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    second_step_for: tuple[Office, ...] = ()
    """Offices whose holders have to set a second step before anything else opens."""
    provider: Provider | None = None


def path_of(folder: Folder) -> Path:
    """Return where it lies."""
    return folder.path / "sign-in.toml"


def read(folder: Folder) -> SignIn:
    """Return the settings; the defaults if there is no file. Raises Invalid for a wrong one."""
    path = path_of(folder)
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), SignIn)
    except FileNotFoundError:
        return SignIn()
    except (OSError, ValueError, RecursionError) as problem:
        raise Invalid(f"{path}: {problem}") from problem


class Kept:
    """The settings of a running server, read again when the file changes."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._stamp: object = None
        self._known = SignIn()

    def now(self) -> SignIn:
        """Return the settings. A file that was spoilt while running leaves the last good ones in force."""
        try:
            found = path_of(self._folder).stat()
            stamp: object = (found.st_mtime_ns, found.st_size, found.st_ino)
        except FileNotFoundError:
            stamp = ""
        if stamp != self._stamp:
            try:
                self._known = read(self._folder)
            except Invalid:
                if self._stamp is None:
                    raise
            self._stamp = stamp
        return self._known


def write(folder: Folder, settings: SignIn) -> None:
    """Write the file, replacing it in one step."""
    lines = ["# How staff sign in. Written by `gatepost-server sign-in`.\n"]
    lines.append(f"second_step_for = {_toml(list(settings.second_step_for))}\n")
    if settings.provider is not None:
        lines.append("\n[provider]\n")
        for name, value in msgspec.to_builtins(settings.provider).items():
            lines.append(f"{name} = {_toml(value)}\n")
    path = path_of(folder)
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(lines)
    temporary.replace(path)


def check_provider(provider: Provider) -> None:
    """Return if a provider can be asked safely; raise Invalid. Plain HTTP only on this machine."""
    address = urlsplit(provider.issuer)
    if address.scheme != "https" and not (address.scheme == "http" and is_loopback(provider.issuer)):
        raise Invalid("the issuer's address begins with https://")
    if not address.hostname or address.query or address.fragment:
        raise Invalid("the issuer is an address without ? and #, such as https://login.school.example")
    if provider.ca and not Path(provider.ca).is_file():
        raise Invalid(f"{provider.ca}: there is no such file")


def _toml(value: object) -> str:
    return msgspec.json.encode(value).decode()
