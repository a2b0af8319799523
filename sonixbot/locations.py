"""Locations: where configuration, data, inbox and catalogues live.

Scripts with an old Python of their own load this: standard library and language of Python 3.8,
and nothing that is slow to import.
"""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gettext import NullTranslations

CONFIG_VARIABLE = "SONIXBOT_CONFIG"
PACKAGE = os.path.dirname(os.path.abspath(__file__))

#: What stands at the top of a configuration.
KEYS = (
    *("mail", "telegram", "instrument", "language", "time-zone", "protocol", "alerts"),
    *("health", "logwatch", "data-dir", "inbox", "$schema"),
)


class UsageError(ValueError):
    """What a person has to mend, as a sentence in English and the values to put into it.

    The light twin of `sonixbot.errors.Sentence`, whose module an old Python cannot load.
    """

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text.format(**values))
        self.text = text
        self.values = values


class Places:
    """The places that a configuration names, complete and absolute."""

    __slots__ = ("data_dir", "inbox", "python")

    def __init__(self, data_dir: str, inbox: str, python: str | None) -> None:
        #: Folder of the bot's own data.
        self.data_dir = data_dir
        #: Folder in which scripts leave messages.
        self.inbox = inbox
        #: The Python that has sonixbot installed; None where the configuration names none.
        self.python = python


def _(text: str) -> str:
    """Mark a sentence for the catalogues; whoever shows it translates it."""
    return text


def find_config(explicit: str | None = None) -> str | None:
    """The configuration's path, or None where there is none.

    In this order: `explicit` (the command line's --config), the variable SONIXBOT_CONFIG,
    `config.json` in the working folder, and in the per-user configuration folder. The first two
    count even if no such file exists: whoever named it wants to hear that. In the working folder
    only a file with one of our keys counts, as other programs have a config.json too.
    """
    named = explicit or os.environ.get(CONFIG_VARIABLE)
    if named:
        return os.path.abspath(os.path.expanduser(named))
    if os.path.isfile("config.json") and _is_ours("config.json"):
        return os.path.abspath("config.json")
    path = os.path.join(config_dir(), "config.json")
    return os.path.abspath(path) if os.path.isfile(path) else None


def _is_ours(path: str) -> bool:
    """Whether it has a key of ours; one that is broken is ours if it names a key of ours."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return True  # whoever reads it will tell
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return any(f'"{key}"'.encode() in content for key in KEYS)
    return isinstance(found, dict) and any(key in found for key in KEYS)


def config_dir() -> str:
    """The per-user folder for the configuration."""
    return os.path.join(_user_folder("APPDATA", "Roaming", "XDG_CONFIG_HOME", "~/.config"))


def data_dir() -> str:
    """The per-user folder for the bot's own data, where the configuration names none."""
    return _user_folder("LOCALAPPDATA", "Local", "XDG_DATA_HOME", "~/.local/share")


def _user_folder(windows: str, below: str, xdg: str, home: str) -> str:
    if os.name == "nt":
        found = os.environ.get(windows) or os.path.join("~", "AppData", below)
    elif sys.platform == "darwin":
        found = "~/Library/Application Support"
    else:
        found = os.environ.get(xdg, "")
        # https://specifications.freedesktop.org/basedir-spec: relative ones are to be ignored
        found = found if os.path.isabs(found) else home
    return os.path.join(os.path.expanduser(found), "sonixbot")


def read_light(path: str | None) -> Places:
    """The places that the configuration at `path` names; for None the default ones.

    Nothing else of the configuration is checked. Relative paths count from the configuration's
    folder, `~` is the user's home. Raises `UsageError` (a ValueError) naming file and problem.
    """
    if path is None:
        return Places(data_dir(), os.path.join(data_dir(), "inbox"), None)
    configuration, folder = _load(path), os.path.dirname(os.path.abspath(path))
    data = _text(configuration, "data-dir", path)
    inbox = _text(configuration, "inbox", path)
    python = _text(configuration, "logwatch.python", path)
    home = absolute(data, folder) if data else data_dir()
    return Places(
        home,
        absolute(inbox, folder) if inbox else os.path.join(home, "inbox"),
        # a bare name such as python3.11 is looked for where the system looks for programs
        absolute(python, folder) if python and os.path.dirname(python) else python,
    )


def _load(path: str) -> dict[str, object]:
    try:
        with open(path, encoding="utf-8-sig") as file:  # editors on Windows write that signature
            data = json.load(file)
    except FileNotFoundError:
        raise UsageError(_("There is no configuration file {path}."), path=path) from None
    except OSError as error:
        raise UsageError(
            _("The configuration {path} cannot be read: {problem}."),
            path=path,
            problem=error.strerror or error,
        ) from None
    except UnicodeDecodeError:
        raise UsageError(
            _("The configuration {path} is not in UTF-8: save it in that encoding."), path=path
        ) from None
    except json.JSONDecodeError as error:
        raise UsageError(
            _("The configuration {path} is not JSON: see line {line}, column {column}."),
            path=path,
            line=error.lineno,
            column=error.colno,
        ) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, endless nesting
        raise UsageError(_("The configuration {path} is not sensible JSON."), path=path) from None
    if not isinstance(data, dict):
        raise UsageError(_("The configuration {path} must be one JSON object: {{…}}."), path=path)
    return data


def _text(configuration: dict[str, object], key: str, path: str) -> str | None:
    value: object = configuration
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if value is None or isinstance(value, str):
        return value or None
    raise UsageError(
        _('The configuration {path} must give "{key}" as text in quotes.'), path=path, key=key
    )


def absolute(path: str, folder: str) -> str:
    """The path as written in a configuration that lies in `folder`."""
    return os.path.abspath(os.path.join(folder, os.path.expanduser(path)))


def make_private(folder: str) -> None:
    """Make the folder, and those missing above it, for this user alone. Raises OSError."""
    above = os.path.dirname(folder)
    if above != folder and not os.path.isdir(above):
        make_private(above)
    os.makedirs(folder, 0o700, exist_ok=True)


def pythonpath() -> str:
    """The folder that a script's own older Python puts on its path to find `bot`."""
    return os.path.join(PACKAGE, "pythonpath")


_catalogue: NullTranslations | None = None


def words(text: str, **values: object) -> str:
    """The sentence in the language in which this computer speaks to its user."""
    global _catalogue  # noqa: PLW0603 - functools.lru_cache would do, were it not for its import
    if _catalogue is None:
        import gettext  # costs a third of all else that sending a message costs

        _catalogue = gettext.translation(
            "sonixbot", os.path.join(PACKAGE, "locale"), languages=_languages(), fallback=True
        )
    return _catalogue.gettext(text).format(**values)


def _languages() -> list[str] | None:
    """None: as the environment says."""
    named = any(map(os.environ.get, ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")))
    if sys.platform != "win32" or named:
        return None
    import ctypes
    import locale

    code = ctypes.windll.kernel32.GetUserDefaultUILanguage()
    return [locale.windows_locale.get(code, "en")]
