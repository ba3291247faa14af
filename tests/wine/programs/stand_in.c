/*
 * Stands in for gatepost-agent.exe where only the package is tried: writes down how it was called, is a service that
 * runs until it is stopped, and answers `windows-setup` as a file in C:\ says (nothing there: it went well).
 */

#include <stdio.h>
#include <string.h>
#include <windows.h>

static SERVICE_STATUS_HANDLE handle;
static HANDLE stop;

static void note(const char *what) {
    FILE *calls = fopen("C:\\gatepost-calls.txt", "a");
    if (!calls) return;
    fprintf(calls, "%s\n", what);
    fclose(calls);
}

static int answer(const char *what) {
    char place[260], word[16] = "0";
    snprintf(place, sizeof place, "C:\\gatepost-answer-%s.txt", what);
    FILE *file = fopen(place, "r");
    if (file) {
        if (!fgets(word, sizeof word, file)) word[0] = '0';
        fclose(file);
    }
    return atoi(word);
}

static void say(DWORD state) {
    SERVICE_STATUS status = {SERVICE_WIN32_OWN_PROCESS, state, SERVICE_ACCEPT_STOP, 0, 0, 0, 5000};
    SetServiceStatus(handle, &status);
}

static DWORD WINAPI control(DWORD code, DWORD event, void *data, void *context) {
    (void)event, (void)data, (void)context;
    if (code == SERVICE_CONTROL_STOP) {
        say(SERVICE_STOP_PENDING);
        SetEvent(stop);
    }
    return NO_ERROR;
}

static void WINAPI service(DWORD count, char **words) {
    (void)count, (void)words;
    stop = CreateEventA(NULL, TRUE, FALSE, NULL);
    handle = RegisterServiceCtrlHandlerExA("gatepost-agent", control, NULL);
    note("service runs"); /* before it is said: who waits for that reads the notes at once */
    say(SERVICE_RUNNING);
    WaitForSingleObject(stop, INFINITE);
    note("service stops");
    say(SERVICE_STOPPED);
}

int main(int count, char **words) {
    char line[1024] = "";
    for (int i = 1; i < count; i++) {
        strncat(line, words[i], sizeof line - strlen(line) - 2);
        if (i + 1 < count) strcat(line, " ");
    }
    note(line);
    if (count > 1 && !strcmp(words[1], "service")) {
        SERVICE_TABLE_ENTRYA table[] = {{"gatepost-agent", service}, {NULL, NULL}};
        return StartServiceCtrlDispatcherA(table) ? 0 : (int)GetLastError();
    }
    return count > 1 ? answer(words[1]) : 0;
}
