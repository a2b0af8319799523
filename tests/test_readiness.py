"""Readiness: what keeps a good configuration from working here, told before the network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sonixbot import config
from sonixbot.check.readiness import require_ready
from sonixbot.config import Config
from sonixbot.errors import Mistakes


def parsed(folder: Path, **keys: Any) -> Config:
    """A configuration in this folder, with its data beside it."""
    data = {"data-dir": "data", **{key.replace("_", "-"): each for key, each in keys.items()}}
    return config.parse(data, folder / "config.json", {})


def obstacles(found: Config) -> list[str]:
    """The English sentences about what is in the way."""
    with pytest.raises(Mistakes) as caught:
        require_ready(found)
    return [str(each) for each in caught.value.mistakes]


def test_a_good_configuration_is_ready(tmp_path: Path) -> None:
    """The data folder is made, and nothing is left in it; a protocol may come later."""
    require_ready(parsed(tmp_path, protocol={"path": "none/*.log", "format": "python"}))
    assert list((tmp_path / "data").iterdir()) == []


def test_placeholders_are_refused(tmp_path: Path) -> None:
    """Every key that still holds the example's value is named."""
    mail = {"server": "x", "password": "your_password", "recipients": ["a@b"]}
    telegram = {"bot-id": "your_telegram_bot_id", "channel-id": "@x"}
    told = obstacles(parsed(tmp_path, mail=mail, telegram=telegram))
    assert [each.split(": ", 1)[1].split(" still")[0] for each in told] == [
        "mail.password",
        "telegram.bot-id",
    ]


def test_a_folder_is_no_protocol(tmp_path: Path) -> None:
    """A protocol that is a folder is told with a pattern that would do."""
    (told,) = obstacles(parsed(tmp_path, protocol={"path": "."}))
    assert "protocol.path" in told
    assert "is a folder" in told
    assert str(tmp_path / "*.log") in told


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """Where a file is in the way of the data folder, the folder is named."""
    (tmp_path / "data").touch()
    (told,) = obstacles(parsed(tmp_path))
    assert f"data-dir: the folder {tmp_path / 'data'} cannot be written" in told


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that nobody can write")
def test_a_data_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder that exists but takes no file is told too; that is tried, not asked."""
    (told,) = obstacles(parsed(tmp_path, data_dir="/proc/self"))
    assert "data-dir: the folder /proc/self cannot be written" in told


@pytest.mark.parametrize("layout", ["klingon", {"pattern": "(?P<kind>.)"}, {"patern": "x"}])
def test_a_wrong_layout_is_told(tmp_path: Path, layout: object) -> None:
    """An unknown or broken layout is told with file and key."""
    (told,) = obstacles(parsed(tmp_path, protocol={"format": layout}))
    assert told.startswith(f"{tmp_path / 'config.json'}: protocol.format: ")


def test_missing_certificates_are_told(tmp_path: Path) -> None:
    """An authority's file that is not there is told with its key."""
    mail = {"server": "x", "recipients": ["a@b"], "ca-file": "ca.pem"}
    telegram = {"bot-id": "1:x", "channel-id": "@x", "ca-file": "tg.pem"}
    told = obstacles(parsed(tmp_path, mail=mail, telegram=telegram))
    assert [each.split(": ")[1] for each in told] == ["mail.ca-file", "telegram.ca-file"]
    assert str(tmp_path / "ca.pem") in told[0]


def test_all_obstacles_are_told_at_once(tmp_path: Path) -> None:
    """Everything that is in the way is told by one error."""
    (tmp_path / "data").touch()
    protocol = {"path": str(tmp_path), "format": "klingon"}
    assert len(obstacles(parsed(tmp_path, protocol=protocol))) == 3
