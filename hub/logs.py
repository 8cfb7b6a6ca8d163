"""The hub's own log, on standard error. It holds no credential and no query string."""

import logging
import time

from hub.settings import Settings
from schemas import codec


class _JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def __init__(self, worker: int | None) -> None:
        super().__init__()
        self._origin = {} if worker is None else {"worker": worker}

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": codec.timestamp(int(record.created * 1000)),
            "level": record.levelname.lower(),
            **self._origin,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return codec.encode(line).decode()


class _TextFormatter(logging.Formatter):
    """Time in UTC, level, worker if there are several, logger, message."""

    converter = time.gmtime
    default_msec_format = "%s.%03dZ"

    def __init__(self, worker: int | None) -> None:
        origin = "" if worker is None else f"worker {worker} "
        super().__init__(f"%(asctime)s %(levelname)-7s {origin}%(name)s: %(message)s")


def _of_the_hub(record: logging.LogRecord) -> bool:
    """Whether something of uvicorn is for the log.

    It logs as errors of the application what clients do: text that is not UTF-8, and not reading a stream,
    whose response the hub then gives up.
    """
    if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
        return False
    return "returned without completing response" not in record.getMessage()


def configure(settings: Settings, worker: int | None = None) -> None:
    """Log as the settings say; of several processes, each as the worker that it is."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter(worker) if settings.log_format == "json" else _TextFormatter(worker))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("hub").setLevel(settings.log_level.upper())
    # uvicorn logs query strings, which may hold a token; the hub has an access log of its own.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        server = logging.getLogger(name)
        server.setLevel(logging.WARNING)
        # As a command of its own it has set up its own format.
        server.handlers.clear()
        server.propagate = True
    logging.getLogger("uvicorn.error").addFilter(_of_the_hub)
    if settings.log_level != "debug":
        logging.getLogger("hub.access").setLevel(logging.WARNING)
