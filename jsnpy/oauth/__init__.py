"""Access tokens in place of passwords (OAuth 2.0): how they are got, kept between runs and renewed.

    settings     a config's `oauth2` block, checked; providers: what "microsoft" and "google" stand for; urls: which
                 endpoints are allowed; resolve: its references become values, late
    source       a run's tokens: the kept one, or a new one under the lock
    kept         a token with what the clock says of it; folder: where it lies, for nobody else to read (dpapi)
    client       who asks, and what an endpoint gave
    grants       what an endpoint is asked; assertion: signed proofs; endpoint: one question and its answer
    hints        what to do about a refusal; facts: what a token says of itself
    program      another program's tokens
    failure      TokenError

A kept token imports nothing for HTTP: `grants` and all below it come with the first fetch.
"""

from jsnpy.oauth.failure import TokenError
from jsnpy.oauth.kept import AccessToken
from jsnpy.oauth.source import Source

__all__ = ["AccessToken", "Source", "TokenError"]
