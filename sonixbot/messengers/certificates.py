"""Certificates: whom the messengers believe when the other side shows its name."""

from __future__ import annotations

import ssl
from pathlib import Path

from sonixbot.errors import NeedsRepair, sentence


def trust(ca_file: Path | None, key: str) -> ssl.SSLContext:
    """What the system trusts and, beside it, the authority in `ca_file` (PEM).

    Raises `NeedsRepair` naming `key`, the configuration key, where the file is no such thing.
    """
    context = ssl.create_default_context()
    if ca_file is None:
        return context
    try:
        context.load_verify_locations(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise NeedsRepair(
            sentence(
                "The certificates in {path} cannot be used: {why}. Check {key}.",
                path=ca_file,
                why=error.strerror or error,
                key=key,
            )
        ) from error
    return context


def failed_check(error: BaseException | None) -> str:
    """Why a certificate was not believed, if that is what led to `error`; else empty."""
    while error is not None:
        # aiohttp's own subclass comes without the message; its cause has it.
        if why := getattr(error, "verify_message", ""):
            return str(why)
        error = error.__cause__ or error.__context__
    return ""
