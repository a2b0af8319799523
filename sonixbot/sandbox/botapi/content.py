"""Content: what a request wants to post, read and refused as Telegram reads and refuses it."""

from __future__ import annotations

from typing import Any, Final

from sonixbot.sandbox.botapi.call import Call, bad
from sonixbot.sandbox.botapi.markup import Unparsable, read, trimmed, units
from sonixbot.sandbox.botapi.pictures import size

#: UTF-16 units, counted once the markup is read (https://core.telegram.org/bots/api#sendmessage).
TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024
#: Bytes of a button's data (https://core.telegram.org/bots/api#inlinekeyboardbutton).
DATA_LIMIT: Final = 64
#: Bytes (https://core.telegram.org/bots/api#sending-files).
PHOTO_LIMIT: Final = 10 * 1024 * 1024
#: Pixels of width and height together, and how often one goes into the other
#: (https://core.telegram.org/bots/api#sendphoto).
PHOTO_EDGES, PHOTO_RATIO = 10_000, 20
#: What can be told of a file that replaces another.
_MEDIA: Final = frozenset(["type", "media", "caption", "parse_mode"])
#: What an inline button may do, one of them.
_ACTIONS: Final = frozenset(
    [
        *("callback_data", "url", "web_app", "login_url", "copy_text", "callback_game", "pay"),
        *("switch_inline_query", "switch_inline_query_current_chat"),
        "switch_inline_query_chosen_chat",
    ]
)


def text(source: str, mode: str | None, *, caption: bool) -> tuple[str, list[dict[str, Any]]]:
    """What readers see, and its entities; raises `Refusal` where Telegram would refuse it."""
    if mode not in (None, "", "HTML"):
        raise bad("unsupported parse_mode")
    try:
        words, entities = read(source) if mode else (source, [])
    except Unparsable as error:
        raise bad(f"can't parse entities: {error}") from None
    words, entities = trimmed(words, entities)
    length = units(words)
    if caption and length > CAPTION_LIMIT:
        raise bad("message caption is too long")
    if not caption and length > TEXT_LIMIT:
        raise bad("message is too long")
    if not caption and not words:
        raise bad("message text is empty")
    return words, entities


def keyboard(call: Call) -> list[list[dict[str, str]]]:
    """The rows of inline buttons; raises `Refusal`."""
    markup = call.value("reply_markup", "reply keyboard markup", dict) or {}
    rows: list[list[dict[str, str]]] = markup.get("inline_keyboard", [])
    if not all(isinstance(each, dict) for row in rows for each in row):
        raise bad("can't parse inline keyboard button")
    for button in (button for row in rows for button in row):
        if not any(button.get(action) for action in _ACTIONS):
            raise bad(
                "can't parse inline keyboard button: Text buttons are unallowed in the inline "
                "keyboard"
            )
        if len(button.get("callback_data", "").encode()) > DATA_LIMIT:
            raise bad("BUTTON_DATA_INVALID")
    return rows


def file(call: Call, what: str) -> tuple[str, bytes]:
    """The name and bytes of the uploaded "document" or "photo"; raises `Refusal`."""
    return _uploaded(call, call.params.get(what, what), photo=what == "photo")


def media(call: Call) -> tuple[tuple[str, bytes], dict[str, Any]]:
    """The file that replaces another, and what is said of it; raises `Refusal`."""
    told = call.value("media", "input media", dict) or {}
    if unknown := sorted(told.keys() - _MEDIA):
        raise bad(f"parameter {unknown[0]} of InputMedia is not known")
    if told.get("type") not in ("document", "photo"):
        raise bad("can't parse InputMedia: type must be document or photo here")
    if not told.get("media"):
        raise bad("can't parse InputMedia: media not found")
    return _uploaded(call, str(told["media"]), photo=told["type"] == "photo"), told


def _uploaded(call: Call, source: str, *, photo: bool) -> tuple[str, bytes]:
    named = source.removeprefix("attach://")
    if named not in call.files:
        raise bad("wrong file identifier/HTTP URL specified")
    name, data = call.files[named]
    if not data:
        raise bad("file must be non-empty")
    if photo:
        _check_photo(data)
    return name, data


def _check_photo(data: bytes) -> None:
    if len(data) > PHOTO_LIMIT:
        raise bad(
            f"file of size {len(data)} bytes is too big for a photo; "
            f"the maximum size is {PHOTO_LIMIT} bytes"
        )
    pixels = size(data)
    if pixels is None:
        raise bad("IMAGE_PROCESS_FAILED")
    if sum(pixels) > PHOTO_EDGES or max(pixels) > PHOTO_RATIO * min(pixels):
        raise bad("PHOTO_INVALID_DIMENSIONS")
