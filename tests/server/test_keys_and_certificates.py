"""Keys and certificates: made once, private, renewed in time, and never silently replaced."""

import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from server import certificates, keys, settings
from server.errors import Invalid
from server.settings import Config, Folder

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CONFIG = Config(profile="primary-england", hosts=("gatepost.example", "192.0.2.7"))


@pytest.fixture
def empty(tmp_path):
    folder = Folder(tmp_path / "data")
    folder.make()
    return folder


def served(folder, config=CONFIG, now=NOW):
    made = certificates.load_or_make(folder, config, now)
    return made, x509.load_pem_x509_certificates(made.chain.read_bytes())[0]


def test_keys_stay_the_same(empty):
    assert keys.load_or_make(empty, CONFIG) == keys.load_or_make(empty, CONFIG)


def test_private_files_are_for_their_owner_only(empty):
    keys.load_or_make(empty, CONFIG)
    served(empty)
    files = [*empty.keys.iterdir(), *empty.tls.iterdir()]

    assert 6 == len(files)
    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in files}
    assert {0o700} == {stat.S_IMODE(folder.stat().st_mode) for folder in (empty.path, empty.keys, empty.tls)}


def test_a_damaged_key_is_never_replaced_by_a_new_one(empty):
    keys.load_or_make(empty, CONFIG)
    (empty.keys / "record.key").write_bytes(b"short")

    with pytest.raises(Invalid, match="backup"):
        keys.load_or_make(empty, CONFIG)


def test_the_certificate_carries_every_name(empty):
    _, certificate = served(empty)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert {"localhost", "gatepost.example"} <= set(names.get_values_for_type(x509.DNSName))
    assert {"127.0.0.1", "192.0.2.7"} <= {str(ip) for ip in names.get_values_for_type(x509.IPAddress)}


def test_a_good_certificate_is_kept_and_an_old_one_renewed_under_the_same_ca(empty):
    first, _ = served(empty)
    before = first.chain.read_bytes()
    kept, _ = served(empty, now=NOW + timedelta(days=300))
    assert before == kept.chain.read_bytes()
    renewed, certificate = served(empty, now=NOW + timedelta(days=360))

    assert before != renewed.chain.read_bytes()
    assert first.ca_der == renewed.ca_der
    certificate.verify_directly_issued_by(x509.load_der_x509_certificate(first.ca_der))


def test_a_new_name_gets_a_new_certificate(empty):
    before = served(empty)[0].chain.read_bytes()

    assert (
        before != served(empty, settings.Config(profile="x", hosts=("other.example",)))[0].chain.read_bytes()
    )


def test_a_damaged_certificate_is_made_again(empty):
    made, _ = served(empty)
    made.chain.write_bytes(b"junk")
    made.key.unlink()

    assert served(empty)[1].not_valid_after_utc > NOW


@pytest.mark.parametrize("name", ["ca.pem", "ca.key"])
def test_a_damaged_ca_is_never_replaced_by_a_new_one(empty, name):
    served(empty)
    (empty.tls / name).write_bytes(b"junk")

    with pytest.raises(Invalid, match="backup"):
        served(empty)


def test_a_certificate_of_ones_own_is_served_and_its_ca_pinned(empty, tmp_path):
    own = Folder(tmp_path / "own")
    own.make()
    made, _ = served(own)
    config = Config(
        profile="x",
        certificate=str(made.chain),
        certificate_key=str(made.key),
        certificate_ca=str(own.tls / "ca.pem"),
    )

    assert made.ca_der == certificates.load_or_make(empty, config).ca_der
    with pytest.raises(Invalid, match="certificate"):
        certificates.load_or_make(empty, Config(profile="x", certificate="/nowhere.pem"))


@pytest.mark.parametrize(
    "text", ["", "profile = 1", "profile = 'x'\nunknown = 2", "profile = 'x'\nport = 70000", "[[[", "\udcff"]
)
def test_a_wrong_configuration_is_refused_with_its_file(empty, text):
    empty.config.write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(Invalid, match=r"server\.toml"):
        settings.read_config(empty)


def test_a_configuration_is_read_as_written(empty):
    settings.write_config(empty, CONFIG)

    assert CONFIG == settings.read_config(empty)
