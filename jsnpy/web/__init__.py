"""Fetching over HTTP, without any JavaScript: one request, its redirects and its answer under one deadline.

    url        URL and header lines, checked and made ready for the wire
    proxies    the proxy for a URL, from the usual environment variables
    transfer   one request and one answer: connection, TLS, status, headers, bytes
    body       bytes to text: content encodings with a limit, charsets
    errors     what went wrong, as a sentence for an administrator
    fetch      the whole: deadline, redirects, what may go to which host

Imported only when a script really asks for something: the transport costs some 60 ms to import.
"""

from jsnpy.web.errors import WebError
from jsnpy.web.fetch import Answer, Request, fetch

__all__ = ["Answer", "Request", "WebError", "fetch"]
