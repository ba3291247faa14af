"""The school's own CA and the TLS certificate it signs; made at the first start, renewed by themselves."""

from pathlib import Path
from typing import NamedTuple

from server.settings import Config, Folder


class Certificate(NamedTuple):
    """What uvicorn serves with and laptops pin."""

    chain: Path
    key: Path
    ca_pem: bytes
    ca_der: bytes


def load_or_make(folder: Folder, config: Config) -> Certificate:
    """Return a valid server certificate, made or renewed where necessary."""
    raise NotImplementedError
