"""Configuration: a JSON file in, a checked and frozen `Config` or all its mistakes out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from sonixbot import locations
from sonixbot.config.absence import AbsenceSettings, HealthSettings, ValueSettings
from sonixbot.config.addresses import PLACEHOLDERS
from sonixbot.config.alerting import AlertSettings, Push
from sonixbot.config.jsonfile import read_object, repeated_keys
from sonixbot.config.mistakes import Teller
from sonixbot.config.sections import (
    LogwatchSettings,
    MailSettings,
    Patterns,
    ProtocolSettings,
    TelegramSettings,
)
from sonixbot.config.settings import Config
from sonixbot.config.teaching import EndSettings, HideSettings, RuleSettings
from sonixbot.config.values import absolute
from sonixbot.errors import Mistakes, Problem, Sentence, sentence, why
from sonixbot.logs import Redactor

__all__ = [
    "AbsenceSettings",
    "AlertSettings",
    "Config",
    "EndSettings",
    "HealthSettings",
    "HideSettings",
    "LogwatchSettings",
    "MailSettings",
    "Patterns",
    "ProtocolSettings",
    "Push",
    "RuleSettings",
    "TelegramSettings",
    "ValueSettings",
    "find_and_load",
    "load",
    "parse",
    "schema",
]

_SECRET_KEYS: Final = (
    *(("mail", "password"), ("telegram", "bot-id"), ("telegram", "proxy")),
    ("health", "ping-url"),
)
#: More is no password.
_LONGEST_SECRET: Final = 4096


def find_and_load(explicit: str | None = None) -> Config:
    """The configuration named, or else found in the usual places; see `load`."""
    found = locations.find_config(explicit)
    if found is None:
        raise Problem(
            sentence(
                "There is no configuration. Copy config.example.json from sonixbot's sources to"
                " {place}, or name yours with --config or the environment variable"
                " SONIXBOT_CONFIG.",
                place=Path(locations.config_dir()) / "config.json",
            )
        )
    return load(Path(found))


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration in a file.

    Raises `Mistakes` with everything that is wrong in it, or a `Problem` where it cannot be read.
    """
    return parse(read_object(path), path, environ)


def parse(data: Mapping[str, Any], source: Path, environ: Mapping[str, str]) -> Config:
    """The configuration that this JSON object means in the file `source`. Raises `Mistakes`."""
    source = source.absolute()
    secrets = _Secrets(dict(data), source, environ)
    teller = Teller(source, Config, secrets.data, secrets.origins, Redactor(secrets.values()))
    mistakes = [*map(teller.repeated, repeated_keys(data)), *secrets.mistakes]
    try:
        config = Config.model_validate(
            secrets.data, context={"source": source, "folder": source.parent}
        )
    except ValidationError as error:
        details = error.errors(include_url=False)
        mistakes += filter(None, map(teller.told, details))
    else:
        if not mistakes:
            return config
    # Not raised above: the library's error carries the values, with all their secrets.
    raise Mistakes(mistakes)


def schema() -> dict[str, Any]:
    """The JSON schema of the configuration file, for editors."""
    found = Config.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_untitled(found),
        "title": "Configuration of sonixbot",
    }


def _untitled(value: Any) -> Any:
    """The schema without the titles that the library makes of our names."""
    if isinstance(value, dict):
        kept = {key: each for key, each in value.items() if key != "title"}
        return {key: _untitled(each) for key, each in kept.items()}
    return [_untitled(each) for each in value] if isinstance(value, list) else value


@dataclass
class _Secrets:
    """Puts secrets from outside into the data: the environment wins over a file, that over the key.

    A computer's operator can so replace a secret without touching the file of the instrument.
    """

    data: dict[str, Any]
    source: Path
    environ: Mapping[str, str]
    origins: dict[tuple[str | int, ...], str] = field(default_factory=dict)
    mistakes: list[Sentence] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._take("mail", "password", "SONIXBOT_MAIL_PASSWORD")
        self._take("telegram", "bot-id", "SONIXBOT_BOT_ID")

    def values(self) -> Iterator[str]:
        """All that may be secret, right or wrong."""
        for section, key in _SECRET_KEYS:
            inside = self.data.get(section)
            value = inside.get(key) if isinstance(inside, dict) else None
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, str):
                    yield each

    def _take(self, section: str, key: str, variable: str) -> None:
        inside = self.data.get(section)
        if not isinstance(inside, dict):
            return
        named = inside.get(f"{key}-file")
        if value := self.environ.get(variable):
            origin = variable
        elif isinstance(named, str):
            origin = f"{section}.{key}-file"
            # What could not be read is told already, so its place is held by a harmless text.
            value = self._read(named, origin) or PLACEHOLDERS[f"{section}.{key}"][0]
        else:
            return
        self.data[section] = {**inside, key: value}
        self.origins[section, key] = f"{section}.{key} ({origin})"

    def _read(self, named: str, key: str) -> str | None:
        try:
            path = absolute(named, self.source.parent)
        except ValueError:
            return None  # told as any other wrong path
        try:
            with path.open(encoding="utf-8-sig") as file:
                text = file.read(_LONGEST_SECRET).rstrip("\r\n")
            reason = None if text else sentence("it is empty")
        except UnicodeDecodeError:
            reason = sentence("it is not text in UTF-8")
        except OSError as error:
            reason = sentence("{reason}", reason=why(error))
        if reason is None:
            return text
        self.mistakes.append(
            sentence(
                "{file}: {key}: the file {path} gives no secret: {reason}.",
                file=self.source,
                key=key,
                path=path,
                reason=reason,
            )
        )
        return None
