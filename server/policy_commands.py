"""`gatepost-server policy`: what laptops obey."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import msgspec

from policies.decoding import UNREADABLE
from policies.settings import Settings, SettingsRefused, refusal_sentence
from server import cli, publishing, state
from server.errors import Invalid
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

group = cli.Group("policy", help="What laptops obey.")


@group.command("publish")
@click.option("--profile", metavar="NAME", help="An example school; a wrong name lists them.")
@click.option(
    "--school", metavar="FILE", type=click.Path(path_type=Path), help="Your own school file (TOML)."
)
@click.option("--reason", default="")
def publish(profile: str | None, school: Path | None, reason: str) -> None:
    """Publish a school file or an example profile."""
    chosen = school_of(profile, school)
    with cli.opened() as here, here.db.write() as connection:
        number = publish_school(connection, chosen, reason)
    cli.say(f"policy {number} is published", {"number": number})


@group.command(
    "set", epilog=cli.examples('policy set lock.idle_after_seconds=240 --reason "agreed on Monday"')
)
@click.argument("setting", nargs=-1, required=True, metavar="PART.NAME=VALUE…")
@click.option("--reason", required=True)
def change(setting: tuple[str, ...], reason: str) -> None:
    """Publish the current policy with some settings changed."""
    with cli.opened() as here, here.db.write() as connection:
        now = publishing.current(connection)
        if now is None:
            raise Invalid("no policy is published yet: publish one with `policy publish --profile NAME`")
        changed = changed_settings(now.body.settings, setting)
        number = publishing.publish(
            connection,
            school=now.body.school,
            settings=changed,
            tiers=tuple(agreement.tier for agreement in now.body.agreements),
            profile=now.profile,
            by=cli.BY,
            now=state.utc_now(),
            reason=reason,
        )
    done = f"policy {number} is published"
    if number == now.number:
        done = f"Nothing changed; policy {number} stays."
    cli.say(done, {"number": number})


@group.command("show")
def show() -> None:
    """Show the current policy."""
    with cli.opened() as here, here.db.read() as connection:
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
    cli.say("\n".join(lines), shown)


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
