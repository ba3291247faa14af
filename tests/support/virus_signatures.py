"""A dated signature database of one harmless signature, and the harmless file it knows.

ClamAV has no test database of its own. A `.cud` is the unsigned kind of its databases; its first 512 bytes
carry the time it was built, like those of the official ones.
"""

import hashlib
import io
import tarfile
import time
import zipfile

# In two pieces, so that no scanner takes this file for the test virus.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SIGNATURE = "School-Test-File"


def write_signatures(folder, built_at):
    """Write a database that knows the test file, built at this moment (seconds since 1970)."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    signature = f"{SIGNATURE}:0:*:".encode() + EICAR.hex().encode() + b"\n"
    built = time.strftime("%d %b %Y %H-%M +0000", time.gmtime(built_at))
    header = f"ClamAV-VDB:{built}:1:1:90:X:X:school:{int(built_at)}".encode()
    listed = f"daily.ndb:{len(signature)}:{hashlib.sha256(signature).hexdigest()}\n".encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in (("daily.info", header + b"\n" + listed), ("daily.ndb", signature)):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    path = folder / "daily.cud"
    path.write_bytes(header.ljust(512) + packed.getvalue())
    path.chmod(0o644)
    return folder


def zipped(**files):
    """Return a zip file's bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()
