"""Windows' own encryption for one account (DPAPI): what it wrote, no other account of the machine can read."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _NO_QUESTIONS = 0x1  # CRYPTPROTECT_UI_FORBIDDEN

    class _Blob(ctypes.Structure):
        _fields_ = [("size", wintypes.DWORD), ("data", ctypes.POINTER(ctypes.c_char))]

    _crypt32 = ctypes.WinDLL("crypt32", use_last_error=True)
    _kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel32.LocalFree.argtypes = [ctypes.c_void_p]

    def protect(data: bytes) -> bytes:
        """Return data encrypted for the account that runs this.

        Raises:
            OSError: Windows refuses, as for an account without a loaded profile.
        """
        return _call(_crypt32.CryptProtectData, data)

    def unprotect(data: bytes) -> bytes:
        """Return what `protect` was given.

        Raises:
            ValueError: it was another account, or the data is damaged.
        """
        try:
            return _call(_crypt32.CryptUnprotectData, data)
        except OSError as error:
            raise ValueError(str(error)) from None

    def _call(function: ctypes._NamedFuncPointer, data: bytes) -> bytes:
        given = _Blob(len(data), ctypes.create_string_buffer(data, len(data)))
        made = _Blob()
        if not function(ctypes.byref(given), None, None, None, None, _NO_QUESTIONS, ctypes.byref(made)):
            raise ctypes.WinError(ctypes.get_last_error())
        try:
            return ctypes.string_at(made.data, made.size)
        finally:
            _kernel32.LocalFree(made.data)
