"""Where configuration, data and inbox are looked for."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from sonixbot import locations
from sonixbot.locations import UsageError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without any configuration, who works in an empty folder."""
    for name in ("SONIXBOT_CONFIG", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home" / ".config" / "sonixbot").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "home"


def test_order_of_configurations(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one named wins, then the variable, the working folder, the user's folder."""
    assert locations.find_config() is None
    users = home / ".config" / "sonixbot" / "config.json"
    users.write_text("{}")
    assert locations.find_config() == str(users)
    Path("config.json").write_text('{"mail": {}}')
    assert locations.find_config() == str(Path("config.json").absolute())
    monkeypatch.setenv("SONIXBOT_CONFIG", "~/variable.json")
    assert locations.find_config() == str(home / "variable.json")
    assert locations.find_config("named.json") == str(Path("named.json").absolute())


@pytest.mark.parametrize(
    ("content", "ours"),
    [
        ('{"data-dir": "data"}', True),
        ('\ufeff{"$schema": "schema.json"}', True),
        ('{"mail": {"port": 25,}}', True),
        ('{"compilerOptions": {"language": "ts"}}', False),
        ("{}", False),
        ("[1, 2]", False),
        ("{'a': 1}  // of another program", False),
        ("[" * 100_000, False),
    ],
)
def test_the_config_json_of_another_program(home: Path, content: str, *, ours: bool) -> None:
    """In a script's folder a config.json without a key of ours does not take its messages."""
    path = Path("config.json").absolute()
    path.write_text(content, encoding="utf-8")
    assert locations.find_config() == (str(path) if ours else None)
    assert locations.find_config("config.json") == str(path)


def test_xdg_folders(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG folders are followed where they are absolute, as their specification says."""
    monkeypatch.setenv("XDG_DATA_HOME", "/elsewhere")
    assert locations.data_dir() == "/elsewhere/sonixbot"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert locations.data_dir() == str(home / ".local" / "share" / "sonixbot")


def test_places_without_configuration(home: Path) -> None:
    """Without a configuration, data and inbox lie in the user's data folder."""
    places = locations.read_light(None)
    assert places.data_dir == locations.data_dir()
    assert places.inbox == str(home / ".local" / "share" / "sonixbot" / "inbox")
    assert places.python is None


def test_places_of_a_configuration(home: Path, tmp_path: Path) -> None:
    """Relative paths count from the configuration's folder, and ~ is the home."""
    path = tmp_path / "config.json"
    keys = {"data-dir": "data", "inbox": "~/in", "logwatch": {"python": "venv/bin/python"}}
    path.write_text(json.dumps(keys))
    places = locations.read_light(str(path))
    assert places.data_dir == str(tmp_path / "data")
    assert places.inbox == str(home / "in")
    assert places.python == str(tmp_path / "venv" / "bin" / "python")


def test_inbox_follows_the_data_folder(tmp_path: Path) -> None:
    """Where only the data folder is named, the inbox lies in it."""
    path = tmp_path / "config.json"
    path.write_text('{"data-dir": "/data"}')
    assert locations.read_light(str(path)).inbox == "/data/inbox"


def test_python_by_name(tmp_path: Path) -> None:
    """A bare name of an interpreter is left to the system's search for programs."""
    path = tmp_path / "config.json"
    path.write_text('{"logwatch": {"python": "python3.11"}}')
    assert locations.read_light(str(path)).python == "python3.11"


def test_the_rest_is_not_checked(tmp_path: Path) -> None:
    """A script does not care for mistakes elsewhere, nor for the signature of Windows' editors."""
    path = tmp_path / "config.json"
    path.write_text('{"data-dir": "d", "mail": 1, "logwatch": []}', encoding="utf-8-sig")
    assert locations.read_light(str(path)).data_dir == str(tmp_path / "d")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"data-dir": "a",\n "inbox" "b"}', "line 2, column 10"),
        (b"", "line 1, column 1"),
        ('{"data-dir": "данные"}'.encode("cp1251"), "not in UTF-8"),
        (b"[]", "one JSON object: {…}"),
        (b'{"inbox": 5}', '"inbox" as text'),
        (b'{"logwatch": {"python": ["a"]}}', '"logwatch.python" as text'),
        (b"[" * 100_000, "not sensible JSON"),
    ],
)
def test_broken_configuration(tmp_path: Path, content: bytes, problem: str) -> None:
    """A broken configuration is a ValueError whose text says the file and the problem."""
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"config\.json") as caught:
        locations.read_light(str(path))
    assert problem in str(caught.value)


def test_missing_and_unreadable_configuration(tmp_path: Path) -> None:
    """A file that is not there, and a folder, are told apart from a broken one."""
    with pytest.raises(UsageError, match=r"There is no .*none\.json"):
        locations.read_light(str(tmp_path / "none.json"))
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        locations.read_light(str(tmp_path))


def test_usage_error_can_be_translated() -> None:
    """An error keeps its sentence apart from its values, so that it can be translated later."""
    error = UsageError("No {thing} here.", thing="file")
    assert str(error) == "No file here."
    assert locations.words(error.text, **error.values) == "No file here."


def test_private_folders(tmp_path: Path) -> None:
    """Folders are made for the user alone, whatever the umask; those that exist stay."""
    tmp_path.chmod(0o755)
    before = os.umask(0)
    try:
        locations.make_private(str(tmp_path / "a" / "b"))
        locations.make_private(str(tmp_path / "a" / "b"))
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (tmp_path, tmp_path / "a")]
    assert modes == [0o755, 0o700]
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_pythonpath() -> None:
    """The folder for older Pythons holds the two packages and nothing else."""
    found = {each.name for each in Path(locations.pythonpath()).iterdir()}
    assert found - {"__pycache__"} == {"bot", "sonixbot"}
