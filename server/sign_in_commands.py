"""`gatepost-server sign-in`: second steps, the school's OpenID provider, break-glass, sessions and tokens."""

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from server import (
    accounts,
    api_tokens,
    break_glass,
    cli,
    invitations,
    provider_links,
    providers,
    second_steps,
    sessions,
    sign_in_events,
    sign_in_settings,
    state,
)
from server.accounts import Staff
from server.errors import Invalid
from server.settings import laptop_address, read_config
from server.sign_in_settings import Provider, SignIn

group = cli.Group("sign-in", help="How staff sign in: second step, school account, break-glass, tokens.")
oidc = cli.Group("oidc", help="The school's OpenID provider (Google, Microsoft, Keycloak, Canaille, …).")
glass = cli.Group("break-glass", help="The account on paper, for the day when nobody else gets in.")
tokens = cli.Group("token", help="Tokens for programs that use /api/v1.")
for _each in (oidc, glass, tokens):
    group.add_command(_each)


@group.command("show")
def show() -> None:
    """Show the settings, and who has which ways in."""
    with cli.opened() as here, here.db.read() as db:
        chosen = sign_in_settings.read(here.folder)
        steps = second_steps.set_at(db)
        linked = {number for number, _ in provider_links.list_links(db)}
        waiting = invitations.open_invitations(db, state.utc_now())
        sealed = break_glass.status(db)
        found = [(one, accounts.has_password(db, one.id)) for one in accounts.list_staff(db)]
    rows = [
        (
            one.name,
            ", ".join(sorted(one.roles)),
            "yes" if password else ("invited" if one.id in waiting else "no"),
            "on" if one.id in steps else ("due" if one.roles & set(chosen.second_step_for) else "off"),
            "linked" if one.id in linked else "",
        )
        for one, password in found
    ]
    provider = chosen.provider.issuer if chosen.provider else "none"
    lines = [
        f"second step for: {', '.join(chosen.second_step_for) or 'whoever wants it'}",
        f"provider: {provider}",
        f"break-glass: {_glass_words(sealed)}",
        cli.table(
            ("name", "roles", "password", "second step", "provider"),
            rows,
            {"on": "good", "due": "warn", "invited": "warn"},
        ),
    ]
    data = {
        "second_step_for": chosen.second_step_for,
        "provider": provider if chosen.provider else None,
        "break_glass": sealed._asdict() if sealed else None,
        "staff": [
            dict(zip(("name", "roles", "password", "second_step", "provider"), row, strict=True))
            for row in rows
        ],
    }
    cli.say("\n".join(lines), data)


@group.command(
    "second-step",
    epilog=cli.examples("sign-in second-step --for technician --for head", "sign-in second-step --free"),
)
@click.option("--for", "offices", multiple=True, type=click.Choice(accounts.ROLES), help="May be repeated.")
@click.option("--free", is_flag=True, help="For nobody; whoever wants it may set it.")
def second_step(offices: tuple[Any, ...], free: bool) -> None:
    """Say which offices have to give a second step; their holders set it at their next page."""
    if bool(offices) == free:
        raise click.UsageError("Say either --for OFFICE, or --free.")
    _change(second_step_for=tuple(dict.fromkeys(offices)))
    said = f"a second step is due for: {', '.join(offices)}" if offices else "a second step is free for all"
    cli.say(said, {"second_step_for": offices})


@group.command("reset")
@click.argument("name")
def reset(name: str) -> None:
    """Take somebody's second step away: phone and recovery codes are lost. Their sessions end."""
    with cli.opened() as here, here.db.write() as db:
        account = accounts.find_staff(db, name)
        second_steps.remove(db, account.id)
        sessions.close_all(db, account.id)
        _note(db, account, "second-step-reset")
    cli.say(f"{account.name} signs in without a second step until they set one", {"reset": account.name})


@group.command("end")
@click.argument("name")
def end(name: str) -> None:
    """End every session of an account."""
    with cli.opened() as here, here.db.write() as db:
        account = accounts.find_staff(db, name)
        ended = sessions.close_all(db, account.id)
        _note(db, account, "sessions-ended")
    cli.say(f"{account.name}: {ended} session(s) ended", {"name": account.name, "ended": ended})


@group.command("sessions")
@click.argument("name")
def list_sessions(name: str) -> None:
    """Show where somebody is signed in."""
    with cli.opened() as here, here.db.read() as db:
        found = sessions.list_sessions(db, accounts.find_staff(db, name).id, state.utc_now())
    rows = [
        (one.browser or "?", one.address, one.how, f"{one.since:%Y-%m-%d %H:%M}", f"{one.used_at:%H:%M}")
        for one in found
    ]
    shown = [{name: value for name, value in one._asdict().items() if name != "token_hash"} for one in found]
    cli.say(cli.table(("browser", "network", "how", "since (UTC)", "used"), rows), shown)


@group.command("log")
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True)
def log(days: int) -> None:
    """Show what changed about how people sign in."""
    with cli.opened() as here, here.db.read() as db:
        since = state.utc_now() - sign_in_events.RECENT / 30 * days
        found = sign_in_events.list_events(db, since=since, most=1000)
    rows = [(f"{e.at:%Y-%m-%d %H:%M}", e.name, e.what, e.by, e.address) for e in found]
    looks: dict[str, cli.Look] = {"break-glass-used": "bad", "code-guessing": "bad", "password-known": "warn"}
    cli.say(
        cli.table(("when (UTC)", "account", "what", "by", "network"), rows, looks),
        [e._asdict() for e in found],
    )


# ---- the provider ----


@oidc.command(
    "set",
    epilog=cli.examples(
        "sign-in oidc set --issuer https://login.school.example --client-id gatepost --secret-stdin <secret"
    ),
)
@click.option("--issuer", required=True, help="As the provider's own document says it, letter for letter.")
@click.option("--client-id", required=True, help="As the provider gave it for this server.")
@click.option("--secret-stdin", is_flag=True, help="Read the client's secret from standard input.")
@click.option("--label", default="", help='On the button, instead of "Use the school account".')
@click.option(
    "--ca", default="", help="PEM file to trust the provider by, if its authority is the school's own."
)
@click.option("--unchecked", is_flag=True, help="Do not ask the provider first whether it answers.")
def oidc_set(issuer: str, client_id: str, secret_stdin: bool, label: str, ca: str, unchecked: bool) -> None:
    """Let staff sign in with their school account. It is asked first whether it is there."""
    secret = sys.stdin.readline().rstrip("\r\n") if secret_stdin else ""
    provider = Provider(
        issuer=issuer,
        client_id=client_id,
        client_secret=secret,
        label=label,
        ca=str(Path(ca).absolute()) if ca else "",
    )
    sign_in_settings.check_provider(provider)
    if not unchecked:
        _ask(provider)
    _change(provider=provider)
    back = f"{laptop_address(read_config(cli.folder()))}/sign-in/provider/back"
    text = (
        f"staff may sign in through {issuer}\n"
        f"at the provider, allow this address to come back to: {back}\n"
        "then link each colleague: gatepost-server sign-in oidc link NAME --email ADDRESS"
    )
    cli.say(text, {"issuer": issuer, "redirect_uri": back})


@oidc.command("off")
def oidc_off() -> None:
    """Stop using the provider; passwords, links and sessions stay."""
    _change(provider=None)
    cli.say("the provider is used no more", {"provider": None})


@oidc.command("check")
def oidc_check() -> None:
    """Ask the provider whether it answers as it should."""
    provider = sign_in_settings.read(cli.folder()).provider
    if provider is None:
        raise Invalid("no provider is set: gatepost-server sign-in oidc set …")
    _ask(provider)
    cli.say(f"{provider.issuer} answers", {"issuer": provider.issuer, "answers": True})


@oidc.command("link", epilog=cli.examples("sign-in oidc link o.kaya --email o.kaya@school.example"))
@click.argument("name")
@click.option("--email", default="", help="Their address there; the provider has to say that it is verified.")
@click.option(
    "--subject", default="", help="Their lasting id there (`sub`), where addresses are not verified."
)
def oidc_link(name: str, email: str, subject: str) -> None:
    """Link a colleague's account here with theirs at the provider. Nobody is ever added by signing in."""
    provider = sign_in_settings.read(cli.folder()).provider
    if provider is None:
        raise Invalid("no provider is set: gatepost-server sign-in oidc set …")
    with cli.opened() as here, here.db.write() as db:
        account = accounts.find_staff(db, name)
        provider_links.link(
            db, account, issuer=provider.issuer, email=email, subject=subject, by=cli.BY, now=state.utc_now()
        )
    cli.say(
        f"{account.name} may sign in as {email or subject}",
        {"name": account.name, "linked": email or subject},
    )


@oidc.command("unlink")
@click.argument("name")
def oidc_unlink(name: str) -> None:
    """End a colleague's links with the provider."""
    with cli.opened() as here, here.db.write() as db:
        account = accounts.find_staff(db, name)
        gone = provider_links.unlink(db, account, by=cli.BY, now=state.utc_now())
    cli.say(f"{account.name}: {gone} link(s) ended", {"name": account.name, "ended": gone})


# ---- break-glass ----


@glass.command("seal")
def glass_seal() -> None:
    """Make the account, or give it a new password; print it once, on paper, for an envelope in the safe."""
    password = cli.new_password()
    with cli.opened() as here, here.db.write() as db:
        name = break_glass.seal(db, password, by=cli.BY, now=state.utc_now())
    address = laptop_address(here.config)
    text = (
        "To be opened in an emergency only\n\n"
        f"  address       {address}/sign-in\n  sign-in name  {name}\n  password      {password}\n\n"
        "Whoever signs in with it is seen by the head and the technicians at once.\n"
        "Afterwards it is sealed anew with another password."
    )
    cli.say(text, {"name": name, "password": password})


@glass.command("status")
def glass_status() -> None:
    """Show whether it was used."""
    with cli.opened() as here, here.db.read() as db:
        sealed = break_glass.status(db)
    cli.say(_glass_words(sealed), sealed._asdict() if sealed else None)


# ---- tokens ----


@tokens.command(
    "new", epilog=cli.examples('sign-in token new o.kaya --program "nightly roster" --days 90 --write')
)
@click.argument("name")
@click.option("--program", required=True, help="What it is for.")
@click.option("--days", type=int, default=90, show_default=True, help="How long it serves.")
@click.option("--write", is_flag=True, help="It may change things, not only read.")
def token_new(name: str, program: str, days: int, write: bool) -> None:
    """Make a token that does what NAME may do; it is shown this once."""
    with cli.opened() as here, here.db.write() as db:
        owner = accounts.find_staff(db, name)
        token = api_tokens.make(
            db, owner, name=program, days=days, read_only=not write, by=cli.BY, now=state.utc_now()
        )
    cli.say(f"{token}\n(shown this once)", {"token": token, "owner": owner.name})


@tokens.command("list")
@click.argument("name")
def token_list(name: str) -> None:
    """Show somebody's tokens, without their secrets."""
    with cli.opened() as here, here.db.read() as db:
        found = api_tokens.list_tokens(db, accounts.find_staff(db, name).id, state.utc_now())
    rows = [
        (
            str(t.id),
            t.name,
            "read" if t.read_only else "read and change",
            f"{t.expires_at:%Y-%m-%d}",
            f"{t.used_at:%Y-%m-%d %H:%M}" if t.used_at else "never",
        )
        for t in found
    ]
    head = ("id", "program", "may", "until", "used (UTC)")
    cli.say(cli.table(head, rows), [t._asdict() for t in found])


@tokens.command("end")
@click.argument("name")
@click.argument("token", type=int)
def token_end(name: str, token: int) -> None:
    """End one of somebody's tokens, by its id."""
    with cli.opened() as here, here.db.write() as db:
        api_tokens.end(db, accounts.find_staff(db, name), token, state.utc_now(), by=cli.BY)
    cli.say(f"token {token} is ended", {"ended": token})


def _change(**changes: Any) -> None:
    folder = cli.folder()
    read_config(folder)
    found: SignIn = msgspec.structs.replace(sign_in_settings.read(folder), **changes)
    sign_in_settings.write(folder, found)


def _ask(provider: Provider) -> None:
    try:
        providers.Client(provider).metadata()
    except providers.ProviderRefused as refused:
        raise Invalid(
            f"{provider.issuer} does not answer as an OpenID provider ({refused}): check the address; with "
            "--unchecked it is set all the same"
        ) from refused


def _glass_words(sealed: break_glass.Sealed | None) -> str:
    if sealed is None:
        return "none yet: gatepost-server sign-in break-glass seal"
    if sealed.used_at is not None:
        return f"USED {sealed.used_at:%Y-%m-%d %H:%M} UTC: ask why, then seal it anew"
    return f"sealed since {sealed.sealed_at:%Y-%m-%d}, by {sealed.sealed_by}"


def _note(db: Any, account: Staff, what: sign_in_events.What) -> None:
    sign_in_events.write(
        db, at=state.utc_now(), staff_id=account.id, name=account.display_name, what=what, by=cli.BY
    )
