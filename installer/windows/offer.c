/*
 * Two steps of the Windows package, run by Windows Installer as SYSTEM: keep the server's address and the enrolment code
 * for the service, or drop them when the installation is rolled back.
 *
 * A row of the package's Registry table would do the same, but Windows Installer writes such rows into its log, value and
 * all; and a program's command line can be read by others. What is handed to a library stands in neither.
 */

#include <windows.h>

#include <msi.h>
#include <msiquery.h>
#include <sddl.h>
#include <wchar.h>

#define KEY L"SOFTWARE\\Gatepost\\Enrol"
#define ONLY_ADMINISTRATORS L"O:BAG:SYD:P(A;CI;KA;;;SY)(A;CI;KA;;;BA)"
#define LETTERS 1024

static LSTATUS write_text(HKEY key, const wchar_t *name, const wchar_t *text) {
    return RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)text, (DWORD)((wcslen(text) + 1) * sizeof *text));
}

/* Makes the key, closed before anything is written into it. */
static LSTATUS open_closed(HKEY *key) {
    SECURITY_ATTRIBUTES rights = {sizeof rights, NULL, FALSE};
    DWORD what;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(ONLY_ADMINISTRATORS, SDDL_REVISION_1,
                                                              &rights.lpSecurityDescriptor, NULL)) {
        return (LSTATUS)GetLastError();
    }
    LSTATUS status = RegCreateKeyExW(HKEY_LOCAL_MACHINE, KEY, 0, NULL, 0,
                                     KEY_SET_VALUE | WRITE_DAC | WRITE_OWNER | KEY_WOW64_64KEY, &rights, key, &what);
    if (status == ERROR_SUCCESS && what == REG_OPENED_EXISTING_KEY) {
        status = RegSetKeySecurity(*key, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, rights.lpSecurityDescriptor);
        if (status != ERROR_SUCCESS) RegCloseKey(*key);
    }
    LocalFree(rights.lpSecurityDescriptor);
    return status;
}

/* CustomActionData is `ADDRESS|CODE`. */
__declspec(dllexport) UINT WINAPI KeepOffer(MSIHANDLE install) {
    wchar_t given[LETTERS];
    DWORD length = LETTERS;
    HKEY key;
    if (MsiGetPropertyW(install, L"CustomActionData", given, &length) != ERROR_SUCCESS) return ERROR_INSTALL_FAILURE;
    wchar_t *code = wcschr(given, L'|');
    if (!code || code == given || !code[1]) return ERROR_INSTALL_FAILURE;
    *code++ = 0;
    LSTATUS status = open_closed(&key);
    if (status == ERROR_SUCCESS) {
        status = write_text(key, L"Server", given);
        if (status == ERROR_SUCCESS) status = write_text(key, L"Code", code);
        RegCloseKey(key);
    }
    SecureZeroMemory(given, sizeof given);
    return status == ERROR_SUCCESS ? ERROR_SUCCESS : ERROR_INSTALL_FAILURE;
}

__declspec(dllexport) UINT WINAPI DropOffer(MSIHANDLE install) {
    (void)install;
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, KEY, KEY_WOW64_64KEY, 0);
    return ERROR_SUCCESS;
}
