"""What Microsoft's and Google's endpoints are called, and what mail must ask them for."""

from __future__ import annotations

from jsnpy.record import Record

GOOGLE = "https://oauth2.googleapis.com/token"
PROVIDERS = ("microsoft", "google")


class _Cloud(Record):
    """One of Microsoft's clouds: where it logs in, and the host whose tokens its mail servers take."""

    authority: str
    application: str
    person: str


CLOUDS = {
    "global": _Cloud(
        authority="login.microsoftonline.com", application="outlook.office365.com", person="outlook.office.com"
    ),
    "usgov": _Cloud(
        authority="login.microsoftonline.us", application="outlook.office365.us", person="outlook.office365.us"
    ),
    "usgov-dod": _Cloud(
        authority="login.microsoftonline.us", application="outlook-dod.office365.us", person="outlook-dod.office365.us"
    ),
    "china": _Cloud(
        authority="login.partner.microsoftonline.cn", application="partner.outlook.cn", person="partner.outlook.cn"
    ),
}


def defaults(provider: str, *, tenant: str, cloud: str, person: bool) -> dict[str, str]:
    """Return the URLs and the scope that a provider's name stands for."""
    if provider == "google":
        return {
            "token_url": GOOGLE,
            "auth_url": "https://accounts.google.com/o/oauth2/v2/auth",
            "scope": "https://mail.google.com/",
        }
    if provider != "microsoft":
        return {}
    place = CLOUDS.get(cloud, CLOUDS["global"])  # a reference that is not resolved yet names none
    person_scope = f"https://{place.person}/SMTP.Send offline_access"
    scope = person_scope if person else f"https://{place.application}/.default"
    if not tenant:
        return {"scope": scope}
    base = f"https://{place.authority}/{tenant}/oauth2/v2.0"
    return {
        "token_url": f"{base}/token",
        "auth_url": f"{base}/authorize",
        "device_url": f"{base}/devicecode",
        "scope": scope,
    }
