import pytest

from hub.imports.failure import ImportFailure
from hub.imports.url import FileUrl


@pytest.mark.parametrize(
    ("text", "origin", "target"),
    [
        ("https://example.com", "https://example.com", "/"),
        ("HTTPS://EXAMPLE.com.:443/A?b=C#d", "https://example.com", "/A?b=C"),
        ("https://example.com:8443/ä", "https://example.com:8443", "/%C3%A4"),
        ("https://bücher.example/", "https://xn--bcher-kva.example", "/"),
        ("https://[2606:4700::1111]:8443/x", "https://[2606:4700::1111]:8443", "/x"),
        ("https://1.1.1.1/x", "https://1.1.1.1", "/x"),
    ],
)
def test_what_is_connected_to(text: str, origin: str, target: str) -> None:
    url = FileUrl.parse(text)
    assert (url.origin, url.target) == (origin, target)
    assert (url.address is not None) == (url.host[0].isdigit())


@pytest.mark.parametrize(
    "text",
    [
        "http://example.com/",
        "file:///etc/passwd",
        "//example.com/",
        "example.com",
        "https://",
        "https:example.com",
        "https:///x",
        "https://user@example.com/",
        "https://@example.com/",
        "https://user:pass@example.com/",
        "https://example.com\\@other.example/",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https://exa%6dple.com/",
        "https://example..com/",
        "https://example.com:0/",
        "https://example.com:22/",
        "https://example.com:65536/",
        "https://example.com:x/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://[fe80::1%25lo]/",
        "https://[::1/",
        "https://example.com/" + "a" * 2048,
    ],
)
def test_what_is_not_fetched(text: str) -> None:
    with pytest.raises(ImportFailure) as raised:
        FileUrl.parse(text)
    assert (raised.value.code, raised.value.stage) == ("FILE_REFUSED", "fetch")


def test_an_at_sign_may_be_in_a_path() -> None:
    assert FileUrl.parse("https://example.com/@a?b=@c").target == "/@a?b=@c"


@pytest.mark.parametrize(
    ("location", "leads"),
    [
        ("b", "https://example.com:8443/x/b"),
        ("/b?c#d", "https://example.com:8443/b?c"),
        ("//other.example/b", "https://other.example/b"),
        ("https://other.example", "https://other.example/"),
        ("?c", "https://example.com:8443/x/a?c"),
    ],
)
def test_where_redirects_lead_to(location: str, leads: str) -> None:
    url = FileUrl.parse("https://example.com:8443/x/a?q").joined(location)
    assert url.origin + url.target == leads


def test_what_is_shown_of_it_has_no_query() -> None:
    url = FileUrl.parse("https://example.com/a/b.vtt?signature=secret")
    assert (url.shown, url.name) == ("https://example.com/a/b.vtt", "b.vtt")
