"""Usage: what the command-line library says, in the user's language and our words."""

from __future__ import annotations

import re
from gettext import gettext
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup


def _(text: str) -> str:
    """Mark a sentence for the catalogues; it is translated when it is shown."""
    return text


_HELP: Final = _("Show this message and exit.")
_OPTIONS: Final = _("[OPTIONS]")
_COMMAND: Final = _("COMMAND")
_TITLE: Final = _("Usage:")
#: What the library itself asks gettext for.
LIBRARY: Final = (_("Arguments"), _("Options"), _("Commands"), _("[required]"), _("[default: {}]"))
#: The only messages of the library that are told by their words alone.
_TOO_MANY: Final = re.compile(r"Got unexpected extra argument\(s\) \((.*)\)")
_UNKNOWN: Final = re.compile(r"No such command '(.*?)'")
_MEANT: Final = re.compile(r"Did you mean (.*)\?")


def _said(text: str | None) -> str:
    """A marked text in the user's language; gettext tells of itself when asked for nothing."""
    return gettext(text) if text else ""


class _Translated:
    """The part that commands and groups of commands have in common."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        settings["help"] = _said(settings.get("help"))
        settings["options_metavar"] = gettext(_OPTIONS)
        super().__init__(*args, **settings)
        for each in self.params:  # type: ignore[attr-defined] # of the class mixed with
            each.help, each.metavar = _said(each.help), _said(each.metavar)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the first line of the help."""
        pieces = self.collect_usage_pieces(ctx)  # type: ignore[attr-defined] # the same
        words = " ".join(each.strip("{}") for each in pieces)
        formatter.write_usage(ctx.command_path, words, prefix=f"{gettext(_TITLE)} ")

    def get_help_option(self, ctx: Any) -> Any:
        """The option --help."""
        option = super().get_help_option(ctx)  # type: ignore[misc] # the same
        if option is not None:
            option.help, option.metavar = gettext(_HELP), ""
        return option


class Command(_Translated, TyperCommand):
    """A command."""


class Group(_Translated, TyperGroup):
    """A command with commands below it."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **{**settings, "subcommand_metavar": gettext(_COMMAND)})


def mistake(error: typer.TyperException) -> str:
    """What is wrong with a command line, in a sentence and with the way to help."""
    said = _sentence(error)
    context = getattr(error, "ctx", None)
    if not said or context is None:
        return said
    way = gettext("See {command} --help.").format(command=context.command_path)
    return f"{said} {way}"


def _sentence(error: typer.TyperException) -> str:
    # Only one of the library's classes has a public name.
    match type(error).__name__:
        case "NoArgsIsHelpError":
            return ""  # the help was shown instead
        case "MissingParameter":
            name = error.param.metavar or error.param.name  # type: ignore[attr-defined] # has it
            return gettext("{name} is missing.").format(name=name)
        case "NoSuchOption":
            option = error.option_name  # type: ignore[attr-defined] # has it
            near = error.possibilities or []  # type: ignore[attr-defined] # the same
            return _near(gettext("There is no option {name}.").format(name=option), near)
        case "BadOptionUsage":
            option = error.option_name  # type: ignore[attr-defined] # has it
            if "requires" in error.message:
                return gettext("The option {name} needs a value.").format(name=option)
            return gettext("The option {name} takes no value.").format(name=option)
    if found := _TOO_MANY.search(error.message):
        return gettext("Unexpected: {words}.").format(words=found[1])
    if found := _UNKNOWN.search(error.message):
        meant = _MEANT.search(error.message)
        said = gettext("There is no command {name}.").format(name=found[1])
        return _near(said, meant[1].replace("'", "").split(", ") if meant else [])
    return gettext(error.message)


def _near(said: str, names: list[str]) -> str:
    if not names:
        return said
    meant = gettext("Did you mean {names}?").format(names=", ".join(names))
    return f"{said} {meant}"
