"""Mistakes in a configuration, told in our words: where, what is expected, what was given."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from sonixbot.config.values import ExpectationError, Rule
from sonixbot.errors import Sentence, sentence
from sonixbot.logs import Redactor

#: Where a mistake is: keys of objects and indices of lists.
Place = tuple[str | int, ...]

#: More of a wrong value than this helps nobody to find it.
SHOWN: Final = 60

_HIDDEN: Final = frozenset({"password", "bot-id", "proxy"})
#: Keys at which an @ is part of what is expected.
_ADDRESSES: Final = frozenset({"recipients", "sender", "user"})
#: User and password before a server's name, where people write them by habit.
_LOGIN: Final = re.compile(r'^("(?:[a-z0-9+.-]*:?//)?).+@', re.IGNORECASE)
_OBJECT: Final = sentence("an object in braces: {{…}}")
_SENSE: Final = sentence("something else")


@dataclass(frozen=True)
class Teller:
    """Tells the mistakes of one file."""

    file: Path
    model: type[BaseModel]
    #: The configuration as it was read.
    data: Mapping[str, Any]
    #: Secrets that came from elsewhere, and what to call that place.
    origins: Mapping[Place, str] = field(default_factory=dict)
    redact: Redactor = field(default_factory=Redactor)

    def told(self, error: ErrorDetails) -> Sentence | None:
        """The sentence for one error of pydantic; None if it only follows from another one."""
        place, kind = error["loc"], error["type"]
        if kind == "default_factory_not_called":
            return None
        if kind == "extra_forbidden":
            return self._unknown(place)
        if kind == "missing":
            return sentence(
                "{file}: {key} is missing; expected {expected}.",
                file=self.file,
                key=self.key(place),
                expected=self._expected(place),
            )
        wrong = error.get("ctx", {}).get("error")
        expected = wrong.expected if isinstance(wrong, ExpectationError) else _OBJECT
        return self.wrong(place, expected, error["input"])

    def wrong(self, place: Place, expected: Sentence, value: object) -> Sentence:
        """The sentence for a value that is not what is expected there."""
        return sentence(
            "{file}: {key}: expected {expected}, but found {value}.",
            file=self.file,
            key=self.key(place),
            expected=expected,
            value=self._shown(place, value),
        )

    def repeated(self, place: Place) -> Sentence:
        """The sentence for a key that is given more than once."""
        return sentence(
            "{file}: {key} is given more than once; keep one of them.",
            file=self.file,
            key=self.key(place),
        )

    def key(self, place: Place) -> str:
        """The place as people write it: `mail.recipients[1]`."""
        if place in self.origins:
            return self.origins[place]
        path, value = "", self.data
        for step in place:
            if isinstance(step, str):
                path += ("." if path else "") + self._printable(step)
            elif isinstance(value, list):  # else it is the one value that stands for a list
                path += f"[{step}]"
            value = _inside(value, step)
        return path

    def _unknown(self, place: Place) -> Sentence:
        *above, name = place
        known = _keys(_section(self.model, tuple(above)))
        near = _nearest(str(name), known) or self._elsewhere(str(name))
        prefix = self.key(tuple(above))
        if near is None:
            return sentence(
                "{file}: {key} is not a known key. Known here: {known}.",
                file=self.file,
                key=self.key(place),
                known=", ".join(known),
            )
        return sentence(
            "{file}: {key} is not a known key; did you mean {nearest}?",
            file=self.file,
            key=self.key(place),
            nearest=f"{prefix}.{near}" if prefix and near in known else near,
        )

    def _elsewhere(self, name: str) -> str | None:
        """The path of a key that is known, but in another section."""
        paths = {path.rpartition(".")[2]: path for path in _paths(self.model)}
        near = _nearest(name, list(paths))
        return paths[near] if near else None

    def _expected(self, place: Place) -> Sentence:
        """What is expected where nothing is."""
        section = _section(self.model, place[:-1])
        for each in section.model_fields.values() if section else ():
            if each.alias == place[-1]:
                rules = [rule for rule in each.metadata if isinstance(rule, Rule)]
                return rules[-1].expected if rules else _OBJECT
        return _SENSE

    def _shown(self, place: Place, value: object) -> str | Sentence:
        """The wrong value: of one that is or may hold a secret, only what it is."""
        kind = _kind(value)
        secret = any(step in _HIDDEN for step in place)
        if secret or isinstance(value, dict | list) or value is None:
            return kind
        if _is_section(self.model, place):
            return kind  # whatever stands in the place of a whole section may be its secret
        shown = json.dumps(value, ensure_ascii=False)
        if not any(step in _ADDRESSES for step in place):
            shown = _LOGIN.sub(r"\1…@", shown)
        return self._printable(shown)

    def _printable(self, text: str) -> str:
        text = self.redact(text)
        text = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _kind(value: object) -> Sentence:
    for kind, words in (
        (bool, sentence("true or false")),
        (str, sentence("a text") if value else sentence("an empty text")),
        (int | float, sentence("a number")),
        (list, sentence("a list") if value else sentence("an empty list")),
        (dict, sentence("an object in braces")),
    ):
        if isinstance(value, kind):
            return words
    return sentence("null")


def _inside(value: Any, step: str | int) -> Any:
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None


def _section(model: type[BaseModel], place: Place) -> type[BaseModel] | None:
    """The model of the section at a place."""
    section: type[BaseModel] | None = model
    for step in place:
        if isinstance(step, str):  # the items of a list have one model
            section = _sections(section).get(step) if section else None
    return section


def _is_section(model: type[BaseModel], place: Place) -> bool:
    return _section(model, place) is not None


def _sections(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The sections right below a model, by their keys."""
    found = {}
    for name, each in model.model_fields.items():
        for kind in (each.annotation, *getattr(each.annotation, "__args__", ())):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found[each.alias or name] = kind
    return found


def _keys(model: type[BaseModel] | None) -> list[str]:
    fields = model.model_fields.items() if model else ()
    return [each.alias or name for name, each in fields]


def _paths(model: type[BaseModel], above: str = "") -> Iterator[str]:
    """The paths of all keys; those nearer to the top come last."""
    for key, section in _sections(model).items():
        yield from _paths(section, f"{above}{key}.")
    yield from (above + key for key in _keys(model))


def _nearest(name: str, known: list[str]) -> str | None:
    """The key that was probably meant, however its words were joined."""
    wanted = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name[:80])
    wanted = re.sub(r"[\s_.]+", "-", wanted).lower()
    near = difflib.get_close_matches(wanted, known, n=1)
    return near[0] if near else None
