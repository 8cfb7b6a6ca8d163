"""Counting a marker in a stream of bytes, whatever pieces it comes in."""


class Marker:
    """A byte string that is in each frame once.

    Args:
        text: At least two bytes without a line end; no beginning of it may be an end of it, else occurrences
            could overlap.

    Raises:
        ValueError: it is no such string.
    """

    __slots__ = ("inside", "tail", "text")

    def __init__(self, text: bytes) -> None:
        if len(text) < 2 or b"\r" in text:
            raise ValueError(f"a marker has at least two bytes and no carriage return, not {text!r}")
        if any(text.endswith(text[:size]) for size in range(1, len(text))):
            raise ValueError(f"a marker cannot begin as it ends: {text!r}")
        self.text = text
        self.inside = frozenset(text[:-1])
        """Bytes from which a marker goes on: a piece that ends with another one leaves nothing to keep."""
        self.tail = b""
        """The beginning of a marker with which the last piece ended."""

    def count(self, buffer: bytearray, end: int) -> int:
        """Occurrences that end in `buffer[:end]`, the next piece of the stream."""
        found = buffer.count(self.text, 0, end)
        if self.tail:
            return found + self.across(buffer, 0, end)
        if buffer[end - 1] in self.inside:
            self.keep(buffer, 0, end)
        return found

    def across(self, buffer: bytearray, start: int, end: int) -> int:
        """1 if an occurrence began in the last piece and ends in `buffer[start:end]`, the next one."""
        reach = len(self.text) - 1
        seam = self.tail + buffer[start : min(end, start + reach)]
        self._keep(seam if end - start < reach else bytes(buffer[end - reach : end]))
        return seam.count(self.text)

    def keep(self, buffer: bytearray, start: int, end: int) -> None:
        """Remember how `buffer[start:end]` ends."""
        self._keep(bytes(buffer[max(start, end - len(self.text) + 1) : end]))

    def _keep(self, last: bytes) -> None:
        self.tail = b""
        for size in range(min(len(last), len(self.text) - 1), 0, -1):
            if self.text.startswith(last[-size:]):
                self.tail = last[-size:]
                return
