"""Narrator: tells the story of the demo line by line, for where there is no browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sonixbot.entry import Kind
from sonixbot.language import Language
from sonixbot.sandbox import botapi
from sonixbot.sandbox.bot import State
from sonixbot.sandbox.instrument import Written
from sonixbot.sandbox.mailbox import Received
from sonixbot.sandbox.world import CHANNEL, OPERATOR, World
from sonixbot.text.markup import one_line, shortened

#: Characters of a message that a line of the story shows.
_SHOWN: Final = 140


class Narrator:
    """Listens to a world and says what happens in it."""

    def __init__(self, world: World, language: Language, say: Callable[[str, str], None]) -> None:
        """`say` is given a line and its colour, "" for none."""
        self._world, self._language, self._say = world, language, say
        world.source.listeners.append(self._written)
        world.api.listeners.append(self._happened)
        world.box.listeners.append(self._mailed)
        world.listeners.append(self._changed)

    def _written(self, written: Written) -> None:
        _ = self._language.gettext
        said = written.said
        if written.past or said.kind not in (Kind.ERROR, Kind.WARNING):
            return
        level = "" if said.level is None else f" {said.level}"
        names = {Kind.ERROR: _("Error"), Kind.WARNING: _("Warning")}
        device = f"{said.source}: " if said.source else ""
        colour = "red" if said.kind is Kind.ERROR else "yellow"
        self._line(_("written"), f"{names[said.kind]}{level} · {device}{said.text}", colour)

    def _happened(self, event: botapi.Event) -> None:
        _ = self._language.gettext
        post = event.post
        if post is None or event.kind is botapi.Kind.PIN:
            return
        edited = event.kind is botapi.Kind.EDIT
        if post.chat == str(CHANNEL):
            self._line(_("edited") if edited else _("posted"), post.text, "cyan")
        elif post.sender == OPERATOR:
            self._line(_("asked"), f"{self._world.operator}: {post.text}", "green")
        else:
            self._line(_("edited") if edited else _("answered"), post.text, "green")

    def _mailed(self, received: Received) -> None:
        subject = received.message["Subject"]
        self._line(self._language.gettext("mailed"), f"{received.recipient}: {subject}", "magenta")

    def _changed(self, what: str) -> None:
        _ = self._language.gettext
        world = self._world
        said = {
            ("bot", State.STARTING): _("the bot starts"),
            ("bot", State.UP): _("the bot reads"),
            ("bot", State.DOWN): _("the bot is down"),
            ("telegram", True): _("Telegram is back"),
            ("telegram", False): _("Telegram is cut off"),
            ("mailserver", True): _("the mail server is back"),
            ("mailserver", False): _("the mail server is stopped"),
        }
        now = {"bot": world.bot.state, "telegram": world.telegram_up, "mailserver": world.mail_up}
        if what in now:
            self._line("·", said[what, now[what]], "")

    def end(self) -> None:
        """The line of truth."""
        told = self._world.truth
        said = self._language.gettext(
            "written {written}, posted {posted}, mailed {mailed}, waiting {waiting}, lost {lost}"
        )
        colour = "bold red" if told.lost else "bold green"
        self._say(
            said.format(
                written=told.written,
                posted=told.posted,
                mailed=told.mailed,
                waiting=told.waiting,
                lost=told.lost,
            ),
            colour,
        )

    def _line(self, word: str, said: str, colour: str) -> None:
        now = self._world.clock.now()
        moment = self._language.clock(now, None, now)
        self._say(f"{moment}  {word:9} {shortened(one_line(said), _SHOWN)}", colour)
