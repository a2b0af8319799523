"""Values: what may stand at a key of the configuration, and the words for what is expected there.

Each kind of value has one rule: a function from the JSON value to ours, and one sentence for
whatever of it is broken. So no word of the validating library reaches a person.
"""

from __future__ import annotations

import codecs
import difflib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from sonixbot import locations
from sonixbot.entry import LEAST_IMPORTANT
from sonixbot.errors import Sentence, sentence
from sonixbot.language import DAY, LANGUAGES, parse_duration
from sonixbot.week import Week, WeekError, parse_week

#: Longer intervals are slips of the finger.
LONGEST: Final = 366 * DAY

#: More than this at once is as good as never.
MOST: Final = 1000

#: What people call a zone that no name is near to.
_SPOKEN: Final = dict.fromkeys(
    ("msk", "msc", "moskau", "moskva", "moscou", "мск", "москва"), "Europe/Moscow"
)

JsonSchema = dict[str, Any]
TEXT: Final[JsonSchema] = {"type": "string", "minLength": 1}


class ExpectationError(ValueError):
    """A value is not what is expected at its key."""

    def __init__(self, expected: Sentence) -> None:
        super().__init__()
        self.expected = expected


class Rule:
    """What a value must be. `check` returns it as the program wants it, or raises ValueError."""

    def __init__(
        self, check: Callable[[Any], object], expected: Sentence, schema: JsonSchema
    ) -> None:
        self._check = check
        self.expected = expected
        self._schema = schema

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_before_validator_function(self._apply, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchema:
        return dict(self._schema)

    def _apply(self, value: object, info: ValidationInfo) -> object:
        try:
            return self.checked(value, info)
        except ExpectationError:
            raise  # the check knew more exactly what it misses
        except ValueError:
            pass
        # Not raised above: the first error may quote the value, and would be shown as its context.
        raise ExpectationError(self.expected)

    def checked(self, value: object, _info: ValidationInfo) -> object:
        """The value as the program wants it."""
        return self._check(value)


class PathRule(Rule):
    """A rule whose check also needs the folder of the configuration."""

    def __init__(
        self, check: Callable[[Any, Path], object], expected: Sentence, schema: JsonSchema
    ) -> None:
        super().__init__(lambda value: value, expected, schema)
        self._check_in = check

    def checked(self, value: object, info: ValidationInfo) -> object:
        """The path, absolute."""
        # What a lone backslash before a letter makes of it: valid JSON, but no path.
        if isinstance(value, str) and any(sign in value for sign in "\b\f\n\r\t"):
            raise ExpectationError(
                sentence("a path with every backslash written twice, as in C:\\\\data, or as /")
            )
        context: dict[str, Path] = info.context or {}
        return self._check_in(value, context["folder"])


class Items(Rule):
    """A list; its items have their own rule. `lone`: one value may stand for a list of one."""

    def __init__(self, expected: Sentence, *, least: int = 0, lone: bool = False) -> None:
        super().__init__(self._listed, expected, {})
        self._least = least
        self._lone = lone

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchema:
        many = handler(schema)
        if self._least:
            many["minItems"] = self._least
        return {"anyOf": [many["items"], many]} if self._lone else many

    def _listed(self, value: object) -> Sequence[object]:
        if self._lone and isinstance(value, str):
            return [value]
        if not isinstance(value, list) or len(value) < self._least:
            raise ValueError
        return value


def require(condition: object) -> None:
    """Raise ValueError unless the condition holds."""
    if not condition:
        raise ValueError


def line(value: object) -> str:
    """One line of text that is not empty, without the spaces around it."""
    text = value.strip() if isinstance(value, str) else ""
    require(text and text.isprintable())
    return text


def absolute(value: object, folder: Path) -> Path:
    """The path that a configuration in `folder` means. Raises ValueError if it cannot be one."""
    require(line(value))
    return Path(locations.absolute(str(value), str(folder)))


def _pattern(value: object, folder: Path) -> str:
    """An absolute path or pattern; signs in the folder's own name are no part of the pattern."""
    text = line(value)
    if any(sign in text for sign in "*?["):
        folder = Path("".join(f"[{each}]" if each in "*?[" else each for each in str(folder)))
    return str(absolute(text, folder))


def _program(value: object, folder: Path) -> str:
    """A path, or a bare name that is looked for where the system looks for programs."""
    text = line(value)
    is_path = os.sep in text or (os.altsep or os.sep) in text
    return str(absolute(value, folder)) if is_path else text


def _flag(value: object) -> bool:
    require(isinstance(value, bool))
    return bool(value)


def _language(value: object) -> str:
    require(value in LANGUAGES)
    return str(value)


def _level(value: object) -> int:
    number = value if isinstance(value, int) and not isinstance(value, bool) else -1
    require(0 <= number <= LEAST_IMPORTANT)
    return number


def _count(value: object) -> int:
    number = value if isinstance(value, int) and not isinstance(value, bool) else 0
    require(1 <= number <= MOST)
    return number


def _duration(value: object) -> float:
    seconds = parse_duration(line(value)) or 0.0
    require(0 < seconds <= LONGEST)
    return seconds


def _patience(value: object) -> float | None:
    """Seconds, or None for "never"."""
    return None if line(value) == "never" else _duration(value)


def _week(value: object) -> Week:
    try:
        return parse_week(line(value))
    except WeekError as error:
        reason = error.reason
    raise ExpectationError(
        sentence('days and hours such as "mon-fri 22:00-07:00" ({reason})', reason=reason)
    )


def _zone(value: object) -> str:
    name = line(value)
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: a folder of zones, an overlong name
        near = nearest_zone(name)
    else:
        return name
    require(near)
    raise ExpectationError(
        sentence("the name of a time zone; the nearest one is {nearest}", nearest=near)
    )


def nearest_zone(name: str) -> str | None:
    """The zone that was probably meant; people know the city, so `moscow` is Europe/Moscow."""
    zones = sorted(available_timezones())
    names = {zone.lower().rpartition("/")[2]: zone for zone in zones}
    names.update({zone.lower(): zone for zone in zones} | _SPOKEN)
    near = difflib.get_close_matches(name.lower().replace(" ", "_")[:80], names, n=1)
    return names[near[0]] if near else None


def _encoding(value: object) -> str:
    name = line(value).lower()
    if name == "auto":
        return name
    try:
        # Lines are found by their bytes, so ASCII must be ASCII: UTF-16 is out.
        require(b"\n0".decode(name) == "\n0")
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError from None


def _layout(value: object) -> str | dict[str, Any]:
    return value if isinstance(value, dict) and value else line(value)


def _expression(value: object) -> str:
    import regex  # only a configuration with own expressions pays for it

    require(line(value))
    text = str(value)  # spaces around it may be meant
    try:
        regex.compile(text, regex.IGNORECASE)
    except regex.error as error:
        wrong = sentence(
            "a regular expression; it breaks at character {place}", place=(error.pos or 0) + 1
        )
    else:
        from sonixbot.config.slowness import slow_piece

        piece = slow_piece(text)
        if piece is None:
            return text
        wrong = sentence(
            "a regular expression that is searched quickly; this one takes too long because of"
            " {piece}: write what is repeated so that it fits in one way only, such as"
            " {better}",
            piece=piece,
            better=r"\w+(\s\w+)*",
        )
    raise ExpectationError(wrong)


Line = Annotated[str, Rule(line, sentence("text in one line"), TEXT)]
Flag = Annotated[bool, Rule(_flag, sentence("true or false"), {"type": "boolean"})]
LanguageCode = Annotated[str, Rule(_language, sentence('"en" or "ru"'), {"enum": ["en", "ru"]})]
Level = Annotated[
    int,
    Rule(
        _level,
        sentence("a level from 1 (the most important) to 5, or 0 for never"),
        {"type": "integer", "minimum": 0, "maximum": LEAST_IMPORTANT},
    ),
]
Count = Annotated[
    int,
    Rule(
        _count,
        sentence("a whole number from 1 to 1000"),
        {"type": "integer", "minimum": 1, "maximum": MOST},
    ),
]
Duration = Annotated[
    float,
    Rule(
        _duration,
        sentence('a duration such as "30m", "4h" or "1d", at most a year'),
        {**TEXT, "examples": ["30m", "4h", "1d"]},
    ),
]
Patience = Annotated[
    float | None,
    Rule(
        _patience,
        sentence('a duration such as "30m", "4h" or "1d", at most a year, or "never"'),
        {**TEXT, "examples": ["30m", "4h", "1d", "never"]},
    ),
]
Weekly = Annotated[
    Week,
    Rule(
        _week,
        sentence('days and hours such as "mon-fri 22:00-07:00"'),
        {**TEXT, "examples": ["mon-fri 22:00-07:00", "sat-sun; mon-fri 22-7"]},
    ),
]
Zone = Annotated[
    str,
    Rule(
        _zone,
        sentence('the name of a time zone, such as "Europe/Moscow"'),
        {**TEXT, "examples": ["Europe/Moscow"]},
    ),
]
Encoding = Annotated[
    str,
    Rule(
        _encoding,
        sentence('"auto", or the name of an encoding such as "utf-8", "cp1251" or "cp866"'),
        {**TEXT, "examples": ["auto", "utf-8", "cp1251", "cp866"]},
    ),
]
Layout = Annotated[
    str | dict[str, Any],
    Rule(
        _layout,
        sentence('"auto", the name of a layout, or an own layout in braces'),
        {"anyOf": [TEXT, {"type": "object", "minProperties": 1}]},
    ),
]
Expression = Annotated[str, Rule(_expression, sentence("a regular expression in one line"), TEXT)]
Expressions = Annotated[tuple[Expression, ...], Items(sentence("a list of regular expressions"))]
FilePath = Annotated[Path, PathRule(absolute, sentence("the path of a file"), TEXT)]
FolderPath = Annotated[Path, PathRule(absolute, sentence("the path of a folder"), TEXT)]
Program = Annotated[str, PathRule(_program, sentence("the path of a program"), TEXT)]
FilePattern = Annotated[
    str,
    PathRule(
        _pattern,
        sentence('the path of a file, or a pattern such as "D:/Sonix/log/*.log"'),
        {**TEXT, "examples": ["D:/Sonix/log/*.log"]},
    ),
]
