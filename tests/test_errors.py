"""Errors: the short words for what people often meet, and sentences that are kept."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from sonixbot.errors import Sentence, sentence, usual, why
from sonixbot.language import language


def cause(error: Exception, behind: Exception) -> Exception:
    error.__cause__ = behind
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 9)"), "отклонено"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1', 9)"), "отклонено"),
        (cause(ValueError("library"), ConnectionResetError(104, "reset")), "разорвано"),
        (socket.gaierror(-2, "Name or service not known"), "имя не удаётся найти"),
        (TimeoutError(), "истекло"),
        (TimeoutError("Connection timeout to host"), "истекло"),
    ],
)
def test_usual_errors_have_short_words(error: Exception, words: str) -> None:
    """What libraries say of a network is told in short words, in both languages."""
    said = usual(error)
    assert said is not None
    assert words in language("ru").say(said)


def test_unusual_errors_keep_their_own_words() -> None:
    """What is not known stays as the system says it, or is named by its kind."""
    assert usual(OSError(5, "Input/output error")) is None
    assert why(OSError(5, "Input/output error")) == "Input/output error"
    assert why(ValueError("embedded null byte")) == "ValueError"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The system's own words for a file are translated too."""
    with pytest.raises(OSError, match="No such file") as caught:
        (tmp_path / "none").read_bytes()
    said = why(caught.value)
    assert isinstance(said, Sentence)
    assert str(said) == "No such file or directory"
    assert language("ru").say(said) == "нет такого файла или папки"


def test_a_kept_sentence_keeps_the_one_inside() -> None:
    """A reason within a reason can still be translated after it was kept in the database."""
    outer = sentence("Telegram cannot be reached: {why}.", why=usual(TimeoutError()))
    kept = Sentence.from_json(outer.to_json())
    assert str(kept) == "Telegram cannot be reached: timed out."
    assert "время ожидания истекло" in language("ru").say(kept)
