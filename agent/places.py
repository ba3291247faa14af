"""Where each system keeps what is ours.

Asked of the system, never of an environment variable: a pupil sets those, and what is read from here
decides whether a desktop opens.
"""

import hashlib
import sys
from pathlib import Path

if sys.platform == "win32":
    import ctypes

_NO_PAIR = "İı"
_COMMON_APPDATA = 0x23
_MAX_PATH = 260


def data_root() -> Path:
    """Return the folder of all machine-wide data: `C:\\ProgramData`, wherever this Windows has it."""
    if sys.platform == "win32":
        # The one call of Windows outside its room: the configuration's defaults stand below everything.
        shell = ctypes.WinDLL("shell32")
        ask = shell.SHGetFolderPathW
        ask.argtypes = [
            ctypes.c_void_p,
            ctypes.c_int,
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_wchar_p,
        ]
        ask.restype = ctypes.c_long
        found = ctypes.create_unicode_buffer(_MAX_PATH)
        if ask(None, _COMMON_APPDATA, None, 0, found) == 0 and found.value:
            return Path(found.value)
        return Path("C:\\ProgramData")
    return Path("/")


def _default(linux: str, *windows: str) -> str:
    if sys.platform == "win32":
        return str(data_root().joinpath("Gatepost", *windows))
    return linux


CONFIG = _default("/etc/gatepost/agent.toml", "agent.toml")
STATE = _default("/var/lib/gatepost")
RUN = _default("/run/gatepost", "run")
PIPE = "\\\\.\\pipe\\gatepost"


def public_address(run: Path) -> Path:
    """Return where every local program may speak to the service that has this run folder."""
    if sys.platform == "win32":
        return Path(pipe_name(str(run)))
    return run / "agent.sock"


def pipe_name(run: str, usual: str = RUN) -> str:
    """
    Return the name of the public pipe: one that everybody knows, and another for each unusual run folder.

    Names of pipes are one space for the whole machine, so two services beside one another must not meet.
    Pure.
    """
    folded = run.casefold()
    if folded == usual.casefold():
        return PIPE
    return f"{PIPE}-{hashlib.sha256(folded.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def account_as_written(name: str) -> str:
    """Return an account's name as this system compares it: Windows takes May and may for one."""
    if sys.platform == "win32":
        return folded(name)
    return name


def folded(name: str) -> str:
    """
    Return a name in small letters as Windows folds them: one letter for one, in no language. Pure.

    So ı and İ stay what they are: neither is i there.
    """
    return "".join(each if each in _NO_PAIR or len(small := each.lower()) != 1 else small for each in name)
