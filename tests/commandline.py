"""The command line in this process: what it prints, says and returns, in a place of its own."""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sonixbot.cli import main


@dataclass(frozen=True)
class Said:
    """What came of one command."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """What was said aside, as one line however it was wrapped."""
        return " ".join(self.err.split())


class CommandLine:
    """Runs `sonixbot` in an empty folder, without a configuration of this computer's user."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys
        monkeypatch.chdir(folder)
        for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG", "SONIXBOT_CONFIG"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "settings"))
        monkeypatch.setenv("XDG_DATA_HOME", str(folder / "share"))
        monkeypatch.setenv("COLUMNS", "100")

    def speak(self, language: str) -> None:
        """Make the user one of this language."""
        self._monkeypatch.setenv("LANG", f"{language}.UTF-8")

    def __call__(self, *words: str, given: str = "") -> Said:
        self._capsys.readouterr()
        self._monkeypatch.setattr("sys.stdin", io.StringIO(given))
        with _own_logging():
            code = main(words)
        out, err = self._capsys.readouterr()
        return Said(code, out, err)


@contextmanager
def _own_logging() -> Iterator[None]:
    """What a command sets up ends with it, as it would with its process."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, sys.excepthook, threading.excepthook)
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        root.handlers[:], level, sys.excepthook, threading.excepthook = before
        root.setLevel(level)
