"""The house keeps its own rules: sizes, docstrings, directions, a golden file per record, true maps."""

import ast
import logging
import re
import subprocess
import sys
import typing
from pathlib import Path

import pytest

from policies import records

HOUSE = Path(__file__).resolve().parent.parent
PACKAGES = ("agent", "server", "policies", "installer")
TEXT = {".py", ".toml", ".md", ".html", ".css", ".js", ".txt", ".sh", ".po", ".json", ".svg", ""}
SOURCE = {".py", ".js", ".css", ".html"}
MOST_LINES = 400
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|farm|opt/gpv)/")
INDEX_HOSTS = re.compile(
    "|".join(("py" + "pi\\.org", "python" + "hosted", "deb\\.deb" + "ian", "npm" + "js\\."))
)


def our_files() -> list[Path]:
    """Every file under version control or about to be."""
    try:
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"],
            cwd=HOUSE, capture_output=True, check=True,
        ).stdout.decode()  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [HOUSE / name for name in listed.split("\0") if name and (HOUSE / name).is_file()]


def test_no_file_is_longer_than_a_person_reads():
    long = {
        str(path.relative_to(HOUSE)): lines
        for path in our_files()
        if path.suffix in SOURCE and (lines := len(path.read_text().splitlines())) > MOST_LINES
    }

    assert {} == long


def test_every_package_and_module_says_what_it_is():
    silent = [
        str(path.relative_to(HOUSE))
        for package in PACKAGES
        for path in (HOUSE / package).rglob("*.py")
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert [] == silent


def test_every_folder_of_python_is_a_package():
    bare = {
        str(path.parent.relative_to(HOUSE))
        for package in PACKAGES
        for path in (HOUSE / package).rglob("*.py")
        if not (path.parent / "__init__.py").exists() and "versions" not in path.parts
    }

    assert set() == bare - {"server/migrations"}


def test_no_tests_folder_is_a_package():
    assert [] == list((HOUSE / "tests").rglob("__init__.py"))


def test_the_import_contracts_hold():
    from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

    status = lint_imports(no_cache=True)
    for logger in logging.root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.disabled = False  # import-linter silences every logger there is, for all later tests too

    assert status == EXIT_STATUS_SUCCESS


def test_every_record_type_has_one_golden_file():
    golden = HOUSE / "tests" / "policies" / "golden"
    tags = {record.__struct_config__.tag for record in typing.get_args(records.AnyRecord)}
    found = sorted(path.stem for path in golden.glob("*.json") if path.stem in tags)

    assert sorted(tags) == found


def test_no_file_names_this_machine_or_a_package_index():
    wrong = [
        f"{path.relative_to(HOUSE)}:{number}: {line.strip()[:80]}"
        for path in our_files()
        if path.suffix in TEXT and path.stat().st_size < 2_000_000
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if (MACHINE_PATHS.search(line) or INDEX_HOSTS.search(line)) and "MACHINE_PATHS" not in line
    ]

    assert [] == wrong


def test_the_readme_s_tree_is_the_tree():
    """Each line of the annotated tree names a folder or file that exists, and no package is left out."""
    readme = (HOUSE / "README.md").read_text()
    block = re.search(r"```tree\n(.*?)```", readme, re.DOTALL)
    assert block is not None
    named: list[str] = []
    parents: list[str] = []
    for line in block.group(1).splitlines():
        entry = re.match(r"( *)(\S+)", line)
        if entry is None:
            continue
        depth = len(entry.group(1)) // 2
        parents[depth:] = [entry.group(2).rstrip("/")]
        named.append("/".join(parents))
    folders = {
        str(folder.relative_to(HOUSE))
        for package in PACKAGES
        for folder in [HOUSE / package, *(HOUSE / package).iterdir()]
        if folder.is_dir() and folder.name != "__pycache__"
    }

    assert [] == [name for name in named if not (HOUSE / name).exists()]
    assert set() == folders - set(named)


def test_the_installer_starts_on_a_bare_python():
    """`installer/__main__.py` and all it imports need nothing but the standard library."""
    modules = "arguments, debian, environment, needs, places"
    done = subprocess.run(
        ["/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable, "-S", "-E", "-c",
         f"import sys; sys.path.insert(0, {str(HOUSE)!r}); from installer import {modules}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (0, "") == (done.returncode, done.stderr)


def test_every_link_between_our_pages_leads_somewhere():
    lost = [
        f"{page.relative_to(HOUSE)}: {target}"
        for page in our_files()
        if page.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert [] == lost
