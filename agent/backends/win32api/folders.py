"""Who a file or folder belongs to, by its path, and the rights on it."""

import sys

assert sys.platform == "win32"

import win32file
import win32security

from agent.backends.win32api import own
from agent.backends.win32api.telling import told


def leads_elsewhere(path: str) -> bool:
    """Say whether it is a junction or a link."""
    return own.leads_elsewhere(path)


def owner_of(path: str) -> str:
    """Return the SID of the owner of the folder itself, wherever it leads."""
    return own.folder_owner(path)


def make(path: str, sddl: str) -> None:
    """Make a folder that has this owner and these rights from its first moment."""
    with told("ConvertStringSecurityDescriptorToSecurityDescriptor"):
        wanted = win32security.SECURITY_ATTRIBUTES()
        wanted.SECURITY_DESCRIPTOR = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(
            sddl, win32security.SDDL_REVISION_1
        )
    with told("CreateDirectory"):
        win32file.CreateDirectory(path, wanted)


def set_security(path: str, sddl: str) -> None:
    """Give it the owner and the rights that stand there, and no inherited ones."""
    with told("ConvertStringSecurityDescriptorToSecurityDescriptor"):
        wanted = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(
            sddl, win32security.SDDL_REVISION_1
        )
    with told("SetNamedSecurityInfo"):
        win32security.SetNamedSecurityInfo(
            path,
            win32security.SE_FILE_OBJECT,
            win32security.OWNER_SECURITY_INFORMATION
            | win32security.DACL_SECURITY_INFORMATION
            | win32security.PROTECTED_DACL_SECURITY_INFORMATION,
            wanted.GetSecurityDescriptorOwner(),
            None,
            wanted.GetSecurityDescriptorDacl(),
            None,
        )
