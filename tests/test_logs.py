"""Logs: one plain format, and no secret in it whoever writes."""

from __future__ import annotations

import asyncio
import io
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonixbot import logs
from sonixbot.logs import Redactor

TOKEN = "123456789:AAF-xYz_0123456789abcdefghijklmnopq"
PASSWORD = "p@ss wörd/№1"


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger; the process' own logging is put back."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, sys.excepthook, threading.excepthook)
    yield root
    logging.captureWarnings(capture=False)
    root.handlers[:], level, sys.excepthook, threading.excepthook = before
    root.setLevel(level)


@pytest.fixture
def stream(root: logging.Logger) -> io.StringIO:
    """What was logged with these secrets."""
    written = io.StringIO()
    logs.set_up("debug", [TOKEN, PASSWORD, "", "a"], written)
    return written


def test_a_line_has_time_level_module_and_text(stream: io.StringIO) -> None:
    """A record is one line with time, level, module and text, as Python's logging writes it."""
    logging.getLogger("aiogram.event").warning("%d updates", 3)
    assert stream.getvalue()[4:5] == "-"
    assert stream.getvalue().endswith(" WARNING aiogram.event: 3 updates\n")


def ours(root: logging.Logger) -> list[logging.Handler]:
    """The handlers that `set_up` added."""
    return [each for each in root.handlers if type(each).__module__ == logs.__name__]


class Shown:
    """Anything whose repr holds a secret."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def __repr__(self) -> str:
        return f"<{self.secret}>"


@pytest.mark.parametrize(
    "secret",
    [
        TOKEN,
        TOKEN.split(":")[1],
        TOKEN.replace(":", "%3A"),
        TOKEN.replace(":", "%3a"),
        PASSWORD,
        quote(PASSWORD),
        quote(PASSWORD, safe=""),
        quote_plus(PASSWORD),
        repr(PASSWORD.encode()),
        ascii(PASSWORD),
    ],
)
def test_secrets_are_stars_wherever_they_stand(stream: io.StringIO, secret: str) -> None:
    """A secret is replaced in messages, arguments, exceptions, their causes and tracebacks."""
    log = logging.getLogger("aiohttp.client")
    log.info("in the message: " + secret)
    log.info("in arguments: %s %s", secret, {"secret": Shown(secret)})
    try:
        try:
            raise OSError(f"https://api.telegram.org/bot{secret}/getMe")
        except OSError as cause:
            raise ConnectionError(secret) from cause
    except ConnectionError:
        log.exception("it failed")
    text = stream.getvalue()
    assert text.count(logs.STARS) >= 5
    for part in (secret, TOKEN.split(":")[1], PASSWORD):
        assert part not in text
    assert "/getMe" in text
    assert "Traceback" in text


def test_the_whole_token_becomes_one_mark() -> None:
    """Of a token not even the number before the colon is left."""
    assert Redactor([TOKEN])(f"bot{TOKEN}/getMe") == "bot***/getMe"


def test_the_longer_secret_goes_first() -> None:
    """Where one secret begins another one, nothing of the longer is left."""
    assert Redactor(["open", "opensesame"])("opensesame, open") == "***, ***"


def test_an_unknown_token_is_hidden_too() -> None:
    """What looks like a bot's token is hidden though nobody named it."""
    assert Redactor()(f"/bot{TOKEN}/x {TOKEN.replace(':', '%3A')}") == "/bot***/x ***"


def test_short_secrets_do_not_turn_the_log_to_stars() -> None:
    """Empty and very short secrets are left alone."""
    text = "a line about abc at 12:30:00"
    assert Redactor(["", "a", "abc", "12:30"])(text) == text.replace("12:30", logs.STARS)
    assert Redactor([""])(text) == text


@given(st.text(min_size=logs.SHORTEST), st.text(), st.text())
def test_no_spelling_of_a_secret_survives(secret: str, before: str, after: str) -> None:
    """Whatever a secret is made of, it is not in the redacted text."""
    stars_apart = Redactor([secret])(f"{before} {secret} {after}").replace(logs.STARS, "\0\0")
    assert secret not in stars_apart or "\0" in secret


def test_no_text_feigns_a_record(stream: io.StringIO) -> None:
    """Line breaks in a message are indented, and control characters are written out."""
    logging.getLogger("x").info("one\n2021-04-13 ERROR root: feigned\r\x1b[2J")
    assert "\n    2021-04-13" in stream.getvalue()
    assert "\\r\\x1b[2J" in stream.getvalue()


def test_lone_surrogates_are_written_out(stream: io.StringIO) -> None:
    """A file name that is no Unicode does not break the log."""
    logging.getLogger("x").info("name \udcff")
    assert "name \\udcff" in stream.getvalue()


def test_a_broken_record_is_told_without_its_arguments(
    root: logging.Logger, stream: io.StringIO
) -> None:
    """A record that cannot be formatted does not show its arguments."""
    root.handlers[:] = ours(root)  # the test runner's own ones raise
    logging.getLogger("x").info("%d", PASSWORD)
    assert stream.getvalue() == "INFO x: unwritable record (TypeError)\n"


def test_a_closed_stream_is_no_error(root: logging.Logger) -> None:
    """Where the stream is gone, logging goes on without a word."""
    closed = io.StringIO()
    logs.set_up("info", [], closed)
    closed.close()
    logging.getLogger("x").info("nobody hears")
    assert ours(root)


def test_without_standard_error_nothing_is_logged(root: logging.Logger) -> None:
    """A windowless Python has no standard error; setting up does not fail there."""
    kept, sys.stderr = sys.stderr, None
    try:
        logs.set_up("info")
    finally:
        sys.stderr = kept
    assert ours(root) == []


def test_setting_up_again_replaces(stream: io.StringIO) -> None:
    """A second call replaces the first: a line is written once, without the new secrets."""
    again = io.StringIO()
    logs.set_up(logging.INFO, ["hunter22"], again)
    logging.getLogger("x").info("hunter22")
    logging.getLogger("x").debug("unheard")
    assert stream.getvalue() == ""
    assert again.getvalue().endswith("x: ***\n")
    assert again.getvalue().count("\n") == 1


def test_warnings_are_logged(stream: io.StringIO) -> None:
    """Warnings of libraries go through the log."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(f"unclosed {TOKEN}", ResourceWarning, stacklevel=1)
    assert "unclosed ***" in stream.getvalue()


async def test_asyncio_errors_are_logged(stream: io.StringIO) -> None:
    """What asyncio reports of a lost exception has no secret."""
    asyncio.get_running_loop().call_exception_handler(
        {"message": "lost", "exception": OSError(f"bot{TOKEN}")}
    )
    assert "OSError: bot***" in stream.getvalue()


def test_an_exception_in_a_thread_is_logged(stream: io.StringIO) -> None:
    """An exception that ends a thread is logged without secrets."""

    def fail() -> None:
        raise OSError(PASSWORD)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert "CRITICAL" in stream.getvalue()
    assert "OSError: ***" in stream.getvalue()


@pytest.mark.process
def test_an_uncaught_exception_is_logged(tmp_path: Path) -> None:
    """An exception that ends the program leaves a traceback without secrets, on standard error."""
    script = tmp_path / "script.py"
    script.write_text(
        "from sonixbot import logs\n"
        "token = open('token').read()\n"
        "logs.set_up('INFO', [token])\n"
        "raise OSError('https://api.telegram.org/bot' + token)\n"
    )
    (tmp_path / "token").write_text(TOKEN)
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "OSError: https://api.telegram.org/bot***" in done.stderr
    assert TOKEN.split(":")[1] not in done.stderr


def test_an_unknown_level_is_refused(stream: io.StringIO) -> None:
    """A level that logging does not know is a ValueError."""
    with pytest.raises(ValueError, match="LOUD"):
        logs.set_up("loud", [], stream)
