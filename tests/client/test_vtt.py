from pathlib import Path

import pytest

from hub.client.errors import VttError
from hub.client.vtt import read


def test_a_file_may_begin_with_a_byte_order_mark_and_end_lines_as_it_likes(tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    path.write_bytes(b"\xef\xbb\xbfWEBVTT\r\n\r\n00:00.000 --> 00:01.000\r\n<v Zo\xc3\xab>H\xc3\xa9</v>\r\n")
    assert [(line.speaker, line.text) for line in read(path).lines] == [("Zoë", "Hé")]


def test_a_file_that_cannot_be_read_says_which_and_why(tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    with pytest.raises(VttError, match=r"a\.vtt cannot be read: No such file"):
        read(path)
    path.write_bytes(b"WEBVTT\n\n\xff")
    with pytest.raises(VttError, match=r"a\.vtt is not UTF-8 at byte 8"):
        read(path)
    path.write_bytes(b"no")
    with pytest.raises(VttError, match=r"a\.vtt: This is not WebVTT"):
        read(path)
