"""Encodings: bytes of a line → text, line by line, as several programs write one protocol."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from math import log
from typing import Final, NamedTuple

from sonixbot.errors import Problem, sentence
from sonixbot.tail.blocks import LONGEST, Block

#: Letters in 1000 of Russian prose, from о to ъ (Национальный корпус русского языка, rounded).
_FREQUENCIES: Final = (
    "о110 е84 а80 и74 н67 т63 с55 р47 в45 л44 к35 м32 д30 п28 у26 я20 ы19 ь17 г17 з16 б16 ч14 "
    "й12 х10 ж9 ш7 ю6 ц5 щ4 э3 ф3 ъ1 ё1"
)
#: Other characters beyond ASCII that protocols have: degrees, quotes, dashes, the number sign.
_SIGNS: Final = "°«»№±µ·–—…²³×\xa0"
_CANDIDATES: Final = ("cp1251", "cp866")
#: Put where the rest of a line is not kept.
_CUT: Final = " […]"
_BOM: Final = b"\xef\xbb\xbf"
_ZEROS: Final = re.compile(rb"\0{2,}")
#: Evidence (natural logarithm of the odds) that settles the matter for the file.
_SETTLED: Final = 400.0


def _likelihood(character: str) -> float:
    """Logarithm of how often a character beyond ASCII is met in Russian protocols."""
    shares = {each[0]: int(each[1:]) / 1000 for each in _FREQUENCIES.split()}
    if character.lower() in shares:
        return log(shares[character.lower()])
    return log(1 / 1000) if character in _SIGNS else log(1 / 100_000)


def _odds() -> list[float]:
    """For each byte, how far it speaks for the first candidate and against the second."""
    odds = [0.0] * 256
    for byte in range(0x80, 0x100):
        first, second = (
            _likelihood(bytes([byte]).decode(each, errors="replace")) for each in _CANDIDATES
        )
        odds[byte] = first - second
    return odds


_ODDS: Final = _odds()


def whole(text: str) -> str:
    """The text with U+FFFD for halves of characters, which no encoding can write again."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def checked(encoding: str) -> str:
    """The name of an encoding as it was given, or `auto`. Raises Problem where it is none."""
    if encoding == "auto":
        return encoding
    try:
        # Line ends and zeros are looked for as single bytes.
        fits = "\n".encode(encoding) == b"\n" or encoding.lower().replace("_", "-") == "utf-8-sig"
        codecs.lookup(encoding)
    except (LookupError, UnicodeError, ValueError):
        fits = False
    if not fits:
        raise Problem(
            sentence(
                'The encoding "{encoding}" is not known; use auto, utf-8, cp1251 or cp866.',
                encoding=encoding,
            )
        )
    return encoding


class Line(NamedTuple):
    """One line of a protocol that is not empty."""

    #: Where its first byte lies in the file.
    offset: int
    #: From 1; None: not counted.
    number: int | None
    text: str
    #: It is longer than what is kept of it.
    cut: bool


class Decoder:
    """Turns lines into text: each is UTF-8 or not; the rest of the file shares one code page.

    Which one, cp1251 or cp866, is told by the letters met so far. A line that is valid UTF-8 by
    chance (a capital letter and a sign, and nothing else beyond ASCII) is taken for UTF-8.
    """

    def __init__(self, encoding: str = "auto") -> None:
        self._fixed = None if encoding == "auto" else checked(encoding)
        self._odds = 0.0
        self._met: dict[str, None] = {}

    @property
    def encoding(self) -> str:
        """The encoding given, or those met so far: `utf-8`, `cp1251`, `utf-8, cp866`, `ascii`."""
        return self._fixed or ", ".join(self._met) or "ascii"

    def lines(self, block: Block) -> Iterator[Line]:
        """The lines of a block that are not empty."""
        offset, number = block.start, block.lines
        for raw in block.data.split(b"\n"):
            number = None if number is None else number + 1
            for at, piece in _without_zeros(offset, raw) if b"\0" in raw else ((offset, raw),):
                line = (piece if at else piece.removeprefix(_BOM)).rstrip()
                cut = bool(line) and (block.cut > 0 or len(line) > LONGEST)
                text = self.text(line[:LONGEST]) + _CUT if cut else self.text(line)
                if text.strip():
                    yield Line(at, number, text, cut)
            offset += len(raw) + 1

    def text(self, line: bytes) -> str:
        """The line as text; what cannot be read becomes U+FFFD."""
        if self._fixed:
            return whole(line.decode(self._fixed, errors="replace"))
        if line.isascii():
            return line.decode("ascii")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            if error.reason == "unexpected end of data" and not line[: error.start].isascii():
                # A line that was cut, or is still being written.
                return line.decode("utf-8", errors="ignore")
            text = line.decode(self._page(line), errors="replace")
        else:
            self._met["utf-8"] = None
        return text

    def _page(self, line: bytes) -> str:
        """The code page of the file's lines that are not UTF-8, this one among them."""
        if abs(self._odds) < _SETTLED:
            self._odds += sum(map(_ODDS.__getitem__, line))
        page = _CANDIDATES[self._odds < 0]
        other = _CANDIDATES[self._odds >= 0]
        self._met.pop(other, None)
        self._met[page] = None
        return page


def _without_zeros(offset: int, raw: bytes) -> Iterator[tuple[int, bytes]]:
    """The pieces of a line between runs of zeros, where a power cut lost what was there."""
    at = 0
    for run in (*_ZEROS.finditer(raw), None):
        piece = raw[at : run.start() if run else len(raw)].replace(b"\0", b"")
        if piece:
            yield offset + at, piece
        at = run.end() if run else at
