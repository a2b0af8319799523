"""protocol_reader: the documented way to read a protocol from a script."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot import protocol_reader
from sonixbot.entry import Kind
from sonixbot.errors import Problem
from tests.protocols import MESSAGES, protocol


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A protocol in cp1251."""
    path = tmp_path / "protocol.log"
    path.write_bytes(protocol("tabs", end="\r\n").encode("cp1251"))
    return path


def test_entries_of_a_file(path: Path) -> None:
    """All entries of a file come in its order, whatever its layout and encoding."""
    found = list(protocol_reader.entries(path))
    assert [each.text for each in found] == [each.text for each in MESSAGES]
    given = protocol_reader.entries(str(path), layout="tabs", encoding="cp1251")
    assert list(given) == found


def test_last_errors(path: Path) -> None:
    """The newest errors come first, no more than asked for."""
    texts = [each.text for each in MESSAGES if each.kind is Kind.ERROR]
    assert [each.text for each in protocol_reader.last_errors(path)] == texts[::-1]
    assert [each.text for each in protocol_reader.last_errors(path, 2)] == texts[:-3:-1]


def test_what_is_wrong_is_told(path: Path, tmp_path: Path) -> None:
    """A missing file, an unknown layout and an unknown encoding are errors with their reason."""
    with pytest.raises(FileNotFoundError):
        protocol_reader.last_errors(tmp_path / "nothing.log")
    with pytest.raises(Problem, match="no layout"):
        protocol_reader.entries(path, "nosuch")
    with pytest.raises(Problem, match="not known"):
        protocol_reader.entries(path, encoding="klingon")


def in_a_bare_python(code: str) -> str:
    """What this code prints in a Python that has none of sonixbot's dependencies."""
    bare = [sys.executable, "-S", "-c", code]
    done = subprocess.run(
        bare, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.process
def test_without_the_dependencies_it_says_so(path: Path) -> None:
    """A Python without sonixbot's dependencies can import the module, and is told what to do."""
    code = (
        "from bot import protocol_reader\n"
        f"try: protocol_reader.last_errors({str(path)!r})\n"
        "except ImportError as error: print(error)"
    )
    assert "in which sonixbot is installed" in in_a_bare_python(code)


@pytest.mark.process
def test_importing_it_is_light() -> None:
    """Importing the module loads neither the service nor anything heavy."""
    code = "import sys; from bot import protocol_reader; print(*sys.modules)"
    loaded = set(in_a_bare_python(code).split())
    assert not loaded & {"sonixbot.formats", "asyncio", "regex", "dataclasses", "pathlib"}
