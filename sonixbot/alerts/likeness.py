"""Likeness: what differs between texts that say the same."""

from __future__ import annotations

import re
from typing import Final

# An apostrophe within a word quotes nothing.
_QUOTED = r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)|«[^«»]*»|“[^“”]*”"
_HEX = r"0[xX][0-9a-fA-F]+\b|(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{6,}\b"
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
_MAC = r"[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}\b"
# Long, and digits and letters change at least five times: nobody calls a device so.
_ID = r"(?=[A-Za-z]*\d+[A-Za-z]+\d+[A-Za-z]+\d)[A-Za-z0-9]{16,}\b"
_MOMENT = (
    r"\d{4}-?\d\d-?\d\d[Tt]\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?(?:[Zz]|[-+]\d\d:?\d\d)?\b"
    r"|\d{1,2}[ -](?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b(?:[ -]\d{4}\b)?"
    r"|\d{1,2} (?i:янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек)[а-я]*\b(?: \d{4}\b)?"
)
_DURATION = r"\d+(?:[dhmsдчмс]\d+)+(?:[dhms]|ms|[дчмс]|мс)?\b"
# A digit that belongs to a name (P1_beta, COM3) stays: it tells one device from another.
_NUMBER = r"(?<![\w.])[-+−]?\d+(?:[.,:/-]\d+)*(?:[eE][-+]?\d+)?"
_VALUES: Final = re.compile(
    rf"{_QUOTED}"
    # The order of these matters; what each can begin with saves most of the time.
    rf"|\b(?:(?=[0-9a-fA-F])(?:{_UUID}|{_MAC}|{_HEX})|(?=\d)(?:{_MOMENT}|{_DURATION})|{_ID})"
    rf"|{_NUMBER}"
)

_NAMED_ID: Final = re.compile(
    r"[=:](?:(?<=\bid.)|(?<=\bid .)|(?<=uuid.)|(?<=guid.)|(?<=(?:job|run)_id.)|(?<=task_id.)"
    r"|(?<=session.)|(?<=token.)|(?<=request.))\s?[\w-]{0,80}\d[\w-]*",
    re.IGNORECASE,
)

_STEP = r"[^\s\\/\"'«»“”<>|*?:;,()…]"
_PATHS: Final = re.compile(
    # D:\Sonix\data\1.dat, D:/data; a bare D: is a disk's name
    rf"\b[A-Za-z]:[\\/]+{_STEP}(?:{_STEP}|[\\/])*"
    # \\server\share\x; \\.\COM3 is a device
    rf"|\\\\(?!\.){_STEP}+(?:\\{_STEP}*)+"
    # /home/x; /dev/ttyS0 is a device, m/s and /s/cm2 are units
    rf"|(?<![\w/.)\]])/(?!dev/){_STEP}{{2,}}(?:/{_STEP}*)+"
    # data/1.dat, ..\1.dat: with an ending, as and/or is no path
    r"|(?<![\w\\/.:-])(?:\.{0,2}[\\/])?(?:[\w.-]+[\\/])+[\w.-]*\.[A-Za-z]\w{1,4}\b"
)

_DATA = r"dat|txt|csv|log|raw|bin|tmp|bak|hdf|h5|nxs|spe|root|asc|xye|tiff?|png|xml|json|zip"
_ENDING: Final = re.compile(rf"\.(?:{_DATA})\b", re.IGNORECASE)
# The name of a file with data, which is numbered; 60 keeps a long line of hyphens cheap.
_FILES: Final = re.compile(rf"\b[\w-]{{0,60}}\d{{3}}[\w-]*\.(?:{_DATA})\b", re.IGNORECASE)


def without_values(text: str) -> str:
    """The text with `#` for what differs between like messages, in one line of small letters.

    Put aside are numbers, times, hexadecimal and quoted values, ids, paths and numbered files.
    """
    if "/" in text or "\\" in text:
        text = _PATHS.sub("#", text)
    if "=" in text or ":" in text:
        text = _NAMED_ID.sub("#", text)
    if "." in text and _ENDING.search(text):
        text = _FILES.sub("#", text)
    return " ".join(_VALUES.sub("#", text).split()).lower()
