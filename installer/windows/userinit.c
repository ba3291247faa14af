/*
 * The gate before the desktop: Winlogon starts this program instead of userinit.exe, as the one who logs in.
 *
 * It asks the service, by `gatepost-agent.exe hook`, whether the desktop may open. Yes (0): it starts what Winlogon
 * would have started. No (anything else, also when somebody ends the question): it signs out. If the question cannot be
 * put at all (a file is gone, a library is missing, the program breaks down in its first step), the desktop opens,
 * unless administrators have written "end" into the file without_service: an installation that is broken must not keep
 * a whole school out, and its technician with it. The service, where it lives, ends such a login by itself.
 *
 * No Python here and nothing that can be configured by the one who logs in: what can fail does not stand in this file.
 */

#include <shlobj.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

#define LONG_PATH 32768
#define OWN_KEY L"SOFTWARE\\Gatepost"

static wchar_t own_file[LONG_PATH], agent_line[LONG_PATH + 16], chain[LONG_PATH], part[LONG_PATH], environment[LONG_PATH];

/* Only these names of theirs reach the question: nothing that makes a program load a file of the pupil's. */
static const wchar_t *const passed_on[] = {
    L"APPDATA", L"LOCALAPPDATA", L"USERDOMAIN", L"USERNAME", L"USERPROFILE", NULL,
};

/*
 * Where Windows lies it is asked itself, not the environment: whoever logs in may set SystemRoot for themselves
 * (HKCU\Environment), and sockets, which the question needs, load the library it leads to.
 */
static const wchar_t *few_variables(void) {
    wchar_t *end = environment, *limit = environment + LONG_PATH - 2, system[MAX_PATH], windows[MAX_PATH];
    for (int i = 0; passed_on[i]; i++) {
        size_t name = wcslen(passed_on[i]);
        if (end + name + 2 >= limit) break;
        DWORD room = (DWORD)(limit - end - name - 1);
        DWORD length = GetEnvironmentVariableW(passed_on[i], end + name + 1, room);
        if (!length || length >= room) continue;
        wmemcpy(end, passed_on[i], name);
        end[name] = L'=';
        end += name + 1 + length + 1;
    }
    UINT letters = GetSystemWindowsDirectoryW(windows, MAX_PATH);
    if (letters && letters < MAX_PATH && end + 2 * letters + 40 < limit) {
        end += swprintf(end, (size_t)(limit - end), L"SystemDrive=%.2ls", windows) + 1;
        end += swprintf(end, (size_t)(limit - end), L"SystemRoot=%ls", windows) + 1;
        end += swprintf(end, (size_t)(limit - end), L"windir=%ls", windows) + 1;
    }
    if (GetSystemDirectoryW(system, MAX_PATH) && end + wcslen(system) + 6 < limit) {
        end += swprintf(end, (size_t)(limit - end), L"PATH=%ls", system) + 1;
    }
    *end = 0;
    return environment;
}

/* Starts a command line and waits; 0 if it could not be started. */
static int run(wchar_t *line, DWORD flags, const wchar_t *variables, DWORD *status) {
    STARTUPINFOW how = {.cb = sizeof how};
    PROCESS_INFORMATION made;
    if (!CreateProcessW(NULL, line, NULL, NULL, FALSE, flags | CREATE_UNICODE_ENVIRONMENT, (void *)variables, NULL, &how,
                        &made)) return 0;
    CloseHandle(made.hThread);
    WaitForSingleObject(made.hProcess, INFINITE);
    if (!GetExitCodeProcess(made.hProcess, status)) *status = 1;
    CloseHandle(made.hProcess);
    return 1;
}

static int read_text(const wchar_t *value, wchar_t *into, DWORD letters) {
    DWORD bytes = letters * sizeof *into;
    return RegGetValueW(HKEY_LOCAL_MACHINE, OWN_KEY, value, RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY, NULL, into, &bytes) ==
               ERROR_SUCCESS && *into;
}

/* The file's first word. Its folder can be written by administrators only. */
static int says_end(void) {
    wchar_t place[LONG_PATH];
    char word[4] = {0};
    DWORD got = 0;
    if (FAILED(SHGetFolderPathW(NULL, CSIDL_COMMON_APPDATA, NULL, 0, place))) return 0;
    wcscat(place, L"\\Gatepost\\without_service");
    HANDLE file = CreateFileW(place, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) return 0;
    int read = ReadFile(file, word, 3, &got, NULL);
    CloseHandle(file);
    return read && got == 3 && !strcmp(word, "end");
}

static int is_own(const wchar_t *line) {
    const wchar_t *path = *line == L'"' ? line + 1 : line;
    return !_wcsnicmp(path, own_file, wcslen(own_file));
}

/* Starts what stood in Winlogon\Userinit before us, in its order; at least userinit.exe itself. */
static int open_desktop(void) {
    int started = 0;
    DWORD status = 0, first = 0;
    if (!read_text(L"UserinitBefore", chain, LONG_PATH)) *chain = 0;
    for (wchar_t *each = wcstok(chain, L","); each; each = wcstok(NULL, L",")) {
        while (*each == L' ') each++;
        if (!*each || is_own(each)) continue;
        wcscpy(part, each);
        if (!run(part, 0, NULL, &status)) continue;
        if (!started++) first = status;
    }
    if (!started) {
        UINT length = GetSystemDirectoryW(part, MAX_PATH);
        if (!length) wcscpy(part, L"C:\\Windows\\System32");
        wcscat(part, L"\\userinit.exe");
        if (!run(part, 0, NULL, &first)) return 1;
    }
    return (int)first;
}

/*
 * Winlogon keeps its *Welcome* before everything until a shell says by this event that it is there, or gives up after a
 * time of its own; behind it nobody sees the question. With the desktop's own shell it is said once more, which is no harm.
 */
static void end_welcome(void) {
    HANDLE event = OpenEventW(EVENT_MODIFY_STATE, FALSE, L"ShellDesktopSwitchEvent");
    if (!event) return;
    SetEvent(event);
    CloseHandle(event);
}

static int sign_out(void) {
    ExitWindowsEx(EWX_LOGOFF | EWX_FORCE, SHTDN_REASON_MAJOR_APPLICATION | SHTDN_REASON_FLAG_PLANNED);
    return 1;
}

int WINAPI wWinMain(HINSTANCE own, HINSTANCE none, PWSTR words, int show) {
    DWORD status = 0;
    (void)own, (void)none, (void)words, (void)show;
    DWORD length = GetModuleFileNameW(NULL, own_file, LONG_PATH);
    wchar_t *slash = length && length < LONG_PATH ? wcsrchr(own_file, L'\\') : NULL;
    int asked = 0;
    end_welcome();
    if (slash) {
        swprintf(agent_line, LONG_PATH + 16, L"\"%.*ls\\gatepost-agent.exe\" hook", (int)(slash - own_file), own_file);
        asked = run(agent_line, CREATE_NO_WINDOW, few_variables(), &status);
    }
    /* From 0xC0000000 on it is Windows that speaks: a library is missing, a fault in the first step. */
    if (asked && status < 0xC0000000u) return status == 0 ? open_desktop() : sign_out();
    return says_end() ? sign_out() : open_desktop();
}
