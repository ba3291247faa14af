"""A certificate that is none is refused before any laptop gets it."""

import msgspec
import pytest

from policies.settings import ConnectionSettings

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\nAA==\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("pem", ["", PEM, PEM + PEM, PEM.replace("\n", "\r\n")])
def test_certificates_as_text_are_taken(pem):
    assert pem == msgspec.convert({"ca_pem": pem}, ConnectionSettings).ca_pem


@pytest.mark.parametrize("pem", ["x", "/etc/ssl/ca.pem", PEM[:-6], PEM.replace("CERTIFICATE", "PRIVATE KEY")])
def test_anything_else_is_refused(pem):
    with pytest.raises(msgspec.ValidationError, match="certificates as text"):
        msgspec.convert({"ca_pem": pem}, ConnectionSettings)


def test_a_long_text_that_is_nearly_one_is_refused_at_once():
    pem = "-----BEGIN CERTIFICATE-----\n" + "A " * 8000
    with pytest.raises(msgspec.ValidationError, match="certificates as text"):
        msgspec.convert({"ca_pem": pem}, ConnectionSettings)
