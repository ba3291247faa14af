"""`installer run`: a demo school and a school laptop on this machine, until Ctrl-C."""

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from installer import accounts, officers, own, places, processes
from installer.accounts import ONE_AT_A_TIME, DemoAccount
from installer.demo_login import Login
from installer.displays import Display
from installer.environment import only_one
from installer.errors import InstallerError
from installer.laptop import Laptop
from installer.own import bound
from installer.school import School, pupils_of
from installer.speech import Stopwatch, say
from installer.tour.teacher import launch
from policies.settings import Language

DEFAULT_PROFILE = "primary-england"
WATCH_SECONDS = 0.5


class Stopped(Exception):
    """The person wants to stop."""


def run(asked: argparse.Namespace) -> int:
    """Bring everything up, say how to use it, keep it up, and take it away on Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    profile = asked.profile or DEFAULT_PROFILE
    watch = Stopwatch()
    kept: Path | None = None
    with ExitStack() as later:
        try:
            later.enter_context(only_one("run", refuse=ONE_AT_A_TIME))
            for name in accounts.remove_leftovers():
                say(f"Removed the demo account {name}, left by an earlier run.")
            folder = places.open_folder(places.runtime_dir() / f"demo-{profile}")
            if asked.fresh:
                shutil.rmtree(folder, ignore_errors=True)
                places.open_folder(folder)
            kept = folder
            house = _House(folder, profile, asked.language, later)
            house.start()
            house.explain(watch)
            house.play()
        except Stopped:
            say("\nStopping.")
        except KeyboardInterrupt:
            say("\nStopping.")
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
    say("Stopped: no process and no account is left.")
    if kept is not None:
        say(f"The school's data is kept for the next start in {kept}\n  (remove it: rm -r {kept})")
    return 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def decide_screen_words(name: str, authority: Path) -> str:
    """Return how to see a display that has no screen, and how to press its keys."""
    reach = f"    DISPLAY={name} XAUTHORITY={shlex.quote(str(authority))}"
    return (
        f"\nThe laptop's screen is {name} now. Look at it and use it from another terminal, as root:\n"
        f"{reach} import -window root screen.png\n"
        f"{reach} xdotool key Tab\n"
        f"{reach} xdotool mousemove 683 384 click 1"
    )


class _House:
    """The running demo."""

    def __init__(self, folder: Path, profile: str, language: Language | None, later: ExitStack) -> None:
        self._folder = folder
        self._later = later
        self._school = School(folder / "school", profile)
        self._people = people = pupils_of(self._school.profile, language)
        self._laptop = Laptop(folder / "laptop", [person.os_user for person in people])
        self._accounts: dict[str, DemoAccount] = {}
        self._nested = os.environ.get("DISPLAY") or None
        self._told_screen = ""

    def start(self) -> None:
        """Start server, accounts and agent, each with a bound; InstallerError says what did not come."""
        school, laptop = self._school, self._laptop
        say(f"Starting {school.profile.school.name} …")
        if school.ensure_made():
            say("  a new school was made from the profile")
        self._later.callback(school.stop)
        school.start()
        self._make_officers()
        password = accounts.new_password()
        for person in self._people:
            self._later.callback(accounts.remove_account, person.os_user)
            self._accounts[person.os_user] = accounts.make_account(person.os_user, password)
        if not laptop.is_enrolled():
            laptop.enrol(school.address, school.new_code(self._people[0].room))
            say("  this machine was enrolled as a school laptop")
        self._later.callback(laptop.stop)
        laptop.start()

    def _make_officers(self) -> None:
        """Let the invented officers make their keys, once; without a browser reporting stays off."""
        if officers.made(self._school):
            return
        say("  the safeguarding officers make their keys in a browser (once, about half a minute)")
        try:
            with sync_playwright() as playwright:
                browser = launch(playwright, self._school.address, self._folder)
                officers.make(self._school, browser, viewport={"width": 1280, "height": 900})
                browser.close()
        except (PlaywrightError, processes.NotInTime) as problem:
            say(f"  that did not work, so reporting stays off: {str(problem).splitlines()[0][:200]}")

    def explain(self, watch: Stopwatch) -> None:
        """Say where everything is and what to try."""
        school = self._school
        say(f"\nReady after {watch}.\n\nThe server    {school.address}")
        say("              (the browser warns once: the demo school's own authority signed the certificate)")
        for adult in school.sign_ins():
            say(f"    {adult.username:<12} {adult.password:<24} {adult.name}, {', '.join(adult.roles)}")
        keys = officers.made(school)
        if keys:
            say("\nSealed reports   passphrases of the invented officers (a real one is on paper only)")
            for officer in keys:
                say(f"    {officer.username:<12} {officer.passphrase:<24} {officer.name}, {officer.place}")
            say(f"    recovery sheet  {keys[0].sheet}")
        where = (
            "in the window that opens now"
            if self._nested
            else "on a virtual screen (no display found here); how to look and type stands below"
        )
        say(f"\nThe laptop    {where}")
        for person in self._people:
            password = self._accounts[person.os_user].password
            say(f"    {person.os_user:<12} {password:<24} {person.display_name}")
        say("              (the password opens the locked screen)")
        say(
            "\nWhat to try\n"
            "  1. Sign in on the laptop; read the agreement and accept it, or sign out.\n"
            "     Later, Sign out stands at the right end of the laptop's bar.\n"
            "  2. As the teacher, open Lab and Agreements in the browser: the acceptance is there.\n"
            "  3. On the laptop, click the gatepost icon beside the clock: help, lock, rules, your record.\n"
            "  4. Leave the laptop alone until it locks.\n"
            "  5. On the laptop, choose Something's wrong and tell something; as the lead, open Reports\n"
            "     with the passphrase above. As the technician, try to.\n"
            "  6. As the teacher, open Lab and your room. Start an app from the laptop's bar: the seat says\n"
            "     so. Try Eyes to the front, a message, a click on the seat; the record says who looked.\n"
        )
        server, agent = self._write_commands()
        say(f"The command lines, ready to use\n    {server} policy show\n    {agent} status\n")
        if not self._nested:
            say("Without a display, `python3 installer run --tour` plays all this and takes pictures.\n")
        say("Ctrl-C stops everything.")

    def play(self) -> None:
        """Show the sign-in screen, log in who was chosen, and begin again when the login is over."""
        files = self._laptop.session_files()
        while True:
            with Display(self._folder / "display", nested_in=self._nested) as display:
                self._explain_screen(display)
                name = self._choose(display)
                if name is None:
                    continue
                login = Login(
                    display, self._accounts[name], files,
                    language=next(each.language for each in self._people if each.os_user == name),
                    log=self._folder / "login.log",
                )  # fmt: skip
                try:
                    while login.is_open() and display.is_up():
                        self._check()
                        threading.Event().wait(WATCH_SECONDS)
                finally:
                    login.close()

    def _explain_screen(self, display: Display) -> None:
        """Say how to look at a display without a screen, whenever it has another number than before."""
        if self._nested or display.name == self._told_screen:
            return
        self._told_screen = display.name
        say(decide_screen_words(display.name, display.authority))

    def _write_commands(self) -> tuple[Path, Path]:
        """Write both command lines as scripts in the demo's folder, told which data is theirs."""
        server, agent = self._folder / "gatepost-server", self._folder / "gatepost-agent"
        for path, command in (
            (server, own.module("server", "--data", str(self._school.data))),
            (agent, own.module("agent", "--config", str(self._laptop.config))),
        ):
            path.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
            path.chmod(0o755)
        return server, agent

    def _choose(self, display: Display) -> str | None:
        """Return who signs in, or None if the laptop's window was closed (it is opened again)."""
        labels = [f"{person.os_user}={person.display_name}" for person in self._people]
        command = bound(sys.executable, "-I", "-m", "installer.greeter", *labels)
        with subprocess.Popen(
            command, env=display.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as greeter:
            try:
                while greeter.poll() is None and display.is_up():
                    self._check()
                    threading.Event().wait(WATCH_SECONDS)
            finally:
                if greeter.poll() is None:
                    greeter.terminate()
            assert greeter.stdout is not None
            return greeter.stdout.read().strip() or None

    def _check(self) -> None:
        for service in (self._school.service, self._laptop.service):
            try:
                service.require()
            except processes.NotInTime as problem:
                raise InstallerError(str(problem)) from problem
