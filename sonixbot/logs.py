"""Logs: one plain format on standard error, and no secret in it whoever writes."""

from __future__ import annotations

import base64
import json
import logging
import re
import sys
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Final, TextIO
from urllib.parse import quote, quote_plus

#: The layout of Python's own `logging`, so `sonixbot protocol` can read the bot's log too.
FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
STARS: Final = "***"
#: Anything shorter is part of so many words that hiding it would turn the log to stars.
SHORTEST: Final = 4

#: What looks like a bot's token (https://core.telegram.org/bots/api#authorizing-your-bot),
#: also percent-encoded.
_TOKEN: Final = re.compile(r"\d{6,}(?::|%3[Aa])[A-Za-z0-9_-]{30,}")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")


def _spellings(secret: str) -> Iterator[str]:
    """The forms in which libraries write a secret down: in URLs, JSON, reprs, login commands."""
    data = secret.encode(errors="surrogatepass")
    for each in (quote(data, safe=""), quote(data), quote_plus(data)):
        yield each
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), each)
    yield secret
    yield repr(secret)[1:-1]
    yield ascii(secret)[1:-1]
    yield repr(data)[2:-1]
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield base64.b64encode(data).decode()


class Redactor:
    """Replaces secrets by stars, in all the forms in which they may be written."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        whole = {each for each in secrets if each}
        # A token's second half is the secret one, and some errors quote it alone.
        halves = {each.split(":", 1)[1] for each in whole if re.match(r"\d+:", each)}
        forms = {
            form
            for secret in whole | halves
            if len(secret) >= SHORTEST
            for form in _spellings(secret)
        }
        # The longest first: a token is replaced whole, not up to its colon.
        ordered = sorted(forms, key=len, reverse=True)
        self._forms = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        if self._forms:
            text = self._forms.sub(STARS, text)
        return _TOKEN.sub(STARS, text)


class _Handler(logging.StreamHandler[TextIO]):
    """Writes records of any library; secrets go at the last step, when all text is made."""

    def __init__(self, stream: TextIO, redact: Redactor) -> None:
        super().__init__(stream)
        self._redact = redact
        self.setFormatter(logging.Formatter(FORMAT))

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line; further lines are indented, so that no text feigns a record."""
        text = self._redact(super().format(record))
        text = _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)
        return text.replace("\n", "\n    ")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Tell that a record could not be written, without its arguments: they may be secret."""
        error = sys.exc_info()[0]
        cause = error.__name__ if error else "error"
        try:
            self.stream.write(f"{record.levelname} {record.name}: unwritable record ({cause})\n")
        except (OSError, ValueError):
            return  # the stream itself is gone, so there is no place left to tell it


def set_up(
    level: int | str = logging.INFO, secrets: Iterable[str] = (), file: TextIO | None = None
) -> None:
    """Log everything from `level` on to `file` (standard error if None), without `secrets`.

    A second call replaces what the first set up. Warnings and uncaught exceptions are logged too,
    since Python's own way would print them unredacted. Raises ValueError for an unknown level.
    """
    root = logging.getLogger()
    for each in root.handlers[:]:
        if isinstance(each, _Handler):
            root.removeHandler(each)
    root.setLevel(level.upper() if isinstance(level, str) else level)
    logging.captureWarnings(capture=True)
    logging.getLogger("aiogram.event").setLevel(logging.WARNING)  # a line for each command
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread
    # A windowless Python on Windows has no standard error at all.
    if stream := file or sys.stderr:
        root.addHandler(_Handler(stream, Redactor(secrets)))


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger(__name__).critical("uncaught exception", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)
