"""What a person gives `installer msi`: where paths begin, what is refused, and that nothing is lost by it."""

import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from installer import arguments, debian, environment, frozen, inside, msi, msi_repair, places, wine_python
from installer.errors import InstallerError
from tests.support.signing import make_certificate

CODE = "{00000000-0000-4000-8000-000000000001}"
GOOD = "the package of before"


class Bench:
    """A clone with a good package in it, and a person who stands elsewhere; the tools are pretended."""

    def __init__(self, folder: Path) -> None:
        self.clone, self.here = folder / "clone", folder / "here"
        self.package = self.clone / "build" / "msi" / msi.package_name(msi.VERSION)
        self.package.parent.mkdir(parents=True)
        self.package.write_text(GOOD)
        self.tree = self.lay_out(self.here / "frozen" / "gatepost")
        self.commands: list[list[str]] = []
        self.fail: Callable[[list[str]], None] = lambda _command: None
        make_certificate(self.here)

    def lay_out(self, tree: Path) -> Path:
        tree.mkdir(parents=True)
        for name in (*frozen.PROGRAMS, "python311.dll"):
            (tree / name).write_text(name)
        return tree

    def freeze(self) -> Path:
        self.commands.append(["freeze"])
        self.fail(["freeze"])
        tree = self.clone / "build" / "windows" / "gatepost"
        if not tree.exists():
            self.lay_out(tree)
            (tree / "gatepost-userinit.exe").touch()
        return tree

    def tool(self, command: list[str], *, cwd: Path = Path(), errors: bool = False) -> str:
        self.commands.append(command)
        self.fail(command)
        for option in ("-o", "-out"):
            if option in command:
                Path(command[command.index(option) + 1]).write_text(" ".join(command))
        return ""

    def run(self, *words: str) -> int:
        return inside.main(["msi", *words])

    def left(self) -> list[str]:
        """What lies in the folder for results, two deep."""
        build = self.clone / "build"
        return sorted(
            str(each.relative_to(build)) for pattern in ("*", "msi/*") for each in build.glob(pattern)
        )


UNTOUCHED = ["msi", f"msi/{msi.package_name(msi.VERSION)}"]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench(tmp_path)
    monkeypatch.setattr(places, "CLONE", bench.clone)
    monkeypatch.chdir(bench.clone)
    monkeypatch.setenv("GATEPOST_STANDS_IN", str(bench.here))
    monkeypatch.setattr(frozen, "build", bench.freeze)
    monkeypatch.setattr(wine_python, "run", bench.tool)
    monkeypatch.setattr(msi_repair, "repair", lambda *_: None)
    monkeypatch.setattr(msi_repair, "read_table", lambda *_: [{"Property": "ProductCode", "Value": CODE}])
    return bench


SIGNED = ("--sign-with", "school.p12", "--sign-password-file", "password")


def test_paths_begin_where_the_person_stands(bench: Bench) -> None:
    assert 0 == bench.run("--tree", "frozen/gatepost", *SIGNED)

    signing = [command for command in bench.commands if command[0] == "osslsigncode"]
    assert {(str(bench.here / "school.p12"), str(bench.here / "password"))} == {
        (command[command.index("-pkcs12") + 1], command[command.index("-readpass") + 1])
        for command in signing
    }
    assert ["freeze"] not in bench.commands
    assert UNTOUCHED == bench.left()
    assert GOOD != bench.package.read_text()


def test_where_the_person_stands_is_handed_on_to_the_commands(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    from installer import __main__ as first

    handed: dict[str, str] = {}
    monkeypatch.setattr(debian, "ensure_packages", lambda _needed: None)
    monkeypatch.setattr(environment, "ensure_environment", lambda: Path("python"))
    monkeypatch.setattr(environment, "ensure_runtime", lambda _python: Path("python"))
    monkeypatch.setattr(first.os, "execve", lambda _file, _command, environ: handed.update(environ))
    monkeypatch.setenv("GATEPOST_STANDS_IN", "of an installer around this one")
    monkeypatch.chdir(bench.here)
    first.main(["msi", "--tree", "frozen/gatepost"])

    assert str(bench.here) == handed["GATEPOST_STANDS_IN"]
    assert bench.clone == Path.cwd()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tree", "frozzen"), "--tree: frozzen is no folder"),
        (("--tree", "empty"), "--tree: empty lacks gatepost-agent.exe, gatepost-session.exe"),
        (("--tree", "frozen"), "did you mean frozen/gatepost?"),
        (("--sign-with", "none.p12"), "--sign-with: none.p12: No such file"),
        (("--sign-with", "frozen"), "--sign-with: frozen: Is a directory"),
        (("--sign-with", "password"), "password is no PKCS#12 file"),
        (("--sign-with", "school.p12"), "school.p12 asks for a password"),
        (("--sign-with", "school.p12", "--sign-password-file", "none"), "none: No such file"),
        (("--sign-with", "school.p12", "--sign-password-file", "wrong"), "wrong does not open school.p12"),
        ((*SIGNED, "--timestamp", "URL"), "--timestamp: 'URL' is not an address"),
        (("--server", "not a url"), "--server: 'not a url' is not an address like https://"),
        (("--server", ""), "--server: '' is not"),
        (("--server", "http://gatepost.school.example"), "is not an address like https://"),
        (("--server", "https://a.example/path"), "is not an address like https://"),
        (("--server", "https://a.example?query"), "is not an address like https://"),
        (("--server", "https://a.example|GP-1"), "is not an address like https://"),
        (("--server", "https://o'brien.example"), "is not an address like https://"),
        (("--server", "https://[zz]"), "is not an address like https://"),
    ],
    ids=lambda each: " ".join(each)[:50] if isinstance(each, tuple) else "",
)
def test_what_cannot_be_used_is_refused_before_anything_is_made(
    bench: Bench, capsys: pytest.CaptureFixture[str], words: Sequence[str], said: str
) -> None:
    (bench.here / "empty").mkdir()
    (bench.here / "wrong").write_text("another password")

    assert 1 == bench.run(*words)
    assert said in capsys.readouterr().out
    assert [] == bench.commands
    assert UNTOUCHED == bench.left()
    assert GOOD == bench.package.read_text()


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("https://gatepost.school.example:8443", "https://gatepost.school.example:8443"),
        ("gatepost.school.example:8443", "https://gatepost.school.example:8443"),
        ("https://Gatepost.example/", "https://gatepost.example"),
        ("https://[fd00::1]:8443", "https://[fd00::1]:8443"),
        ("https://10.0.0.1", "https://10.0.0.1"),
    ],
)
def test_an_address_that_enrolment_takes_is_taken(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, typed: str, taken: str
) -> None:
    built: list[str] = []
    monkeypatch.setattr(msi_repair, "repair", lambda _package, _version, server: built.append(server))

    assert 0 == bench.run("--server", typed)
    assert [taken] == built


def test_a_password_is_read_as_osslsigncode_reads_it(bench: Bench) -> None:
    password = bench.here / "password"
    password.write_bytes(b"\xef\xbb\xbf" + password.read_bytes() + b"\r\n")

    assert 0 == bench.run(*SIGNED)


@pytest.mark.parametrize("option", ["--sign-password-file", "--timestamp"])
def test_what_belongs_to_signing_is_refused_without_a_certificate(
    bench: Bench, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        bench.run(option, "password")

    assert 2 == ended.value.code
    assert f"{option} is of use only together with --sign-with" in capsys.readouterr().err
    assert GOOD == bench.package.read_text()


def test_a_tree_that_lies_among_the_results_is_packed_and_kept(bench: Bench) -> None:
    tree = bench.lay_out(bench.clone / "build" / "msi" / "gatepost")

    assert 0 == bench.run("--tree", str(tree))
    assert (tree / frozen.PROGRAMS[0]).exists()
    assert not (tree / "gatepost-userinit.exe").exists()
    assert GOOD != bench.package.read_text()


STEPS = {
    "freezing": "freeze",
    "compiling": wine_python.GCC,
    "packing": "wixl",
    "signing": "osslsigncode",
}


def stops_at(step: str, problem: BaseException, *, time: int = 1) -> Callable[[list[str]], None]:
    """Fail when a tool is called for the nth time."""
    seen: list[str] = []

    def fail(command: list[str]) -> None:
        seen.append(command[0])
        if command[0] == step and seen.count(step) == time:
            raise problem

    return fail


@pytest.mark.parametrize("step", STEPS)
def test_ctrl_c_at_any_step_changes_nothing_and_says_so(
    bench: Bench, capsys: pytest.CaptureFixture[str], step: str
) -> None:
    bench.fail = stops_at(STEPS[step], KeyboardInterrupt())

    assert 130 == bench.run(*SIGNED)
    assert "Stopped. Nothing was changed." in capsys.readouterr().out
    assert [each for each in bench.left() if each != "windows"] == UNTOUCHED
    assert GOOD == bench.package.read_text()


@pytest.mark.parametrize("number", msi.ASKS_TO_STOP)
@pytest.mark.parametrize("step", STEPS)
def test_whoever_asks_it_to_stop_twice_at_any_step_finds_nothing_left(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, step: str, number: signal.Signals
) -> None:
    taken = []
    remove = msi.shutil.rmtree

    def ask(command: list[str]) -> None:
        if command[0] == STEPS[step]:
            signal.raise_signal(number)

    def ask_again(*words: object, **more: object) -> None:
        signal.raise_signal(number)
        remove(*words, **more)  # type: ignore[arg-type]

    bench.fail = ask
    monkeypatch.setattr(msi.shutil, "rmtree", ask_again)
    before = signal.signal(number, lambda given, _frame: taken.append(given))
    try:
        code = bench.run(*SIGNED)
        signal.raise_signal(number)
    finally:
        signal.signal(number, before)

    assert 128 + number == code
    assert [number] == taken
    assert [each for each in bench.left() if each != "windows"] == UNTOUCHED
    assert GOOD == bench.package.read_text()


@pytest.mark.parametrize("time", [1, 2, 5])
def test_a_signature_that_fails_leaves_the_package_of_before(
    bench: Bench, capsys: pytest.CaptureFixture[str], time: int
) -> None:
    """The trial, a program, the package itself."""
    bench.fail = stops_at("osslsigncode", InstallerError("osslsigncode failed"), time=time)

    assert 1 == bench.run(*SIGNED)
    assert "osslsigncode failed" in capsys.readouterr().out
    assert [each for each in bench.left() if each != "windows"] == UNTOUCHED
    assert GOOD == bench.package.read_text()


def test_a_full_disk_is_a_sentence_and_not_a_traceback(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.fail = stops_at("wixl", OSError(28, "No space left on device"))

    assert 1 == bench.run()
    assert "No space left on device" in capsys.readouterr().out
    assert GOOD == bench.package.read_text()


@pytest.mark.parametrize("folder", ["build", "build/msi", "build/windows"])
def test_results_that_belong_to_somebody_else_are_named_with_what_to_do(
    bench: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    theirs = bench.clone / folder
    theirs.mkdir(exist_ok=True)
    monkeypatch.setattr("os.access", lambda path, _mode: Path(path) != theirs)  # root may write everywhere

    assert 1 == bench.run()
    said = capsys.readouterr().out
    assert f"{theirs} belongs to " in said
    assert "chown -R" in said
    assert [] == bench.commands
    assert GOOD == bench.package.read_text()


def test_a_file_where_the_results_belong_is_named(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.package.unlink()
    bench.package.parent.rmdir()
    bench.package.parent.write_text("a note")

    assert 1 == bench.run()
    assert "is in the way" in capsys.readouterr().out


def test_the_steps_are_told_on_stderr_and_the_result_with_its_product_code_on_stdout(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == bench.run("--tree", "frozen/gatepost", *SIGNED)
    said = capsys.readouterr()

    assert [
        "Trying the certificate.", "Signing gatepost-agent.exe.", "Signing gatepost-session.exe.",
        "Signing gatepost-userinit.exe.", "Packing 4 files.", "Signing the package.",
    ] == said.err.splitlines()  # fmt: skip
    assert said.out.startswith(f"{bench.package}  ")
    assert f"ProductCode {CODE}\n" in said.out


def test_the_path_is_said_as_seen_from_where_the_person_stands(
    bench: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEPOST_STANDS_IN", str(bench.clone))

    assert 0 == bench.run()
    assert capsys.readouterr().out.startswith(f"build/msi/{bench.package.name}  ")


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), InstallerError("PyInstaller failed")])
def test_what_was_frozen_before_stays_until_the_new_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: BaseException
) -> None:
    old = tmp_path / "windows" / "gatepost" / "gatepost-agent.exe"
    old.parent.mkdir(parents=True)
    old.write_text("of before")
    (tmp_path / "windows" / "inputs").write_text("another key")

    def freeze(_rig: object, folder: Path) -> None:
        (folder / "work").mkdir()
        raise problem

    monkeypatch.setattr(places, "build_dir", lambda: tmp_path)
    monkeypatch.setattr(frozen.wine_rig, "ensure", lambda: None)
    monkeypatch.setattr(frozen.wine_rig, "folder", lambda: tmp_path)
    monkeypatch.setattr(frozen, "_freeze", freeze)
    with pytest.raises(type(problem)):
        frozen.build()

    assert "of before" == old.read_text()
    assert [tmp_path / "windows"] == list(tmp_path.iterdir())


def test_what_was_frozen_anew_takes_the_place_of_the_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "windows" / "gatepost").mkdir(parents=True)
    (tmp_path / "windows" / "gatepost" / "old.dll").touch()
    monkeypatch.setattr(places, "build_dir", lambda: tmp_path)
    monkeypatch.setattr(frozen.wine_rig, "ensure", lambda: None)
    monkeypatch.setattr(frozen.wine_rig, "folder", lambda: tmp_path)
    monkeypatch.setattr(frozen, "_freeze", lambda _rig, folder: (folder / "gatepost").mkdir())
    monkeypatch.setattr(frozen, "compile_userinit", lambda target: target.touch())
    tree = frozen.build()

    assert tmp_path / "windows" / "gatepost" == tree
    assert ["gatepost-userinit.exe"] == [each.name for each in tree.iterdir()]
    assert tree == frozen.build()
    assert 1 == capsys.readouterr().err.count("Freezing")
    assert [tmp_path / "windows"] == list(tmp_path.iterdir())


def test_a_folder_that_is_gone_is_no_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert places.CLONE == arguments.folder_here()
