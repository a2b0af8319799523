"""Own layouts: how somebody's protocol is written, from the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import regex

from sonixbot.entry import Kind
from sonixbot.errors import Problem, Sentence, sentence
from sonixbot.formats.built_in import BUILT_IN, TEXT
from sonixbot.formats.kinds import LETTERS, WORDS, Kinds
from sonixbot.formats.layouts import Layout

_PARTS: Final = ("time", "kind", "level", "source", "text")
_KEYS: Final = (
    "pattern", "time", "kinds", "header", "header-time", "continuation", "unquote", "json",
)  # fmt: skip
_NAMED: Final = {each.name: each for each in (*BUILT_IN, TEXT)}


def layout_of(setting: str | Mapping[str, Any]) -> Layout | None:
    """The layout that `protocol.format` names or describes; None for `auto`. Raises Problem."""
    if not isinstance(setting, str):
        return own_layout(setting)
    if setting == "auto":
        return None
    if setting not in _NAMED:
        raise Problem(
            sentence(
                'There is no layout "{name}"; there are auto, {names}.',
                name=setting,
                names=", ".join(_NAMED),
            )
        )
    return _NAMED[setting]


def own_layout(settings: Mapping[str, Any]) -> Layout:
    """The layout that is described by `pattern` or `json`. Raises Problem.

    `pattern` has the named groups time, kind, level, source, text (only text is required); `time`
    is how times are written, in the directives of strptime, or a list of such; `kinds` says what
    stands for each kind; `header` (with `header-time`) gives the date where lines have none;
    `continuation` matches lines that belong to the entry above. `json` gives the names of fields
    for each of time, kind, level, source, text.
    """
    for key in settings:
        if key not in _KEYS:
            known = ", ".join(_KEYS)
            raise _wrong(sentence('it has no key "{key}"; it has {known}', key=key, known=known))
    if ("pattern" in settings) == ("json" in settings):
        raise _wrong(sentence("it needs either pattern or json"))
    times = _times(settings, "time")
    return Layout(
        "own",
        _expression(settings, "pattern", _PARTS, "text"),
        times=times or ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"),
        kinds=_kinds(settings),
        header=_expression(settings, "header", ("time",), "time"),
        header_times=_times(settings, "header-time") or times,
        continuation=_expression(settings, "continuation", (), ""),
        unquote=_flag(settings, "unquote"),
        json=_fields(settings),
        own=True,
    )


def _wrong(reason: Sentence) -> Problem:
    return Problem(sentence("The layout of the protocol cannot be used: {reason}.", reason=reason))


def _text(settings: Mapping[str, Any], key: str) -> str:
    value = settings.get(key, "")
    if not isinstance(value, str):
        raise _wrong(sentence("{key} must be a text", key=key))
    return value


def _flag(settings: Mapping[str, Any], key: str) -> bool:
    value = settings.get(key, False)
    if not isinstance(value, bool):
        raise _wrong(sentence("{key} must be true or false", key=key))
    return value


def _expression(
    settings: Mapping[str, Any], key: str, groups: tuple[str, ...], required: str
) -> str:
    """An expression that compiles and has the groups it may and must have; empty: not given."""
    expression = _text(settings, key)
    if key not in settings:
        return ""
    try:
        named = set(regex.compile(expression).groupindex)
    except regex.error as error:
        raise _wrong(
            sentence("{key} is no regular expression: {error}", key=key, error=error)
        ) from error
    if required and required not in named:
        raise _wrong(sentence("{key} has no group (?P<{group}>…)", key=key, group=required))
    if foreign := sorted(named - set(groups)) if groups else []:
        raise _wrong(
            sentence(
                "{key} has the group {group}; known are {groups}",
                key=key,
                group=foreign[0],
                groups=", ".join(groups),
            )
        )
    return expression


def _times(settings: Mapping[str, Any], key: str) -> tuple[str, ...]:
    given = settings.get(key, [])
    formats = [given] if isinstance(given, str) else given
    if not isinstance(formats, list | tuple):
        raise _wrong(sentence("{key} must be a text or a list of texts", key=key))
    sample = datetime(2021, 4, 13, 3, 22, 45, tzinfo=UTC)
    for each in formats:
        try:
            fits = isinstance(each, str) and "%" in each
            if fits:
                datetime.strptime(sample.strftime(each), each)  # noqa: DTZ007 - only tried out
        except ValueError:
            fits = False
        if not fits:
            raise _wrong(
                sentence(
                    '{key} must be written like "%d.%m.%Y %H:%M:%S", not "{value}"',
                    key=key,
                    value=each,
                )
            )
    return tuple(formats)


def _kinds(settings: Mapping[str, Any]) -> Kinds:
    """The own words for kinds; without any, the usual ones and their first letters."""
    given = settings.get("kinds", {})
    if not isinstance(given, Mapping):
        raise _wrong(sentence("kinds must be like {example}", example='{"E": "error"}'))
    kinds: dict[str, tuple[Kind, int | None]] = {}
    for word, kind in given.items():
        if kind not in tuple(map(str, Kind)):
            raise _wrong(
                sentence('kinds: "{word}" must be one of {kinds}', word=word, kinds=", ".join(Kind))
            )
        kinds[word.strip().lower()] = (Kind(kind), None)
    return kinds or {**WORDS, **LETTERS}


def _fields(settings: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    given = settings.get("json", {})
    if not isinstance(given, Mapping):
        raise _wrong(sentence("json must be like {example}", example='{"text": "message"}'))
    fields = {part: [names] if isinstance(names, str) else names for part, names in given.items()}
    for part, names in fields.items():
        listed = isinstance(names, list | tuple) and all(isinstance(each, str) for each in names)
        if part not in _PARTS or not listed:
            known = ", ".join(_PARTS)
            raise _wrong(
                sentence(
                    "json: {part} must be one of {parts}, with the names of its fields",
                    part=part,
                    parts=known,
                )
            )
    if "json" in settings and "text" not in fields:
        raise _wrong(sentence("json says nothing about text"))
    return {part: tuple(names) for part, names in fields.items()}
