"""Whose meeting a link belongs to, and whose it only seems to."""

import pytest

from hub.core.platform import platform_of


@pytest.mark.parametrize(
    ("link", "platform"),
    [
        ("https://zoom.us/j/123", "zoom"),
        ("https://us02web.zoom.us/j/123?pwd=x", "zoom"),
        ("https://a.b.zoom.com", "zoom"),
        ("https://agency.zoomgov.com/j/1", "zoom"),
        ("https://meet.google.com/abc-defg-hij", "google_meet"),
        ("https://teams.microsoft.com/l/meetup-join/x", "teams"),
        ("https://teams.live.com/meet/1", "teams"),
        ("https://gov.teams.microsoft.us/l/x", "teams"),
        ("https://acme.webex.com/meet/ada", "webex"),
        ("https://ZOOM.US/J/1", "zoom"),
        ("https://Meet.Google.Com:443/x", "google_meet"),
        ("https://zoom.us:8443/j/1", "zoom"),
        ("https://zoom.us./j/1", "zoom"),
        ("https://user:secret@zoom.us/j/1", "zoom"),
        ("https://zoom.us.evil.com/j/1", "other"),
        ("https://notzoom.us/j/1", "other"),
        ("https://zoom.us@evil.com/j/1", "other"),
        ("https://evil.com/zoom.us", "other"),
        ("https://evil.com?zoom.us", "other"),
        ("https://evil.com#@zoom.us", "other"),
        ("https://evil.com\\@zoom.us", "other"),
        ("https://evil.com\\.zoom.us", "other"),
        ("https://google.com/meet", "other"),
        ("https://microsoft.com", "other"),
        ("https://us", "other"),
        ("https://127.0.0.1/zoom.us", "other"),
        ("https://[::1]/zoom.us", "other"),
        ("https://zооm.us/j/1", "other"),  # noqa: RUF001 -- Cyrillic letters are the point
        ("https://meet.jit.si/x", "other"),
    ],
)
def test_the_host_decides(link, platform):
    assert platform_of(link) == platform


@pytest.mark.parametrize(
    "link", ["https://", "https:///zoom.us", "zoom.us/j/1", "https://[zoom.us/", "https://:443"]
)
def test_a_link_without_a_host_is_refused(link):
    with pytest.raises(ValueError, match=r"host|Invalid"):
        platform_of(link)
