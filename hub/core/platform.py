"""Whose meeting a link belongs to."""

from urllib.parse import urlsplit

from schemas.details import Platform

_DOMAINS: dict[str, Platform] = {
    "zoom.us": Platform.ZOOM,
    "zoom.com": Platform.ZOOM,
    "zoomgov.com": Platform.ZOOM,
    "meet.google.com": Platform.GOOGLE_MEET,
    "teams.microsoft.com": Platform.TEAMS,
    "teams.live.com": Platform.TEAMS,
    "teams.microsoft.us": Platform.TEAMS,
    "webex.com": Platform.WEBEX,
}


def platform_of(meeting_link: str) -> Platform:
    """The platform of an https link, by its host or a parent domain of it; else `other`.

    Raises:
        ValueError: the link has no valid host.
    """
    # Browsers read a backslash as a slash: for them the host ends there.
    host = urlsplit(meeting_link.replace("\\", "/")).hostname
    if not host:
        raise ValueError("the link has no host")
    labels = host.rstrip(".").split(".")
    for start in range(len(labels)):
        platform = _DOMAINS.get(".".join(labels[start:]))
        if platform is not None:
            return platform
    return Platform.OTHER
