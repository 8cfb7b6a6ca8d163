"""Why there is no session in a file."""


class ImportFailure(Exception):
    """The file cannot be imported, and trying again would not help.

    Args:
        code: For programs, as in a session's `end.code`.
        message: For people; names no address of a private network and no query of a URL.
        stage: What was being done: `fetch`, `read`, `dispatch` or `publish`.
    """

    def __init__(self, code: str, message: str, *, stage: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.stage = stage


REFUSED = "FILE_REFUSED"
"""The URL, or where it leads to, may not be fetched."""
UNREACHABLE = "FILE_UNREACHABLE"
"""There was no answer with a file in it."""
TOO_LARGE = "FILE_TOO_LARGE"
UNSUPPORTED = "FILE_UNSUPPORTED"
"""It is neither a transcript nor audio or video."""
UNREADABLE = "FILE_UNREADABLE"
"""It is a transcript with a fault; the message names the line."""
FAILED = "IMPORT_FAILED"
"""It was begun too often, or has changed while it was imported, or does not fit into a session."""
