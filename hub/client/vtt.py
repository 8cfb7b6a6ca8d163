"""Files in WebVTT, to be replayed."""

from pathlib import Path

from hub.captions import vtt
from hub.captions.line import Captions, CaptionsError, Line
from hub.client.errors import VttError

__all__ = ["Captions", "Line", "read"]


def read(path: Path) -> Captions:
    """Read the WebVTT file at `path`.

    Raises:
        VttError: see `hub.captions.vtt.parse`; also if the file cannot be read.
    """
    try:
        return vtt.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise VttError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise VttError(f"{path} is not UTF-8 at byte {error.start}.") from error
    except CaptionsError as error:
        raise VttError(f"{path}: {error}") from error
