"""The Python that can run the service, seen from any Python on the computer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sonixbot.inbox import interpreter, presence
from sonixbot.locations import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Places of a configuration that names no interpreter."""
    return Places(str(tmp_path / "data"), str(tmp_path / "inbox"), None)


def test_the_configured_one(places: Places) -> None:
    """What the configuration names is taken, be it there or not."""
    places.python = "/nowhere/python"
    assert interpreter.find(places) == "/nowhere/python"


def test_this_one(places: Places) -> None:
    """Else this Python is taken, if it has everything."""
    assert interpreter.find(places) == sys.executable


def test_inside_another_program(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that has Python built in is not started a second time, but the Python it has."""
    monkeypatch.setattr(sys, "executable", "/opt/sonix/sonix")
    assert interpreter.find(places) == str(Path(sys.exec_prefix, "bin", "python3"))


@pytest.mark.parametrize("program", ["", "/opt/sonix/sonix"])
def test_a_program_without_python(
    places: Places, tmp_path: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no file of this Python is known, the last service's on this computer is taken."""
    monkeypatch.setattr(sys, "executable", program)
    monkeypatch.setattr(sys, "exec_prefix", str(tmp_path))
    assert interpreter.find(places) is None
    presence.announce(places.inbox, "service", 1.0, __file__)
    assert interpreter.find(places) == __file__
    presence.withdraw(places.inbox)
    assert interpreter.find(places) == __file__
    presence.announce(places.inbox, "service", 1.0, str(tmp_path / "removed"))
    assert interpreter.find(places) is None


def test_an_older_one(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python before 3.11 cannot run the service."""
    monkeypatch.setattr(sys, "version_info", (3, 10, 9))
    assert interpreter.find(places) is None


def test_one_without_libraries(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python that lacks a library cannot run the service, and nothing is loaded to see that."""
    monkeypatch.setitem(sys.modules, "aiogram", None)
    assert interpreter.find(places) is None
