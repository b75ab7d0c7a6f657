/* jsnpy.exe and JsN.exe: runs `-m jsnpy` with the Python in the folder `runtime` beside it, within this process. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

int _dowildcard = 0; /* what is typed reaches jsnpy as it is */

typedef int (*py_main)(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    static wchar_t path[32768]; /* the longest that Windows has */
    DWORD length = GetModuleFileNameW(NULL, path, 32700);
    while (length > 0 && path[length - 1] != L'\\')
        length--;
    wcscpy(path + length, L"runtime\\" PYTHON_DLL);
    HMODULE python = LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    py_main run = python ? (py_main)(void *)GetProcAddress(python, "Py_Main") : NULL;
    wchar_t **words = malloc((argc + 3) * sizeof *words);
    if (!run || !words) {
        fwprintf(stderr, L"jsnpy: error: %ls cannot be loaded (error %lu): unpack the whole folder, not this file alone\n",
                 path, GetLastError());
        return 70;
    }
    words[0] = argv[0];
    words[1] = L"-m";
    words[2] = L"jsnpy";
    for (int i = 1; i <= argc; i++) /* with the NULL at the end */
        words[i + 2] = argv[i];
    return run(argc + 2, words);
}
