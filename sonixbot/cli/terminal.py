"""Terminal: where the command line speaks, and in which language."""

from __future__ import annotations

import gettext
import os
import re
import sys
from dataclasses import dataclass
from io import TextIOWrapper
from typing import Final, Self

from rich.console import Console, RenderableType
from rich.text import Text

from sonixbot.errors import Mistakes, Problem, Sentence
from sonixbot.language import CATALOGUES, DOMAIN, Language, language, locale_code

#: What would move the cursor, colour the screen or turn letters round, were it shown as it is.
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class Terminal:
    """Standard output for results, standard error for all else, and the user's language."""

    language: Language
    out: Console
    err: Console

    @classmethod
    def here(cls) -> Self:
        """This process's own."""
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="replace")  # no Russian word ends us on a code page
        out, err = (
            Console(stderr=stderr, markup=False, emoji=False, highlight=False)
            for stderr in (False, True)
        )
        return cls(language(locale_code()), out, err)

    def adopt_language(self) -> None:
        """Let gettext give our words to libraries that ask it; before they are imported."""
        gettext.bindtextdomain(DOMAIN, str(CATALOGUES))
        gettext.textdomain(DOMAIN)
        if os.name == "nt":
            # Windows has no such variable, and gettext looks nowhere else.
            os.environ.setdefault("LANGUAGE", self.language.code)

    def gettext(self, text: str) -> str:
        """The sentence in the user's language."""
        return self.language.gettext(text)

    def print(self, *shown: RenderableType) -> None:
        """Show a result; sentences are left to the screen to wrap, tables fit it."""
        for each in shown:
            self.out.print(each, soft_wrap=isinstance(each, str | Text))

    def write(self, text: str) -> None:
        """Put text on standard output exactly as it is."""
        self.out.file.write(text)
        self.out.file.flush()

    def note(self, text: str, style: str = "") -> None:
        """Say something that is not the result."""
        self.err.print(Text(text, style), soft_wrap=True)

    def say(self, said: Sentence) -> str:
        """A sentence in the user's language."""
        return self.language.say(said)

    def complain(self, problem: Problem) -> None:
        """Say what a person can mend, a line for each mistake."""
        said = problem.mistakes if isinstance(problem, Mistakes) else [problem.said]
        for each in said:
            self.note(self.say(each), "red")


def visible(text: str) -> str:
    """Foreign text as it can be shown on a terminal, without power over it."""
    return _UNPRINTABLE.sub("·", text.replace("\t", "  "))
