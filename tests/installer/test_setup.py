"""The decisions of setting up; the doing is shown by every run of `installer test` itself."""

from installer import debian, environment, lock, needs


def test_only_what_dpkg_does_not_show_as_installed_is_missing():
    lines = "gcc installed\nxterm config-files\nxvfb installed\n"

    assert ["xterm", "tint2"] == debian.decide_missing(["gcc", "xterm", "xvfb", "tint2"], lines)


def test_every_package_has_a_reason():
    assert [] == [name for name, reason in needs.EVERYTHING.items() if not reason]


def test_another_list_or_another_python_makes_another_environment():
    first = environment.decide_key(b"a==1", "3.11.2")

    assert 3 == len(
        {first, environment.decide_key(b"a==2", "3.11.2"), environment.decide_key(b"a==1", "3.12")}
    )


def test_the_lock_names_no_index_and_keeps_every_hash():
    compiled = (
        "--index-url https://example.invalid/simple\n--find-links /somewhere\n"
        "six==1.17.0 \\\n    --hash=sha256:00\n    # via gatepost\n"
    )

    assert "six==1.17.0 \\\n    --hash=sha256:00\n    # via gatepost\n" == lock.decide_lines(compiled)


def test_a_mirror_follows_changes_and_removals(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "inner").mkdir(parents=True)
    (source / "inner" / "a.py").write_text("1")
    (source / "b.py").write_text("2")
    environment.mirror(source, target)
    (source / "b.py").unlink()
    (source / "inner" / "a.py").write_text("changed")
    environment.mirror(source, target)

    assert [("inner/a.py", "changed")] == [
        (str(path.relative_to(target)), path.read_text()) for path in target.rglob("*.py")
    ]


def test_a_mirror_is_readable_by_everybody_even_from_a_private_folder(tmp_path):
    source = tmp_path / "source"
    source.mkdir(mode=0o700)
    (source / "a.py").write_text("1")
    (source / "a.py").chmod(0o600)
    environment.mirror(source, tmp_path / "target")

    assert 0o644 == (tmp_path / "target" / "a.py").stat().st_mode & 0o777
