"""What the hub exports it can import: texts, speakers and times come back from every form."""

import json
from contextlib import suppress

import pytest
from exported import cue, said
from hypothesis import given
from hypothesis import strategies as st
from unit.core.made_entries import bounded
from unit.core.test_export import HEADING, segments

from hub.captions.line import CaptionsError
from hub.captions.reading import beginning, form_of, read
from hub.core.export import FORMATS
from schemas import codec

VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Zoë>Grüße</v>\n"


@pytest.mark.parametrize("name", ["vtt", "srt", "json", "ndjson"])
@bounded
@given(segments.filter(bool))
def test_what_is_exported_can_be_imported(name, exported):
    text = "".join(FORMATS[name].pieces(HEADING, exported))
    wanted = [said(codec.decode(codec.encode(segment))) for segment in exported]
    if name in ("vtt", "srt"):
        wanted = [cue(one) for one in wanted]
    back = [(line.start_ms, line.end_ms, line.speaker, line.text) for line in read(text.encode()).lines]
    assert back == sorted(wanted, key=lambda one: one.start)


@bounded
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_anything_is_read_or_refused(data):
    for form in (b"", b"WEBVTT\n\n", b"1\n00:00:01,000 --> 00:00:02,000\n", b"["):
        with suppress(CaptionsError):
            assert read(form + data).lines


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        (VTT.encode(), None),
        (VTT.encode("utf-8-sig"), None),
        (b"\xff\xfe" + VTT.encode("utf-16-le"), None),
        (b"\xfe\xff" + VTT.encode("utf-16-be"), "utf-8"),
        (VTT.encode("latin-1"), "ISO-8859-1"),
        (VTT.encode("cp1252"), "windows-1252"),
        (VTT.encode(), "unicode_escape"),
        (VTT.encode(), "rot13"),
        (VTT.encode(), "no such thing"),
        (VTT.encode(), "\0"),
    ],
)
def test_text_is_read_as_it_was_written(data, charset):
    (line,) = read(data, charset).lines
    assert (line.speaker, line.text) == ("Zoë", "Grüße")
    assert form_of(beginning(data[:100], charset)) == "vtt"


def test_other_bytes_are_refused_by_their_line():
    with pytest.raises(CaptionsError, match=r"^It is not UTF-8: line 4 has other bytes\.$"):
        read(VTT.encode("latin-1"))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("WEBVTT", "vtt"),
        ("\n\nWEBVTT\n", "vtt"),
        ("1\n00:00:01,000 --> 00:00:02,000\nx", "srt"),
        (json.dumps([{"start": 1}]), "json"),
        ('\n {"a": 1}', "json"),
        ("<html><body>", None),
        ("", None),
        ("\x00\x00\x00\x20ftypisom", None),
    ],
)
def test_the_form_is_told_by_how_a_file_begins(text, form):
    assert form_of(text) == form
    if form is None:
        with pytest.raises(CaptionsError, match="neither WebVTT nor SubRip nor JSON"):
            read(text.encode())
