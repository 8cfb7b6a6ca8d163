"""What a file is, by how it begins, what its server says, and its name. Pure."""

from enum import Enum, auto

from hub.captions.reading import beginning, form_of

HEAD = 4096
"""Bytes that are looked at."""


class Kind(Enum):
    """What can be done with a file."""

    TRANSCRIPT = auto()
    MEDIA = auto()
    """Audio or video: something for a bot."""
    PAGE = auto()
    """A web page, which mostly says that one has to sign in."""
    OTHER = auto()


_MAGIC: tuple[tuple[int, bytes], ...] = (
    (0, b"ID3"),
    (0, b"OggS"),
    (0, b"fLaC"),
    (0, b"FLV\x01"),
    (0, b"#!AMR"),
    (0, b"wvpk"),
    (0, b".snd"),
    (0, b"caff"),
    (0, b"\x1a\x45\xdf\xa3"),  # Matroska, WebM
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),  # WMA, WMV
    (0, b"\x00\x00\x01\xba"),  # MPEG
    (0, b"\x00\x00\x01\xb3"),
    (0, b"#EXTM3U"),  # a list of pieces
    (4, b"ftyp"),  # MP4, QuickTime
    (4, b"moov"),
    (4, b"mdat"),
    (8, b"WAVE"),
    (8, b"AVI "),
    (8, b"AIFF"),
    (8, b"AIFC"),
)
_SYNC, _LAYER, _LAYERS = 0xFFE0, 0x06, (0x00, 0x02)
"""Of the first two bytes of AAC and MP3; the mark of UTF-16, FF FE, has another layer."""
_TS_PACKET = 188
_ENDINGS = frozenset(
    (  # noqa: SIM905 - two lines in place of 28
        "aac aif aiff amr avi caf flac flv m3u8 m4a m4v mka mkv mov mp2 mp3 mp4 mpeg mpg mts oga ogg ogv "
        "opus ts wav webm wma wmv"
    ).split()
)
"""Of names of audio and video; they count where the server says nothing."""
_UNSAID = ("", "application/octet-stream", "binary/octet-stream", "application/x-download")
_LISTS = ("application/vnd.apple.mpegurl", "application/x-mpegurl", "application/ogg", "application/mp4")
_PAGES = ("<!doctype html", "<html", "<head", "<body")


def kind_of(head: bytes, content_type: str, name: str) -> Kind:
    """What a file is.

    Args:
        head: Its first `HEAD` bytes, or all of it.
        content_type: What the server says, in lower case and without parameters; empty if it does not.
        name: Of the file, from the URL.
    """
    text = beginning(head)
    form = form_of(text)
    if form in ("vtt", "srt"):
        return Kind.TRANSCRIPT
    if _has_magic(head) or content_type.startswith(("audio/", "video/")) or content_type in _LISTS:
        return Kind.MEDIA
    if form is not None:
        return Kind.TRANSCRIPT
    if text.lstrip().lower().startswith(_PAGES):
        return Kind.PAGE
    ending = name.rpartition(".")[2].lower()
    return Kind.MEDIA if content_type in _UNSAID and ending in _ENDINGS and head else Kind.OTHER


def _has_magic(head: bytes) -> bool:
    if any(head.startswith(magic, at) for at, magic in _MAGIC):
        return True
    if len(head) > _TS_PACKET and head[0] == head[_TS_PACKET] == ord("G"):
        return True
    begin = int.from_bytes(head[:2], "big")
    return begin & _SYNC == _SYNC and begin & _LAYER in _LAYERS and len(head) > 2
