"""The JSON file that people write by hand: read with patience, refused with line and column."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

from sonixbot.errors import Problem, Sentence, sentence, why

#: A configuration is some kilobytes; whoever names a protocol instead should hear that soon.
LARGEST: Final = 1_000_000

#: What the parser says, in words for people.
_REASONS: Final = {
    "Expecting ',' delimiter": sentence("a comma is missing before this place"),
    "Expecting ':' delimiter": sentence("a colon is missing after the key"),
    "Expecting property name enclosed in double quotes": sentence(
        "a key in double quotes belongs here, or the comma before it is one too many"
    ),
    "Illegal trailing comma before end of object": sentence("this comma is one too many"),
    "Illegal trailing comma before end of array": sentence("this comma is one too many"),
    "Expecting value": sentence(
        "a value in double quotes or a number belongs here, or the comma before it is one too many"
    ),
    "Extra data": sentence("the configuration has ended before this place"),
    "Invalid control character at": sentence("a text must end on the line where it begins"),
    "Unterminated string starting at": sentence("the closing double quote of this text is missing"),
}
_BACKSLASH: Final = sentence("a backslash is written twice, as in C:\\\\data, or as / in paths")
_EMPTY: Final = sentence("the file is empty")
_QUOTES: Final = sentence("JSON wants double quotes")
_COMMENT: Final = sentence("JSON has no comments")


class JsonObject(dict[str, Any]):
    """A JSON object that remembers which keys it was given more than once."""

    repeated: tuple[str, ...] = ()


def read_object(path: Path) -> JsonObject:
    """The JSON object in this file. Raises a `Problem` that says where it is broken."""
    text = _decoded(path, _content(path))
    try:
        found = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = (error.lineno, error.colno)
        reason = _reason(error)
    except (ValueError, RecursionError):  # a number of thousands of digits, endless nesting, NaN
        raise Problem(
            sentence("{file} is JSON with a number or a nesting without sense.", file=path)
        ) from None
    else:
        if isinstance(found, JsonObject):
            return found
        raise Problem(sentence("{file} must hold one JSON object: {{…}}.", file=path))
    # Not raised above: the parser's error carries the whole text, with all its secrets.
    raise Problem(
        sentence(
            "{file} is not JSON: line {line}, column {column}: {reason}.",
            file=path,
            line=place[0],
            column=place[1],
            reason=reason,
        )
    )


def repeated_keys(value: object, above: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of the keys that were given more than once."""
    if isinstance(value, JsonObject):
        yield from ((*above, key) for key in value.repeated)
        for key, each in value.items():
            yield from repeated_keys(each, (*above, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from repeated_keys(each, (*above, index))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise Problem(sentence("There is no configuration file {file}.", file=path)) from None
    except IsADirectoryError:
        raise Problem(
            sentence("{file} is a folder; name the configuration file in it.", file=path)
        ) from None
    except (OSError, ValueError) as error:
        reason = why(error)
        raise Problem(
            sentence("{file} cannot be read: {reason}.", file=path, reason=reason)
        ) from None
    if len(content) > LARGEST:
        raise Problem(sentence("{file} is too large for a configuration.", file=path))
    return content


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")  # editors on Windows write that signature
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    raise Problem(
        sentence(
            "{file} is not in UTF-8 (see line {line}): save it in that encoding.",
            file=path,
            line=line,
        )
    )


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = JsonObject(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        found.repeated = tuple(key for key in found if keys.count(key) > 1)
    return found


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError


def _reason(error: json.JSONDecodeError) -> Sentence:
    if error.doc[error.pos : error.pos + 2] in ("//", "/*") or error.doc[error.pos :][:1] == "#":
        return _COMMENT
    if not error.doc.strip():
        return _EMPTY
    if error.doc[error.pos :][:1] == "'":
        return _QUOTES
    if "escape" in error.msg:
        return _BACKSLASH
    return _REASONS.get(error.msg, sentence("this is not what JSON allows here"))
