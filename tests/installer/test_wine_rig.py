"""Decisions of the Wine rig; that it works is shown by every test in it."""

from installer import needs, places, wine_python, wine_rig

SIGNED = """\
Current message digest    : 0C70AB
Calculated message digest : 0C70AB
    Subject: /C=US/O=Python Software Foundation/CN=Python Software Foundation
"""


def test_a_library_signed_by_its_maker_is_taken():
    assert wine_python.decide_genuine(SIGNED)


def test_an_altered_library_is_not_taken():
    assert not wine_python.decide_genuine(
        SIGNED.replace("Calculated message digest : 0C", "Calculated message digest : 1C")
    )


def test_an_unsigned_library_or_a_stranger_s_is_not_taken():
    assert not wine_python.decide_genuine("No signature found\n")
    assert not wine_python.decide_genuine(SIGNED.replace("Python Software Foundation", "Somebody Else"))


def test_the_forwarder_leads_every_name_to_the_real_library():
    said = "\n".join(
        ["junk", "[Ordinal/Name Pointer] Table -- Ordinal Base 1",
         "\t[   0] +base[   1]  0000 PyArg_Parse", "\t[   1] PyBool_Type", "", "end"]
    )  # fmt: skip
    expected = ["LIBRARY python3.dll", "EXPORTS", "  PyArg_Parse=python311.PyArg_Parse",
                "  PyBool_Type=python311.PyBool_Type"]  # fmt: skip

    assert expected == wine_python.decide_forwarder(said).splitlines()


def test_every_input_changes_the_rig_s_name():
    assert wine_rig.decide_key(b"a", b"b") != wine_rig.decide_key(b"a", b"c")
    assert wine_rig.decide_key(b"a", b"b") != wine_rig.decide_key(b"ab", b"")


def test_the_windows_packages_are_pinned_by_hash_and_name_no_index():
    lines = wine_rig.PACKAGES.read_text().splitlines()
    names = [line for line in lines if "==" in line]

    assert names
    assert all(line.endswith("\\") for line in names), "a package without a hash"
    assert not [line for line in lines if "://" in line]


def test_wine_s_packages_have_reasons():
    assert all(needs.WINE.values())
    assert places.CLONE in wine_rig.PACKAGES.parents
