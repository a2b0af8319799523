"""Handlers: what people may ask and do in the chat. Each parses, asks the core, and replies.

Collaborators arrive by their names from the dispatcher: `watch`, `excerpts`, `errands`, `status`,
`people`, `clock`, `zone`, `default_language`; the gate adds `role` and `language` of whoever asks.
"""

from __future__ import annotations

from aiogram import Router

from handlers import access, excerpts, incidents, lasterrors, mutes, status, unexpected
from handlers import help as helping


def router() -> Router:
    """A fresh router with everything in it, behind the gate."""
    made = Router(name="sonixbot")
    access.guard(made)
    made.include_routers(
        status.router(),
        lasterrors.router(),
        excerpts.router(),
        incidents.router(),
        mutes.router(),
        helping.router(),
        unexpected.router(),
    )
    return made
