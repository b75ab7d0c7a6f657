"""What to do about an endpoint's refusal: the likeliest causes, by the error's name and by Microsoft's numbers."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.oauth.client import Client

_WRONG_VALUE = (
    "the client secret is wrong or has expired: make a new one (Entra, App registrations, Certificates & secrets)"
    " and give its Value, not its Secret ID"
)
_UNKNOWN = 'client_id or tenant is unknown there; an application needs its directory\'s id or domain, not "common"'
_CONSENT = "an administrator must grant consent (Entra, App registrations, API permissions)"
_DENIED = "the log-in was refused, by the person or by an administrator"
_POLICY = "a policy of the tenant ended or forbids this log-in (sign-in frequency, conditional access, MFA)"

# Microsoft's numbers may change, so they only choose between hints.
_NUMBERS = (
    (("7000215", "7000222", "7000216"), _WRONG_VALUE),
    (("700025",), "the application is a public client, which has no secret: remove client_secret"),
    (("7000218",), "the application needs a client_secret or a certificate, or must allow public client flows"),
    (("700016", "90002", "50194", "9001023", "900023"), _UNKNOWN),
    (("65001",), _CONSENT),
    (("70011", "1002012"), "the scope is not one that this application can ask for"),
    (("50196",), "tokens were asked for too often: see that JSNPY_TOKEN_DIR can be written"),
    (("700027", "7000272"), "the certificate is not the one that was uploaded to the app registration, or has expired"),
    (("53003", "50076", "50079", "70043", "53000"), _POLICY),
)


def hint(client: Client, error: str, words: str, *, off: float) -> str:
    """Return what to do, or ""; `off` is by how many minutes this machine's clock seems to be ahead."""
    settings = client.settings
    asserted = settings.certificate or settings.assertion_file or settings.service_account
    if off and asserted and error in ("invalid_client", "invalid_grant", "invalid_request"):
        return f"this machine's clock is {abs(off):.0f} minutes off ({'fast' if off > 0 else 'slow'}): set it right"
    if error == "invalid_grant" and settings.grant == "refresh_token":
        return _ended(client, words)
    numbered = next((text for numbers, text in _NUMBERS if any(f"AADSTS{each}:" in words for each in numbers)), "")
    return numbered or _named(client, error)


def _ended(client: Client, words: str) -> str:
    who = client.account or "the account"
    again = f"jsnpy login {client.config}" if client.settings.login else "get a new refresh_token"
    why = "unused for 90 days, password changed, or a policy"
    if client.settings.provider == "google":
        why = "unused for 6 months, password changed, or the consent screen is in Testing, which ends it after 7 days"
    elif any(f"AADSTS{each}:" in words for each in ("70043", "53003", "50076")):
        why = _POLICY
    return f"the log-in of {who} has ended ({why}): {again} as this user; an application's own log-in does not end so"


def _named(client: Client, error: str) -> str:
    settings = client.settings
    google = settings.provider == "google"
    if error == "invalid_client":
        if settings.provider == "microsoft" and settings.client_secret:
            return _WRONG_VALUE
        kind = settings.credential or "client_id"
        return f"the endpoint does not take client_id with this {kind}: is it right, has it expired or been replaced?"
    if error == "unauthorized_client":
        if google:
            where = "Google Admin, Security, API controls, Domain-wide delegation"
            return f"allow the client id the scope https://mail.google.com/ ({where}); it takes up to a day"
        return _CONSENT if settings.provider == "microsoft" else "the client may not use this grant: allow it there"
    if error == "invalid_grant" and settings.grant == "service_account":
        return f"is {client.user} a mailbox of the Workspace domain, and the key still valid?"
    texts = {
        "invalid_grant": "the credential was not accepted: is it still valid?",
        "invalid_scope": "the endpoint does not know the scope, or not for this client: see scope in the oauth2 block",
        "interaction_required": f"a person must log in again: jsnpy login {client.config}",
        "access_denied": _DENIED,
        "authorization_declined": _DENIED,  # as Entra says it
        "unsupported_grant_type": "the endpoint does not offer this way: see token_url and login in the oauth2 block",
    }
    return texts.get(error, "see client_id, token_url and tenant in the oauth2 block")
