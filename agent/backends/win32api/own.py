"""This very process and its own files: who we are, who may write a file, what is kept from others."""

import sys

assert sys.platform == "win32"

import ctypes
import locale
import msvcrt
from collections.abc import Callable
from ctypes import wintypes

import ntsecuritycon
import win32api
import win32con
import win32crypt
import win32file
import win32security

from agent.backends.win32_problem import WinProblem
from agent.backends.win32api.telling import told

_CRYPTPROTECT_UI_FORBIDDEN = 0x1
_CRYPTPROTECT_LOCAL_MACHINE = 0x4
_WRITING = (
    ntsecuritycon.FILE_WRITE_DATA
    | ntsecuritycon.FILE_APPEND_DATA
    | ntsecuritycon.FILE_WRITE_ATTRIBUTES
    | ntsecuritycon.DELETE
    | ntsecuritycon.WRITE_DAC
    | ntsecuritycon.WRITE_OWNER
    | ntsecuritycon.GENERIC_WRITE
    | ntsecuritycon.GENERIC_ALL
)
EVERYBODY = "S-1-1-0"
_TICKS_A_SECOND = 10_000_000

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_query_unbiased = _kernel32.QueryUnbiasedInterruptTime
_query_unbiased.argtypes = [ctypes.POINTER(ctypes.c_uint64)]
_query_unbiased.restype = wintypes.BOOL
_user_ui_language = _kernel32.GetUserDefaultUILanguage
_user_ui_language.argtypes = []
_user_ui_language.restype = wintypes.WORD
_shell32 = ctypes.WinDLL("shell32")
_is_user_an_admin = _shell32.IsUserAnAdmin
_is_user_an_admin.argtypes = []
_is_user_an_admin.restype = wintypes.BOOL


def own_sid() -> str:
    """Return the SID this process runs as."""
    with told("OpenProcessToken"):
        token = win32security.OpenProcessToken(win32api.GetCurrentProcess(), win32con.TOKEN_QUERY)
        try:
            sid, _attributes = win32security.GetTokenInformation(token, win32security.TokenUser)
        finally:
            win32api.CloseHandle(token)
        return str(win32security.ConvertSidToStringSid(sid))


def is_elevated() -> bool:
    """Say whether this process holds the rights of Administrators now."""
    return bool(_is_user_an_admin())


def ui_language() -> str:
    """Return the language this user sees Windows in, e.g. `tr_TR`; empty where Python has no name for it."""
    return locale.windows_locale.get(int(_user_ui_language()), "")


def on_console_end(action: Callable[[], None]) -> None:
    """Have this done, in a thread of Windows', when our console says Ctrl+C, Ctrl+Break or that it closes."""

    def heard(kind: int) -> bool:
        if kind not in (win32con.CTRL_C_EVENT, win32con.CTRL_BREAK_EVENT, win32con.CTRL_CLOSE_EVENT):
            return False
        action()
        return True

    with told("SetConsoleCtrlHandler"):
        win32api.SetConsoleCtrlHandler(heard, True)


def file_security(descriptor: int) -> tuple[str, list[str]]:
    """Return the owner of an open file, and the SID of everybody whom its access list lets change it."""
    wanted = win32security.OWNER_SECURITY_INFORMATION | win32security.DACL_SECURITY_INFORMATION
    with told("GetSecurityInfo"):
        found = win32security.GetSecurityInfo(
            msvcrt.get_osfhandle(descriptor), win32security.SE_FILE_OBJECT, wanted
        )
        owner = str(win32security.ConvertSidToStringSid(found.GetSecurityDescriptorOwner()))
        acl = found.GetSecurityDescriptorDacl()
        if acl is None:  # no list at all lets everybody do everything
            return owner, [EVERYBODY]
        writers = []
        for number in range(acl.GetAceCount()):
            try:
                entry = acl.GetAce(number)
            except NotImplementedError:  # a kind that pywin32 cannot take apart
                writers.append(EVERYBODY)
                continue
            (kind, flags), mask = entry[0], entry[1]
            only_below = flags & win32security.INHERIT_ONLY_ACE
            if kind != win32security.ACCESS_DENIED_ACE_TYPE and mask & _WRITING and not only_below:
                writers.append(str(win32security.ConvertSidToStringSid(entry[-1])))
        return owner, writers


def folder_owner(path: str) -> str:
    """Return the owner of a folder itself; one that leads elsewhere (a junction) is not followed."""
    with told("CreateFile"):
        handle = win32file.CreateFile(
            path,
            ntsecuritycon.READ_CONTROL,
            win32file.FILE_SHARE_READ | win32file.FILE_SHARE_WRITE | win32file.FILE_SHARE_DELETE,
            None,
            win32file.OPEN_EXISTING,
            win32file.FILE_FLAG_BACKUP_SEMANTICS | win32file.FILE_FLAG_OPEN_REPARSE_POINT,
            None,
        )
    try:
        with told("GetSecurityInfo"):
            found = win32security.GetSecurityInfo(
                int(handle), win32security.SE_FILE_OBJECT, win32security.OWNER_SECURITY_INFORMATION
            )
            return str(win32security.ConvertSidToStringSid(found.GetSecurityDescriptorOwner()))
    finally:
        handle.Close()


def leads_elsewhere(path: str) -> bool:
    """Say whether this folder is a junction or a link."""
    with told("GetFileAttributes"):
        return bool(win32api.GetFileAttributes(path) & win32con.FILE_ATTRIBUTE_REPARSE_POINT)


def set_acl(path: str, sddl: str) -> None:
    """Give a file or folder this access list and no inherited one; what lies below inherits from it."""
    with told("ConvertStringSecurityDescriptorToSecurityDescriptor"):
        descriptor = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(
            sddl, win32security.SDDL_REVISION_1
        )
    with told("SetNamedSecurityInfo"):
        win32security.SetNamedSecurityInfo(
            path,
            win32security.SE_FILE_OBJECT,
            win32security.DACL_SECURITY_INFORMATION | win32security.PROTECTED_DACL_SECURITY_INFORMATION,
            None,
            None,
            descriptor.GetSecurityDescriptorDacl(),
            None,
        )


def protect(content: bytes) -> bytes:
    """Return it so that only this machine opens it (DPAPI)."""
    with told("CryptProtectData"):
        return bytes(
            win32crypt.CryptProtectData(
                content, None, None, None, None, _CRYPTPROTECT_LOCAL_MACHINE | _CRYPTPROTECT_UI_FORBIDDEN
            )
        )


def unprotect(protected: bytes) -> bytes:
    """Open what this machine protected."""
    with told("CryptUnprotectData"):
        _description, content = win32crypt.CryptUnprotectData(
            protected, None, None, None, _CRYPTPROTECT_UI_FORBIDDEN
        )
        return bytes(content)


def replace_file(new: str, old: str) -> None:
    """Put a file in another's place, on disk when this returns; error 5 or 32 while somebody reads it."""
    with told("MoveFileEx"):
        win32file.MoveFileEx(new, old, win32file.MOVEFILE_REPLACE_EXISTING | win32file.MOVEFILE_WRITE_THROUGH)


def unbiased_seconds() -> float:
    """Return how long the machine has been awake since it started."""
    ticks = ctypes.c_uint64()
    if not _query_unbiased(ctypes.byref(ticks)):
        raise WinProblem("QueryUnbiasedInterruptTime", ctypes.get_last_error())
    return ticks.value / _TICKS_A_SECOND
