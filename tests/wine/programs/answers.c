/*
 * Plays every program that gatepost-userinit.exe starts: notes its own name and words, and ends with the number that
 * C:\answer-NAME.txt holds (0 if there is none).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

/* Whether anything of what the one who logs in has set for themselves has come here. */
static int theirs(void) {
    char windows[MAX_PATH], drive[3] = "C:";
    GetWindowsDirectoryA(windows, MAX_PATH);
    drive[0] = windows[0];
    const char *root = getenv("SystemRoot"), *also = getenv("windir"), *disk = getenv("SystemDrive");
    const char *data = getenv("ProgramData");
    if (getenv("PYTHONPATH") || getenv("_PYI_APPLICATION_HOME_DIR") || (data && strstr(data, "pupil"))) return 1;
    return !root || !also || !disk || _stricmp(root, windows) || _stricmp(also, windows) || _stricmp(disk, drive);
}

int main(int count, char **words) {
    char own[MAX_PATH], place[MAX_PATH + 32], line[32] = "0";
    GetModuleFileNameA(NULL, own, MAX_PATH);
    char *name = strrchr(own, '\\') + 1;
    char *end = strrchr(name, '.');
    if (end) *end = 0;
    FILE *calls = fopen("C:\\calls.txt", "a");
    fprintf(calls, "%s", name);
    for (int i = 1; i < count; i++) fprintf(calls, " %s", words[i]);
    fprintf(calls, " [%s]\n", theirs() ? "theirs" : "clean");
    fclose(calls);
    snprintf(place, sizeof place, "C:\\answer-%s.txt", name);
    FILE *answer = fopen(place, "r");
    if (answer) {
        if (!fgets(line, sizeof line, answer)) strcpy(line, "0");
        fclose(answer);
    }
    return (int)strtoul(line, NULL, 0);
}
