"""The Windows package's tables: what the silent installer will do, read back from a built package."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends.windows_pipes import SERVICE_NAME
from installer import arguments, deb, frozen, msi, msi_files, msi_repair, msi_signing
from installer.errors import InstallerError

TOOLS = ("wixl", "msiinfo", "msibuild", frozen.wine_python.GCC)
VERSION = "3.2.1"

needs_tools = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS),
    reason="no wixl here; run: apt install wixl msitools gcc-mingw-w64-x86-64",
)


def lay_out(tree: Path) -> Path:
    """A small frozen folder; the programs hold only their names."""
    inner = ["_internal/python311.dll", "_internal/agent/pages/icons.svg", "_internal/Örnek & ölçü.txt"]
    for place in [*msi_files.OWN_ROWS, *inner]:
        (tree / place).parent.mkdir(parents=True, exist_ok=True)
        (tree / place).write_text(place)
    return tree


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("msi")
    return msi.build(lay_out(folder / "tree"), folder / "out" / "a.msi", version=VERSION)


def rows(package: Path, table: str) -> dict[str, dict[str, str]]:
    """A table by its first column."""
    found = msi_repair.read_table(package, table)
    return {next(iter(row.values())): row for row in found}


@needs_tools
def test_the_code_is_secure_hidden_and_handed_on(package: Path) -> None:
    properties = {name: row["Value"] for name, row in rows(package, "Property").items()}

    assert {"SERVERURL", "ENROLLCODE", "ENROLLATER", "PURGE"} <= set(
        properties["SecureCustomProperties"].split(";")
    )
    assert "ENROLLCODE" in properties["MsiHiddenProperties"].split(";")
    assert "1" == properties["ALLUSERS"]
    assert "SERVERURL" not in properties


@needs_tools
def test_the_product_is_the_same_in_every_version_and_each_build_its_own(package: Path) -> None:
    properties = {name: row["Value"] for name, row in rows(package, "Property").items()}

    assert "{C6B6E6F2-5E0B-4B1B-9E53-7A3F5B0F6D10}" == properties["UpgradeCode"]
    assert VERSION == properties["ProductVersion"]
    assert re.fullmatch(r"\{[0-9A-F-]{36}\}", properties["ProductCode"])


def test_another_version_or_content_is_another_product() -> None:
    codes = {
        msi_files.decide_product_code(version, content)
        for version in ("0.1.0", "0.2.0")
        for content in ("a", "b")
    }

    assert 4 == len(codes)
    assert msi_files.decide_product_code("0.1.0", "a") in codes


@needs_tools
def test_an_older_or_equal_version_is_replaced_and_a_newer_one_refuses(package: Path) -> None:
    upgrade = {row["ActionProperty"]: row for row in msi_repair.read_table(package, "Upgrade")}
    conditions = set(rows(package, "LaunchCondition"))

    assert (VERSION, "513") == (
        upgrade["WIX_UPGRADE_DETECTED"]["VersionMax"],
        upgrade["WIX_UPGRADE_DETECTED"]["Attributes"],
    )
    assert (VERSION, "2") == (
        upgrade["WIX_DOWNGRADE_DETECTED"]["VersionMin"],
        upgrade["WIX_DOWNGRADE_DETECTED"]["Attributes"],
    )
    assert "NOT WIX_DOWNGRADE_DETECTED" in conditions


@needs_tools
def test_without_server_and_code_a_first_installation_is_refused(package: Path) -> None:
    wanted = [each for each in rows(package, "LaunchCondition") if "SERVERURL" in each]

    assert [
        "Installed OR OFFERED OR (SERVERURL AND ENROLLCODE) OR ENROLLATER OR WIX_UPGRADE_DETECTED"
    ] == wanted


@needs_tools
def test_what_a_group_policy_wrote_beforehand_is_found(package: Path) -> None:
    located = rows(package, "RegLocator")["OfferedServer"]

    assert ("2", r"SOFTWARE\Gatepost\Enrol", "Server", "18") == (
        located["Root"], located["Key"], located["Name"], located["Type"],
    )  # fmt: skip


@needs_tools
def test_the_code_is_handed_on_in_memory_and_hidden_on_its_way(package: Path) -> None:
    actions = rows(package, "CustomAction")
    order = rows(package, "InstallExecuteSequence")
    hidden = rows(package, "Property")["MsiHiddenProperties"]["Value"].split(";")

    assert ("51", "KeepOffer", "[SERVERURL]|[ENROLLCODE]") == (
        actions["SetOffer"]["Type"], actions["SetOffer"]["Source"], actions["SetOffer"]["Target"],
    )  # fmt: skip
    assert str(1 + 1024 + 2048 + 8192) == actions["KeepOffer"]["Type"]
    assert str(1 + 1024 + 256 + 2048 + 64) == actions["DropOffer"]["Type"]
    assert "KeepOffer" in hidden
    assert {"SERVERURL AND ENROLLCODE AND NOT Installed"} == {
        order[name]["Condition"] for name in ("SetOffer", "DropOffer", "KeepOffer")
    }
    assert ["SetOffer", "DropOffer", "KeepOffer", "UndoPut", "Put"] == [
        name
        for name in sorted(order, key=lambda each: int(order[each]["Sequence"]))
        if name in ("SetOffer", "DropOffer", "KeepOffer", "UndoPut", "Put")
    ]


@needs_tools
def test_no_table_of_the_package_that_is_logged_holds_the_code(package: Path) -> None:
    """Windows Installer logs the rows of Registry, and the command lines of programs, with their values."""
    tables = subprocess.run(
        ["msiinfo", "tables", package], capture_output=True, text=True, check=True
    ).stdout.split()
    found = [
        (table, next(iter(row.values())))
        for table in tables
        if table not in ("_SummaryInformation", "_ForceCodepage", "Property", "LaunchCondition")
        for row in (msi_repair.read_table(package, table))
        for value in row.values()
        if "[ENROLLCODE]" in value
    ]

    assert [("CustomAction", "SetOffer")] == found
    assert not Path("Binary").exists()  # msiinfo's own files are not left where we stand


@needs_tools
def test_the_service_is_windows_own_starts_by_itself_and_is_taken_away(package: Path) -> None:
    service = rows(package, "ServiceInstall")["AgentService"]
    control = rows(package, "ServiceControl")["AgentControl"]

    assert (SERVICE_NAME, "16", "2", "LocalSystem", "service", "Service") == tuple(
        service[column]
        for column in ("Name", "ServiceType", "StartType", "StartName", "Arguments", "Component_")
    )
    assert (SERVICE_NAME, str(0x01 | 0x02 | 0x20 | 0x80), "1") == (
        control["Name"], control["Event"], control["Wait"],
    )  # fmt: skip
    assert "AgentExe" == rows(package, "Component")["Service"]["KeyPath"]


@needs_tools
def test_setting_up_and_giving_back_run_as_the_system_at_their_place(package: Path) -> None:
    actions = rows(package, "CustomAction")
    order = {name: int(row["Sequence"]) for name, row in rows(package, "InstallExecuteSequence").items()}
    gives_back = ("GiveBack", "GiveBackForget", "GiveBackUpgrading")

    assert {"AgentExe"} == {actions[name]["Source"] for name in ("Put", "UndoPut", *gives_back)}
    assert {str(18 + 1024 + 2048)} == {actions[name]["Type"] for name in ("Put", *gives_back)}
    assert {str(18 + 1024 + 256 + 2048 + 64)} == {actions[name]["Type"] for name in ("UndoPut", "PutAgain")}
    assert ["windows-setup put"] * 2 == [actions[name]["Target"] for name in ("Put", "PutAgain")]
    assert order["DeleteServices"] < order["PutAgain"] < order["GiveBack"]
    assert order["InstallInitialize"] < order["RemoveExistingProducts"] < order["ProcessComponents"]
    assert all(order["DeleteServices"] < order[name] < order["RemoveFiles"] for name in gives_back)
    assert order["InstallServices"] < order["UndoPut"] < order["Put"] < order["StartServices"]


def what_runs(package: Path, **known: str) -> list[str]:
    """Our steps in a state Windows Installer can be in, its conditions read as Python's."""
    empty = dict.fromkeys(
        ("REMOVE", "UPGRADINGPRODUCTCODE", "PURGE", "Installed", "SERVERURL", "ENROLLCODE"), ""
    )
    found = []
    for name, row in rows(package, "InstallExecuteSequence").items():
        if name in OUR_STEPS:
            equal = re.sub(r"(?<![=])=(?!=)", "==", row["Condition"])
            python = equal.replace("AND", "and").replace("NOT", "not")
            if eval(python, {}, empty | known):
                found.append((int(row["Sequence"]), name))
    return [name for _number, name in sorted(found)]


OUR_STEPS = (
    "SetOffer", "DropOffer", "KeepOffer", "UndoPut", "Put", "PutAgain", "GiveBack", "GiveBackForget",
    "GiveBackUpgrading",
)  # fmt: skip


@needs_tools
def test_exactly_one_way_of_giving_back_runs_and_its_rollback_before_it(package: Path) -> None:
    removed = {"REMOVE": "ALL", "Installed": "1"}

    assert ["UndoPut", "Put"] == what_runs(package)
    assert ["PutAgain", "GiveBack"] == what_runs(package, **removed)
    assert ["PutAgain", "GiveBackForget"] == what_runs(package, **removed, PURGE="1")
    for purge in ("", "1"):
        assert ["PutAgain", "GiveBackUpgrading"] == what_runs(
            package, **removed, UPGRADINGPRODUCTCODE="{X}", PURGE=purge
        )


@needs_tools
def test_a_repair_that_a_user_may_begin_takes_no_address_and_runs_no_program(package: Path) -> None:
    """Windows before August 2025 lets anybody repair, as the system, with these properties."""
    own = {"SERVERURL": "https://pupil.example", "ENROLLCODE": "GP-1", "PURGE": "1"}

    assert [] == what_runs(package, Installed="1", **own)
    assert {"SetOffer", "KeepOffer"} < set(what_runs(package, **own))


@needs_tools
def test_no_folder_of_the_package_can_be_chosen_on_the_command_line(package: Path) -> None:
    """A service of the system's own in a folder that users may write into would be theirs."""
    names = set(rows(package, "Directory"))

    assert {"TARGETDIR"} == {name for name in names if name == name.upper()}


@needs_tools
def test_the_folder_for_keys_and_records_is_not_windows_installer_s_to_make_or_close(package: Path) -> None:
    """It would follow a junction that a user made in its place, and close what lies at its end."""
    tables = subprocess.run(
        ["msiinfo", "tables", package], capture_output=True, text=True, check=True
    ).stdout.split()
    made = [
        row
        for table in ("CreateFolder", "LockPermissions", "MsiLockPermissionsEx", "RemoveFile")
        if table in tables
        for row in msi_repair.read_table(package, table)
    ]

    assert [] == made
    assert "CommonAppDataFolder" not in rows(package, "Directory")


@needs_tools
def test_every_component_is_64_bit_and_every_file_has_one(package: Path) -> None:
    components = rows(package, "Component")
    files = rows(package, "File")
    summary = {
        row["PropertyId"]: row["Value"] for row in msi_repair.read_table(package, "_SummaryInformation")
    }

    assert all(int(row["Attributes"]) & msi_repair.IN_64_BIT for row in components.values())
    assert {row["Component_"] for row in files.values()} <= set(components)
    assert set(components) == {
        row["Component_"] for row in msi_repair.read_table(package, "FeatureComponents")
    }
    assert "x64;1033" == summary["7"]
    assert "Örnek & ölçü.txt" in {row["FileName"] for row in files.values()}


@needs_tools
def test_files_are_replaced_whatever_version_they_name(package: Path) -> None:
    """Without this an upgrade keeps an old library, and then the old package's removal takes it away."""
    assert "amus" == rows(package, "Property")["REINSTALLMODE"]["Value"]


@needs_tools
def test_nobody_is_asked_to_close_what_runs_in_their_login(package: Path) -> None:
    assert "Disable" == rows(package, "Property")["MSIRESTARTMANAGERCONTROL"]["Value"]


@needs_tools
def test_the_event_log_s_source_names_a_file_that_is_brought(package: Path) -> None:
    source = [row for row in rows(package, "Registry").values() if row["Component_"] == "EventSource"]

    assert {r"[InstallDir]_internal\win32\servicemanager.pyd", "#7"} == {row["Value"] for row in source}


def test_what_can_be_asked_of_the_command() -> None:
    asked = arguments.parse(
        ["msi", "--tree", "frozen", "--sign-with", "a.p12", "--server", "https://x.example"]
    )

    assert ("msi", Path("frozen"), Path("a.p12"), "https://x.example") == (
        asked.command, asked.tree, asked.sign_with, asked.server,
    )  # fmt: skip


@needs_tools
def test_an_address_may_be_built_in_but_never_a_code(tmp_path: Path) -> None:
    address = "https://gatepost.school.example:8443"
    made = msi.build(lay_out(tmp_path / "tree"), tmp_path / "out" / "b.msi", server=address)
    properties = rows(made, "Property")

    assert address == properties["SERVERURL"]["Value"]
    assert "ENROLLCODE" not in properties


@needs_tools
def test_a_folder_without_the_programs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstallerError, match=r"lacks gatepost-agent\.exe"):
        msi.build(tmp_path, tmp_path / "c.msi")


@needs_tools
@pytest.mark.skipif(shutil.which("osslsigncode") is None, reason="run: apt install osslsigncode")
def test_a_certificate_of_anybody_s_signs_programs_and_package(tmp_path: Path) -> None:
    from tests.support.signing import make_certificate

    # osslsigncode reads programs, not names: the smallest real one is the hook before the desktop.
    tree = lay_out(tmp_path / "tree")
    frozen.compile_userinit(tree / "gatepost-userinit.exe")
    for name in ("gatepost-agent.exe", "gatepost-session.exe"):
        shutil.copyfile(tree / "gatepost-userinit.exe", tree / name)
    signing = make_certificate(tmp_path)
    made = msi.build(tree, tmp_path / "out" / "d.msi", signing=signing)
    said = subprocess.run(
        ["osslsigncode", "verify", "-in", made], capture_output=True, text=True, check=False
    ).stdout
    subprocess.run(["msiextract", "-C", tmp_path / "unpacked", made], check=True, capture_output=True)
    program = next((tmp_path / "unpacked").rglob("gatepost-agent.exe"))
    inner = subprocess.run(
        ["osslsigncode", "verify", "-in", program], capture_output=True, text=True, check=False
    ).stdout

    for words in (said, inner):
        digests = re.findall(
            r"(?:Current|Calculated) (?:DigitalSignature|message digest)\s*: ([0-9A-F]+)", words
        )
        assert len(digests) >= 2
        assert digests[0] == digests[1]
        assert "Invented School" in words


@needs_tools
def test_what_was_frozen_on_windows_gets_the_program_before_the_desktop(tmp_path: Path) -> None:
    tree = lay_out(tmp_path / "frozen")
    (tree / "gatepost-userinit.exe").unlink()
    whole = msi.complete(tree, tmp_path / "whole")

    assert b"MZ" == (whole / "gatepost-userinit.exe").read_bytes()[:2]
    assert not (tree / "gatepost-userinit.exe").exists()
    assert msi.build(whole, tmp_path / "out" / "e.msi").exists()
    with pytest.raises(InstallerError, match="is no folder"):
        msi.complete(tmp_path / "none", tmp_path / "other")


def test_signing_names_no_password_on_the_command_line() -> None:
    signing = msi_signing.Signing(Path("own.p12"), Path("secret"), "")
    command = msi_signing.decide_signing(signing, Path("a"), Path("b"), "Gatepost")

    assert ["-readpass", "secret"] == command[4:6]
    assert "-pass" not in command


@given(
    st.lists(
        st.from_regex(r"[a-zA-Z0-9_ &'.-]{1,12}(/[a-zA-Z0-9_ &.-]{1,12}){0,3}", fullmatch=True), max_size=12
    )
)
def test_places_never_share_a_guid_or_a_name(places: list[str]) -> None:
    """Windows does not tell large from small letters, so neither may we."""
    different = {place.lower() for place in places}
    guids = {msi_files.decide_guid(place) for place in places}

    assert len(different) == len(guids)


def test_a_guid_depends_on_nothing_but_the_place() -> None:
    assert "{89FCBF50-2136-5630-8C9C-3B849B66179C}" == msi_files.decide_guid("_internal/python311.dll")
    assert msi_files.decide_guid("_internal/a.dll") == msi_files.decide_guid("_internal/A.dll")
    assert msi_files.decide_guid("_internal/a.dll") != msi_files.decide_guid("_internal/b.dll")


def test_a_quote_never_reaches_the_package_s_own_language() -> None:
    with pytest.raises(InstallerError, match="cannot be written"):
        msi_repair.decide_statements("1.0.0", "https://o'brien.example")


def test_both_packages_say_the_same_version() -> None:
    assert f"-{deb.VERSION}-" in msi.package_name(msi.VERSION)
