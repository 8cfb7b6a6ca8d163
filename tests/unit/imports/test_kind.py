import pytest

from hub.imports.kind import Kind, kind_of

SRT = b"1\n00:00:01,000 --> 00:00:02,000\nHello\n"


@pytest.mark.parametrize(
    ("head", "content_type", "name", "kind"),
    [
        (b"WEBVTT\n", "text/vtt", "a.vtt", Kind.TRANSCRIPT),
        (b"\xef\xbb\xbfWEBVTT\n", "application/octet-stream", "a", Kind.TRANSCRIPT),
        (b"WEBVTT\n", "video/mp4", "a.mp4", Kind.TRANSCRIPT),
        (SRT, "", "", Kind.TRANSCRIPT),
        (SRT.decode().encode("utf-16"), "text/plain", "", Kind.TRANSCRIPT),
        (b' {"segments": []}', "application/json", "a.json", Kind.TRANSCRIPT),
        (b"[1", "text/plain", "", Kind.TRANSCRIPT),
        (b"{}", "audio/mpeg", "a.mp3", Kind.MEDIA),
        (b"ID3\x04\x00", "", "", Kind.MEDIA),
        (b"\xff\xfb\x90\x64", "", "", Kind.MEDIA),
        (b"\xff\xf1\x50\x80", "text/plain", "", Kind.MEDIA),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "", "", Kind.MEDIA),
        (b"OggS\x00", "", "", Kind.MEDIA),
        (b"\x1a\x45\xdf\xa3\x01", "", "", Kind.MEDIA),
        (b"\x00\x00\x00\x18ftypmp42", "", "", Kind.MEDIA),
        (b"G" + bytes(187) + b"G" + bytes(187), "", "", Kind.MEDIA),
        (b"#EXTM3U\n#EXT-X-VERSION:3\n", "", "", Kind.MEDIA),
        (b"#EXT", "application/vnd.apple.mpegurl", "", Kind.MEDIA),
        (bytes(100), "application/octet-stream", "talk.MP4", Kind.MEDIA),
        (bytes(100), "application/pdf", "talk.mp4", Kind.OTHER),
        (b"", "", "talk.mp4", Kind.OTHER),
        (b"\xff\xfe\x00\x01", "", "", Kind.OTHER),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg", "", Kind.OTHER),
        (b"%PDF-1.7", "application/pdf", "", Kind.OTHER),
        (b"PK\x03\x04", "application/zip", "", Kind.OTHER),
        (b"Hello, world", "text/plain", "a.vtt", Kind.OTHER),
        (b"\n<!DOCTYPE HTML>", "text/html", "a.vtt", Kind.PAGE),
        (b"<html lang=en>", "", "talk.mp4", Kind.PAGE),
    ],
)
def test_what_a_file_is(head: bytes, content_type: str, name: str, kind: Kind) -> None:
    assert kind_of(head, content_type, name) is kind
