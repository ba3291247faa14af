"""What each command does: the same functions the pages use, said in text or as one line of JSON."""

import argparse
import re
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from policies import schools
from policies.decoding import UNREADABLE
from policies.schools import SchoolProfile
from policies.settings import Settings, SettingsRefused, refusal_sentence
from server import accounts, codes, devices, people, publishing, serving, settings, state
from server.errors import Invalid
from server.settings import LOOPBACK_HELP, Config, Folder, is_loopback, laptop_address
from server.state import ServerState

Given = argparse.Namespace
Command = Callable[[Given, Folder], None]
Parsers = Any
"""argparse's own type for subparsers is private."""
_KINDS = {"int": "a whole number", "bool": "true or false", "str": "text", "array": "a list"}
_IN_WORDS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"Expected `int` >= (-?\d+)"), r"at least \1 is needed"),
    (re.compile(r"Expected `int` <= (-?\d+)"), r"at most \1 is possible"),
    (
        re.compile(r"Expected `(int|bool|str|array)( \| null)?`, got `\w+`"),
        lambda m: f"{_KINDS[m[1]]} is needed",
    ),
    (re.compile(r"Invalid enum value '(.*)'"), r"'\1' is not one of its values"),
)
"""msgspec's words for a refused value, and ours."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def say(given: Given, text: str, data: object) -> None:
    """Write the answer: text for people, or one line of JSON for programs."""
    line = msgspec.json.encode(data, enc_hook=str).decode() if given.json else text
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@contextmanager
def opened(folder: Folder) -> Iterator[ServerState]:
    """Open a data folder for one command; a server may run on it at the same time."""
    here = state.open_state(folder)
    here.db.upgrade()
    try:
        yield here
    finally:
        here.db.close()


def init(given: Given, folder: Folder) -> None:
    """Set a school up in an empty data folder."""
    if folder.config.exists():
        raise Invalid(f"{folder.path} is set up already; change {folder.config} or choose another --data")
    school = _school(given)
    config = Config(profile=school.name, hosts=tuple(given.host), bind=given.bind, port=given.port)
    msgspec.convert(msgspec.to_builtins(config), Config)
    folder.make()
    settings.write_config(folder, config)
    try:
        with opened(folder) as here:
            staff = _fill(here, school, given.demo)
    except BaseException:
        folder.config.unlink()  # so that init can be tried again
        raise
    address = laptop_address(config)
    lines = [f"{school.school.name}: the data is in {folder.path}, the address will be {address}"]
    for line in staff:
        lines.append(f"  {line['name']}: signs in as {line['username']} with {line['password']}")
    lines += [f"  still to do: {schools.SUPPLY_WORDS[what]['en']}" for what in school.must_supply]
    if not staff:
        lines.append("  next: gatepost-server staff add …, people import …, code new …, run")
    say(given, "\n".join(lines), {"address": address, "staff": staff, "must_supply": school.must_supply})


def _fill(here: ServerState, school: SchoolProfile, demo: bool) -> list[dict[str, Any]]:
    now, staff = state.utc_now(), []
    with here.db.write() as connection:
        _publish(connection, school, "the first policy")
        if not demo:
            return []
        listed = [msgspec.convert(msgspec.to_builtins(someone), people.Person) for someone in school.people]
        people.replace_people(connection, listed)
        rooms = tuple(sorted({someone.room for someone in listed if someone.room}))
        for adult in school.staff:
            password = new_password()
            accounts.add_staff(
                connection,
                name=adult.username,
                display_name=adult.name,
                roles=frozenset(adult.roles),
                rooms=rooms if "teacher" in adult.roles else (),
                password=password,
                language=school.settings.agreement.languages[0],
                now=now,
            )
            staff.append(
                {
                    "name": adult.name,
                    "username": adult.username,
                    "roles": sorted(adult.roles),
                    "password": password,
                }
            )
    return staff


def run(given: Given, folder: Folder) -> None:
    """Serve until stopped."""
    here = state.open_state(folder)
    serving.serve(
        here,
        lambda address: say(given, f"listening on {address}", {"listening": address}),
        given.bind,
        given.port,
    )


def staff_add(given: Given, folder: Folder) -> None:
    """Add an account."""
    password = _password(given)
    with opened(folder) as here, here.db.write() as connection:
        accounts.add_staff(
            connection,
            name=given.name,
            display_name=given.display_name,
            roles=frozenset(given.role),
            rooms=tuple(given.room),
            password=password,
            language=given.language,
            now=state.utc_now(),
        )
    _say_password(given, password)


def staff_password(given: Given, folder: Folder) -> None:
    """Give an account a new password; whoever is signed in under it is signed out."""
    password = _password(given)
    with opened(folder) as here, here.db.write() as connection:
        accounts.set_password(connection, given.name, password)
    _say_password(given, password)


def staff_list(given: Given, folder: Folder) -> None:
    """List accounts."""
    with opened(folder) as here, here.db.read() as connection:
        found = accounts.list_staff(connection)
    rows = [(a.name, a.display_name, ", ".join(sorted(a.roles)), ", ".join(a.rooms)) for a in found]
    say(given, table(("name", "display name", "roles", "rooms"), rows), [a._asdict() for a in found])


def staff_remove(given: Given, folder: Folder) -> None:
    """Close an account."""
    with opened(folder) as here, here.db.write() as connection:
        accounts.remove_staff(connection, given.name)
    say(given, f"{given.name} can no longer sign in", {"removed": given.name})


def code_new(given: Given, folder: Folder) -> None:
    """Make an enrolment code."""
    with opened(folder) as here, here.db.write() as connection:
        made = codes.new_code(
            connection,
            here.ca_der,
            room=given.room,
            uses=given.uses,
            hours=given.hours,
            by="command line",
            now=state.utc_now(),
        )
    until = f"{made.expires_at:%Y-%m-%d %H:%M} UTC"
    address = laptop_address(here.config)
    text = (
        f"{made.text}\nserves {made.uses} laptop(s) for {made.room} until {until}\n"
        f"on each laptop, as root: gatepost-agent enrol {address} {made.text}"
    )
    if is_loopback(address):
        text += f"\nonly this machine reaches {address}: {LOOPBACK_HELP}"
    say(given, text, {"code": made.text, "id": made.id, "room": made.room, "expires_at": made.expires_at})


def code_list(given: Given, folder: Folder) -> None:
    """List codes."""
    with opened(folder) as here, here.db.read() as connection:
        found = codes.list_codes(connection, state.utc_now())
    rows = [
        (
            str(c.id),
            c.room,
            f"{c.used}/{c.max_uses}",
            f"{c.expires_at:%Y-%m-%d %H:%M}",
            "open" if c.open else "over",
        )
        for c in found
    ]
    say(given, table(("id", "room", "used", "until (UTC)", ""), rows), [c._asdict() for c in found])


def people_import(given: Given, folder: Folder) -> None:
    """Replace the list of people."""
    try:
        if given.file == "-":
            text = sys.stdin.read()
        else:
            with open(given.file, encoding="utf-8", newline="") as file:  # noqa: PTH123 - newline matters to csv
                text = file.read()
    except (OSError, UnicodeDecodeError) as problem:
        raise Invalid(f"{given.file}: {problem}") from problem
    listed = people.read_csv(text)
    with opened(folder) as here, here.db.write() as connection:
        counts = people.replace_people(connection, listed)
    say(given, f"{counts.people} people are listed; {counts.removed} are no longer", counts._asdict())


def people_export(given: Given, folder: Folder) -> None:
    """Write the list as CSV."""
    with opened(folder) as here, here.db.read() as connection:
        listed = people.list_people(connection)
    say(given, people.write_csv(listed).removesuffix("\n"), listed)


def people_list(given: Given, folder: Folder) -> None:
    """Show the list."""
    with opened(folder) as here, here.db.read() as connection:
        listed = people.list_people(connection)
    rows = [tuple(getattr(someone, name) for name in people.COLUMNS) for someone in listed]
    say(given, table(people.COLUMNS, rows), listed)


def devices_list(given: Given, folder: Folder) -> None:
    """Show the laptops."""
    with opened(folder) as here, here.db.read() as connection:
        found = devices.list_devices(connection)
    rows = [
        (
            d.id,
            d.room,
            d.hostname,
            d.state,
            f"{d.applied_number or '-'}/{d.assigned_number or '-'}",
            f"{d.last_seen_at:%Y-%m-%d %H:%M}" if d.last_seen_at else "never",
        )
        for d in found
    ]
    head = ("laptop", "room", "host name", "state", "policy", "last seen (UTC)")
    say(given, table(head, rows), [d._asdict() for d in found])


def devices_retire(given: Given, folder: Folder) -> None:
    """Stop talking to a laptop."""
    with opened(folder) as here, here.db.write() as connection:
        devices.retire(connection, given.device, given.reason)
    say(given, f"{given.device} is retired; its records stay", {"retired": given.device})


def policy_publish(given: Given, folder: Folder) -> None:
    """Publish a school file."""
    school = _school(given)
    with opened(folder) as here, here.db.write() as connection:
        number = _publish(connection, school, given.reason)
    say(given, f"policy {number} is published", {"number": number})


def policy_set(given: Given, folder: Folder) -> None:
    """Publish the current policy with some settings changed."""
    with opened(folder) as here, here.db.write() as connection:
        now = publishing.current(connection)
        if now is None:
            raise Invalid("no policy is published yet: publish one with `policy publish --profile NAME`")
        changed = changed_settings(now.body.settings, given.setting)
        number = publishing.publish(
            connection,
            school=now.body.school,
            settings=changed,
            tiers=tuple(agreement.tier for agreement in now.body.agreements),
            profile=now.profile,
            by="command line",
            now=state.utc_now(),
            reason=given.reason,
        )
    done = f"policy {number} is published"
    if number == now.number:
        done = f"Nothing changed; policy {number} stays."
    say(given, done, {"number": number})


def changed_settings(before: Settings, changes: Sequence[str]) -> Settings:
    """Return settings with `part.name=value` changes put in; raise SettingsRefused for what cannot be."""
    tree = msgspec.to_builtins(before)
    for change in changes:
        path, equals, text = change.partition("=")
        part, dot, name = path.partition(".")
        if not equals or not dot:
            raise SettingsRefused(f"{change!r}: write PART.NAME=VALUE, e.g. lock.idle_after_seconds=240")
        if part not in tree:
            raise SettingsRefused(f"There is no part {part!r}; there are: {', '.join(tree)}")
        if name not in tree[part]:
            raise SettingsRefused(f"There is no setting {path}; {part} has: {', '.join(tree[part])}")
        try:
            value = msgspec.json.decode(text)
        except UNREADABLE:
            value = text
        tree[part][name] = value
    try:
        return msgspec.convert(tree, Settings)
    except msgspec.ValidationError as problem:
        raise SettingsRefused(refusal_in_words(problem)) from problem


def refusal_in_words(problem: msgspec.ValidationError) -> str:
    """Return why a value is refused as a person would say it, the setting first."""
    sentence = refusal_sentence(problem)
    for wanted, words in _IN_WORDS:
        sentence = wanted.sub(words, sentence)
    return sentence


def policy_show(given: Given, folder: Folder) -> None:
    """Show the current policy."""
    with opened(folder) as here, here.db.read() as connection:
        now = publishing.current(connection)
    if now is None:
        raise Invalid("no policy is published yet")
    lines = [
        f"policy {now.number} from {now.profile}, by {now.published_by}"
        f" at {now.published_at:%Y-%m-%d %H:%M} UTC"
    ]
    lines += [f"  {agreement.tier}: version {agreement.version}" for agreement in now.body.agreements]
    for part, values in msgspec.to_builtins(now.body.settings).items():
        lines += [
            f"  {part}.{name} = {msgspec.json.encode(value).decode()}" for name, value in values.items()
        ]
    shown = {"number": now.number, "body_hash": now.body_hash, "profile": now.profile, "body": now.body}
    say(given, "\n".join(lines), shown)


def new_password() -> str:
    """Return a strong password that can be read out: four groups of four."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def _password(given: Given) -> str:
    return sys.stdin.readline().rstrip("\r\n") if given.password_stdin else new_password()


def _say_password(given: Given, password: str) -> None:
    if given.password_stdin:
        say(given, f"{given.name}: done", {"name": given.name})
    else:
        text = f"{given.name}: the password is {password} (shown this once)"
        say(given, text, {"name": given.name, "password": password})


def _school(given: Given) -> SchoolProfile:
    if given.profile:
        return schools.load_profile(given.profile)
    try:
        return schools.parse_school(given.school.read_bytes(), given.school.stem)
    except OSError as problem:
        raise Invalid(f"{given.school}: {problem}") from problem


def _publish(connection: Any, school: SchoolProfile, reason: str) -> int:
    return publishing.publish(
        connection,
        school=school.school,
        settings=school.settings,
        tiers=school.tiers,
        profile=school.name,
        by="command line",
        now=state.utc_now(),
        reason=reason,
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows under their heads as plain text."""
    # A hostile host name must not move the cursor of whoever reads the list.
    plain = [[cell if cell.isprintable() else ascii(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in plain) for i in range(len(head))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in plain)
