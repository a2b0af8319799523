"""Errands: answers that take a while, given beside the others; one at a time in each chat."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from aiogram import Bot
from aiogram.exceptions import AiogramError

from handlers.unexpected import failure_words
from sonixbot.errors import Problem
from sonixbot.language import Language
from sonixbot.messengers.telegram import translate
from sonixbot.text.excerpts import busy_words
from sonixbot.text.markup import Words

log = logging.getLogger(__name__)


class Errands:
    """Keeps what is under way; at its end nothing is any more.

    Commands are answered one after the other, so one that reads a long protocol or uploads a file
    would hold up everybody's. One at a time in each chat: an old control computer is not to be
    loaded by an impatient finger.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._under_way: dict[int, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        left = list(self._under_way.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def busy(self, chat_id: int) -> bool:
        """Whether something is under way for this chat."""
        return chat_id in self._under_way

    async def begin(
        self,
        chat_id: int,
        work: Callable[[], Awaitable[None]],
        tell: Callable[[Words], Awaitable[None]],
        language: Language,
    ) -> None:
        """Let `work` go on beside what follows; `tell` says why it does not, or where it fails."""
        if self.busy(chat_id):
            await tell(busy_words(language))
            return
        task = asyncio.create_task(self._carry_out(work, tell, language), name="errand")
        self._under_way[chat_id] = task
        task.add_done_callback(lambda _done: self._under_way.pop(chat_id, None))

    async def _carry_out(
        self,
        work: Callable[[], Awaitable[None]],
        tell: Callable[[Words], Awaitable[None]],
        language: Language,
    ) -> None:
        """Nothing that goes wrong in it is left to the event loop."""
        try:
            try:
                await work()
            except AiogramError:
                raise
            except Exception as error:
                if not isinstance(error, Problem):
                    log.exception("an answer could not be given")
                await tell(failure_words(error, language))
        except AiogramError as error:
            log.warning("an answer did not get through: %s", translate(error, self._bot.token))
        except Exception:
            log.exception("nor could that be told")
