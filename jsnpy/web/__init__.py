"""Fetching over HTTP, without any JavaScript: one request, its redirects and its answer under one deadline.

    address    URL and header lines, checked and made ready for the wire
    proxies    the proxy for a URL, from the usual environment variables
    transfer   one request and one answer: connection, TLS, status, headers, bytes
    answer     bytes to text: content encodings with a limit, charsets
    trouble    what went wrong, as a sentence for an administrator
    fetching   the whole: deadline, redirects, what may go to which host

Imported only when a script really asks for something: the transport costs some 60 ms to import.
"""

from jsnpy.web.fetching import Answer, Request, fetch
from jsnpy.web.trouble import WebError

__all__ = ["Answer", "Request", "WebError", "fetch"]
