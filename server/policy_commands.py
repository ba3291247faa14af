"""`gatepost-server policy`: what laptops obey, who changed it, and how a change reaches them."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from policies import tree_files
from policies.decoding import UNREADABLE
from policies.resolving import Resolver
from policies.setting_names import PARTS, TYPES, as_text, get_value, put_values
from policies.settings import TIERS, Settings, SettingsRefused, Tier
from policies.tree import Layer, Origin, Placement, PolicyTree, Scope
from server import (
    assigning,
    cli,
    placing,
    policy_folder_commands,
    policy_saying,
    policy_store,
    proposing,
    rollout_commands,
    state,
)
from server.errors import Invalid, NotFound
from server.policy_store import Revision
from server.school_commands import publish_school, school_of

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

group = cli.Group(
    "policy",
    help="What laptops obey.\n\nA change that weakens protection is only proposed: a second adult approves "
    "it on the page.\n\nExit codes: 0 done, 1 refused, 2 wrong usage, 3 differs (`diff`), 4 kept: it waits "
    "for a second adult.",
)
for command in (*policy_folder_commands.COMMANDS, rollout_commands.rollback, rollout_commands.rollout):
    group.add_command(command)


@group.command("publish", epilog=cli.examples('policy publish --school us.toml --reason "new term"'))
@click.option("--profile", metavar="NAME", help="An example school; a wrong name lists them.")
@click.option(
    "--school", metavar="FILE", type=click.Path(path_type=Path), help="Your own school file (TOML)."
)
@policy_saying.change_options
def publish(profile: str | None, school: Path | None, **how: Any) -> None:
    """Put a school file or an example in place of the school's own settings; layers stay."""
    chosen = school_of(profile, school)
    asked = policy_saying.given(**how)

    times = tree_files.school_times(chosen.when)

    def make(newest: Revision) -> PolicyTree:
        kept = newest.tree.layers
        if times:
            # The file's own times stand in place of the school's; every other place stays as it is.
            kept = (*times, *(layer for layer in kept if layer.scope != "school"))
        return msgspec.structs.replace(
            newest.tree,
            school=chosen.school,
            tiers=chosen.tiers,
            settings=chosen.settings,
            layers=kept,
            profile=chosen.name,
        )

    with cli.opened() as here:
        with here.db.write() as connection:
            is_first = policy_store.newest_number(connection) is None
            if is_first:
                number = publish_school(connection, chosen, asked.reason or "the first policy")
        if is_first:
            known = {"state": "applied", "number": number, "changes": [], "weakens": False}
            cli.say(f"policy {number} is published", known)
            return
        policy_saying.change(here, make, asked._replace(reason=asked.reason or f"{chosen.name} is published"))


@group.command(
    "set",
    epilog=cli.examples(
        'policy set lock.idle_after_seconds=240 --reason "agreed on Monday"',
        'policy set lock.idle_after_seconds=120 --room "Lab 1" --reason "the corridor" --wait',
        'policy set usb.scan.most_file_bytes=500000000 --reason "slow sticks"',
    ),
)
@click.argument("setting", nargs=-1, metavar="PART.NAME=VALUE…")
@click.option("--unset", multiple=True, metavar="PART.NAME", help="Take a setting out of the layer.")
@click.option("--room", help="Only in this room.")
@click.option("--site", help="Only at this site.")
@click.option("--group", "in_group", help="Only for this group of laptops.")
@click.option("--device", help="Only for this laptop (its id).")
@click.option("--tier", multiple=True, type=click.Choice(TIERS), help="Only for these people.")
@policy_saying.change_options
def change(
    setting: tuple[str, ...],
    unset: tuple[str, ...],
    room: str | None,
    site: str | None,
    in_group: str | None,
    device: str | None,
    tier: tuple[Tier, ...],
    **how: Any,
) -> None:
    """Change some settings, for the school or for a part of it."""
    places: dict[Scope, str | None] = {"room": room, "site": site, "group": in_group, "device": device}
    named = [(scope, name) for scope, name in places.items() if name]
    if len(named) > 1:
        raise click.UsageError("Say one of --room, --site, --group, --device.")
    if not setting and not unset:
        raise click.UsageError("Say what to set: PART.NAME=VALUE, or --unset PART.NAME.")
    asked = policy_saying.given(**how)
    if not asked.reason:
        raise click.UsageError("Missing option '--reason'.")
    scope, name = named[0] if named else ("school", "")

    def make(newest: Revision) -> PolicyTree:
        if scope == "school" and not tier and not unset:
            return msgspec.structs.replace(
                newest.tree, settings=changed_settings(newest.tree.settings, setting)
            )
        return changed_layer(newest.tree, scope, name or "", tier, setting, unset)

    with cli.opened() as here:
        policy_saying.change(here, make, asked)


@group.command(
    "show",
    epilog=cli.examples('policy show --room "Lab 1"', "policy show --device ID lock.idle_after_seconds"),
)
@click.argument("setting", required=False, metavar="PART.NAME")
@click.option("--room", help="What holds in this room.")
@click.option("--device", help="What holds on this laptop (its id).")
@click.option("--tier", type=click.Choice(TIERS), help="For these people.")
def show(setting: str | None, room: str | None, device: str | None, tier: Tier | None) -> None:
    """Show the current policy; of one setting, also where its value comes from."""
    with cli.opened() as here, here.db.read() as connection:
        newest = policy_store.current_tree(connection)
        if newest is None:
            raise Invalid("no policy is published yet")
        placement = Placement("", room or "")
        given = None
        if device:
            found = placing.placements(connection, [device])
            if device not in found:
                raise NotFound(f"there is no laptop {device!r}")
            placement, given = found[device], assigning.get(connection, device)
            if given is not None:
                newest = policy_store.get_revision(connection, given.revision)
    resolver = Resolver(newest.tree)
    if setting is not None:
        origins = resolver.explain(placement, setting, tier)
        cli.say(
            "\n   instead of ".join(_origin(each) for each in origins), [each._asdict() for each in origins]
        )
        return
    resolved = resolver.resolve(placement)
    who = f"by {newest.by.name} at {_at(newest.at)}"
    lines = [f"policy {newest.number} from {newest.tree.profile}, {who}"]
    lines += [f"  {each}: version {version}" for each, version in newest.agreements.items()]
    for name in TYPES:
        origin = resolved.origins[name]
        where = "" if origin.scope == "school" else f"   ({origin.scope} {origin.name})"
        lines.append(f"  {name} = {as_text(get_value(resolved.settings, name))}{where}")
    for variant in resolved.variants:
        said = ", ".join(f"{name} = {as_text(value)}" for name, value in variant.change.items())
        lines.append(f"  for {', '.join(variant.tiers) or 'everybody'}, {_when(variant.when)}: {said}")
    known = {
        "number": newest.number,
        "body_hash": given.body_hash if given else newest.body_hash,
        "assignment": given.number if given else None,
        "profile": newest.tree.profile,
        "tree": newest.tree,
        "settings": resolved.settings,
        "variants": resolved.variants,
    }
    cli.say("\n".join(lines), known)


@group.command("log")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
def log(limit: int) -> None:
    """Show who changed the settings, when and why, newest first."""
    with cli.opened() as here, here.db.read() as connection:
        found = policy_store.list_revisions(connection, limit)
    rows = [
        (str(each.number), f"{each.at:%Y-%m-%d %H:%M}", each.kind, each.by.name, each.reason)
        for each in found
    ]
    known = [
        {
            "number": each.number,
            "at": each.at,
            "kind": each.kind,
            "by": each.by.name,
            "reason": each.reason,
            "proposal": each.proposal,
        }
        for each in found
    ]
    cli.say(cli.table(("policy", "at (UTC)", "how", "by", "why"), rows, {"stopped": "bad"}), known)


@group.command("waiting")
def waiting() -> None:
    """Show changes that wait: for a second adult, to be applied, or to be put together with another."""
    with cli.opened() as here, here.db.read() as connection:
        found = proposing.list_proposals(connection, ("ready", "waiting", "outdated"))
        words = {each.number: policy_saying.words_of(connection, each) for each in found}
    blocks = []
    for each in found:
        head = f"change {each.number} ({each.state}), by {each.by.name} at {_at(each.at)}: {each.reason}"
        risk = [f"  risk: {each.risk}"] if each.risk else []
        blocks += [head, *risk, *(f"  {line}" for line in words[each.number])]
    known = [
        {
            "proposal": each.number,
            "state": each.state,
            "by": each.by.name,
            "at": each.at,
            "reason": each.reason,
            "risk": each.risk,
            "weakens": each.weakens,
            "affected": each.affected,
            "changes": words[each.number],
            "overlaps": each.overlaps,
        }
        for each in found
    ]
    cli.say("\n".join(blocks) or "no change waits", known)


@group.command("withdraw")
@click.argument("change", type=int)
def withdraw(change: int) -> None:
    """Take back a CHANGE that was proposed on the command line."""
    with cli.opened() as here, here.db.write() as connection:
        proposing.withdraw(connection, change, by=proposing.COMMAND_LINE, now=state.utc_now())
    cli.say(f"change {change} is taken back", {"proposal": change, "state": "withdrawn"})


def changed_settings(before: Settings, changes: Sequence[str]) -> Settings:
    """Return settings with `part.name=value` changes put in; raise SettingsRefused for what cannot be."""
    return _in_words(lambda: put_values(before, dict(_pair(each) for each in changes)))


def changed_layer(
    tree: PolicyTree,
    scope: Scope,
    name: str,
    tiers: Sequence[Tier],
    changes: Sequence[str],
    unset: Sequence[str] = (),
) -> PolicyTree:
    """Return the tree with one layer changed: all day, for these tiers (nobody named: everybody)."""
    wanted = frozenset(tiers)
    mine = [
        each
        for each in tree.layers
        if (each.scope, each.name, frozenset(each.tiers), each.when) == (scope, name, wanted, None)
    ]
    content: dict[str, Any] = {}
    for each in mine:
        content |= each.change
    for setting in unset:
        if setting not in content:
            raise SettingsRefused(f"{setting}: nothing of it is set there.")
        del content[setting]
    content |= dict(_pair(each) for each in changes)
    _in_words(lambda: put_values(tree.settings, content))
    others = tuple(each for each in tree.layers if each not in mine)
    ordered = tuple(tier for tier in TIERS if tier in wanted)
    note = mine[0].note if mine else ""
    made = Layer(scope=scope, name=name, tiers=ordered, change=content, note=note)
    return msgspec.structs.replace(tree, layers=(*others, made) if content else others)


def _pair(change: str) -> tuple[str, Any]:
    """Return the setting and the value of one `part.name=value`."""
    path, equals, text = change.partition("=")
    part, dot, _ = path.partition(".")
    if not equals or not dot:
        raise SettingsRefused(f"{change!r}: write PART.NAME=VALUE, e.g. lock.idle_after_seconds=240")
    if part not in PARTS:
        raise SettingsRefused(f"There is no part {part!r}; there are: {', '.join(PARTS)}")
    if path not in TYPES:
        known = [name.removeprefix(f"{part}.") for name in TYPES if name.startswith(f"{part}.")]
        raise SettingsRefused(f"There is no setting {path}; {part} has: {', '.join(known)}")
    try:
        return path, msgspec.json.decode(text)
    except UNREADABLE:
        return path, text


def _in_words(make: Callable[[], Settings]) -> Settings:
    try:
        return make()
    except SettingsRefused as problem:
        raise SettingsRefused(refusal_in_words(str(problem))) from problem


def refusal_in_words(sentence: str) -> str:
    """Return why a value is refused as a person would say it."""
    for wanted, words in _IN_WORDS:
        sentence = wanted.sub(words, sentence)
    return sentence


def _origin(origin: Origin) -> str:
    where = f"{origin.scope} {origin.name}".strip()
    who = f", for {', '.join(origin.tiers)}" if origin.tiers else ""
    when = f", {_when(origin.when)}" if origin.when else ""
    return f"{as_text(origin.value)}   ({where}{who}{when})"


def _when(window: Any) -> str:
    if window is None:
        return "always"
    days = f"{window.from_day or ''}–{window.until_day or ''} " if window.from_day or window.until_day else ""
    return f"{days}{' '.join(window.days)} {window.starts}–{window.ends}"


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
