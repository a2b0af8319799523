"""Configuration: what loads, what it means, and how mistakes are told."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from sonixbot import config, locations
from sonixbot.config import Config, MailSettings
from sonixbot.errors import Mistakes, Problem, Sentence
from sonixbot.language import language

ROOT = Path(__file__).parent.parent
TOKEN = "123456789:AAF-xYz_0123456789abcdefghijklmnopq"
PASSWORD = "hunter2-hunter2"
SECRETS = (TOKEN, TOKEN.partition(":")[2], PASSWORD)

DOCUMENTED: dict[str, Any] = {
    "mail": {
        "user": "sonix-bot",
        "password": "your_password",
        "port": 25,
        "server": "smtp.nf.jinr.ru",
        "recipients": ["somebody@mail_address", "another_if_neccessary@mail_addres"],
    },
    "telegram": {"bot-id": "your_telegram_bot_id", "channel-id": "telegram channel_id"},
}
MAIL = {"user": "bot", "password": PASSWORD, "server": "smtp.x.ru", "recipients": ["a@b"]}
TELEGRAM = {"bot-id": TOKEN, "channel-id": "@yumo"}


def parsed(data: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Config:
    """The configuration that this object means, as if it lay in /etc/sonixbot."""
    return config.parse(data, Path("/etc/sonixbot/config.json"), environ or {})


def with_mail(**keys: object) -> MailSettings:
    """The mail section with some keys changed."""
    changed = {key.replace("_", "-"): value for key, value in keys.items()}
    mail = parsed({"mail": {**MAIL, **changed}}).mail
    assert mail is not None
    return mail


def mistakes_in(data: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> list[str]:
    """The English sentences about this configuration."""
    with pytest.raises(Mistakes) as caught:
        parsed(data, environ)
    return check_sentences(caught.value)


def check_sentences(mistakes: Mistakes) -> list[str]:
    """The sentences, once it is sure that they are ours and that both languages can say them."""
    russian = language("ru")
    for each in mistakes.mistakes:
        assert isinstance(each, Sentence)
        assert russian.say(Sentence.from_json(each.to_json()))
    assert mistakes.__cause__ is None
    assert mistakes.__context__ is None
    return [str(each) for each in mistakes.mistakes]


def written(folder: Path, content: str | bytes) -> Path:
    """A configuration file with this content."""
    path = folder / "config.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def problem_with(path: Path) -> str:
    """The English sentence about a file that cannot be read."""
    with pytest.raises(Problem) as caught:
        config.load(path, {})
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return str(caught.value)


# What loads


def test_the_documented_part_works_alone() -> None:
    """The documented keys alone, with their placeholders, are a configuration."""
    found = parsed(DOCUMENTED)
    assert found.mail
    assert found.telegram
    assert found.mail.port == 25
    assert found.mail.recipients[0] == "somebody@mail_address"
    assert found.telegram.channel_id == "telegram channel_id"
    assert found.placeholders() == [
        "mail.password",
        "mail.recipients[0]",
        "mail.recipients[1]",
        "telegram.bot-id",
        "telegram.channel-id",
    ]


def test_the_example_begins_with_the_documented_part_and_loads() -> None:
    """config.example.json has the documented keys first, in their order, and loads."""
    path = ROOT / "config.example.json"
    example = json.loads(path.read_text(encoding="utf-8"))
    assert list(example)[:2] == list(DOCUMENTED)
    for section, keys in DOCUMENTED.items():
        assert list(example[section].items())[: len(keys)] == list(keys.items())
    found = config.load(path, {})
    assert found.source == path
    assert found.placeholders() == parsed(DOCUMENTED).placeholders()
    assert found.warnings == ()
    assert (path.parent / example["$schema"]).is_file()


def test_defaults_suit_a_newcomer() -> None:
    """Without optional keys everything has a value."""
    found = parsed({"mail": {"server": "smtp.x.ru", "recipients": ["a@b"]}, "telegram": TELEGRAM})
    assert found.instrument
    assert (found.language, found.time_zone, found.zone) == ("en", None, None)
    assert (found.protocol.path, found.protocol.format) == (None, "auto")
    assert found.protocol.encoding == "auto"
    assert found.mail
    assert (found.mail.port, found.mail.security, found.mail.verify) == (25, "auto", True)
    assert found.mail.login is None
    assert found.telegram
    assert (found.telegram.admins, found.telegram.operators, found.telegram.viewers) == ((),) * 3
    assert (found.telegram.api_url, found.telegram.proxy) == ((), ())
    assert found.telegram.thread_id is None
    for push in (found.alerts.telegram, found.alerts.mail):
        levels = (push.error_max_level, push.warning_max_level, push.user_max_level)
        assert (*levels, push.info_max_level, push.quiet_hours) == (5, 1, 0, 0, ())
    assert (found.alerts.repeat_interval, found.alerts.quiet_time) == (4 * 3600, 30 * 60)
    assert found.logwatch.python is None
    assert found.data_dir.is_absolute()
    assert found.inbox == found.data_dir / "inbox"


def test_every_key_can_be_given() -> None:
    """Each optional key is read into its attribute."""
    found = parsed(
        {
            "$schema": "config.schema.json",
            "instrument": " ЮМО ",
            "language": "ru",
            "time-zone": "Europe/Moscow",
            "data-dir": "data",
            "inbox": "/share/inbox",
            "logwatch": {"python": "python3.11"},
            "protocol": {
                "path": "log/*.log",
                "format": {"pattern": "(?P<text>.*)"},
                "encoding": "windows-1251",
                "patterns": {"started": [" go (?P<script>\\S+)"], "paused": []},
            },
            "alerts": {
                "telegram": {"warning-max-level": 3},
                "mail": {"error-max-level": 0, "info-max-level": 5, "user-max-level": 2},
                "repeat-interval": "1 ч 30 мин",
                "quiet-time": "10m",
            },
            "mail": {**MAIL, "security": "tls", "verify": False, "ca-file": "ca.pem"},
            "telegram": {
                **TELEGRAM,
                "thread-id": 7,
                "operators": [1, "22"],
                "viewers": ["333"],
                "api-url": "https://tg.example.org/secret/",
                "proxy": ["socks5h://u:p%40ss@h:1080", "http://h:3128"],
                "ca-file": "~/ca.pem",
            },
        }
    )
    assert found.instrument == "ЮМО"
    assert found.zone
    assert datetime(2021, 4, 13, tzinfo=found.zone).utcoffset()
    assert found.data_dir == Path("/etc/sonixbot/data")
    assert found.inbox == Path("/share/inbox")
    assert found.protocol.path == "/etc/sonixbot/log/*.log"
    assert found.protocol.format == {"pattern": "(?P<text>.*)"}
    assert found.protocol.encoding == "cp1251"
    assert found.protocol.patterns.started == (" go (?P<script>\\S+)",)
    assert found.protocol.patterns.finished
    assert found.protocol.patterns.paused == ()
    assert found.alerts.telegram.warning_max_level == 3
    assert found.alerts.mail.error_max_level == 0
    assert (found.alerts.repeat_interval, found.alerts.quiet_time) == (5400, 600)
    assert found.logwatch.python == "python3.11"
    assert found.mail
    assert found.mail.ca_file == Path("/etc/sonixbot/ca.pem")
    assert found.mail.verify is False
    assert found.telegram
    assert found.telegram.thread_id == 7
    assert found.telegram.operators == (1, 22)
    assert found.telegram.admins == (1, 22)
    assert found.telegram.viewers == (333,)
    assert found.telegram.api_url == ("https://tg.example.org/secret",)
    proxies = [each.get_secret_value() for each in found.telegram.proxy]
    assert proxies == ["socks5://u:p%40ss@h:1080", "http://h:3128"]
    assert found.telegram.ca_file == Path("~/ca.pem").expanduser()
    assert found.placeholders() == []


def test_own_admins_replace_the_operators() -> None:
    """Admins are the operators unless they are named."""
    found = parsed({"telegram": {**TELEGRAM, "operators": [1, 2], "admins": [3]}})
    assert found.telegram
    assert found.telegram.admins == (3,)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("@yumo", "@yumo"),
        (-1001234567890, "-1001234567890"),
        ("-1001234567890", "-1001234567890"),
        (" 42 ", "42"),
    ],
)
def test_a_channel_has_a_number_or_a_name(given: object, meant: str) -> None:
    """A channel is given by number, as a number or as text, or by @name."""
    found = parsed({"telegram": {**TELEGRAM, "channel-id": given}})
    assert found.telegram
    assert found.telegram.channel_id == meant


@pytest.mark.parametrize(
    ("keys", "address"),
    [
        ({"user": "sonix-bot", "server": "smtp.nf.jinr.ru"}, "sonix-bot@nf.jinr.ru"),
        ({"user": "", "server": "mail.jinr.ru"}, "sonix-bot@jinr.ru"),
        ({"user": "NF\\bot", "server": "post.jinr.ru"}, "bot@post.jinr.ru"),
        ({"user": "Бот", "server": "mail.ru"}, "sonix-bot@mail.ru"),
        ({"user": "me@jinr.ru"}, "me@jinr.ru"),
        ({"user": "me@jinr.ru", "sender": "yumo@nf.jinr.ru"}, "yumo@nf.jinr.ru"),
        ({"user": "bot", "server": "127.0.0.1"}, "bot@[127.0.0.1]"),
        ({"user": "bot", "server": "::1"}, "bot@[IPv6:::1]"),
        ({"user": "bot", "server": "localhost"}, "bot@localhost"),
    ],
)
def test_the_sender_follows_from_user_and_server(keys: dict[str, str], address: str) -> None:
    """Mail comes from the configured sender, else from the user at the server's domain."""
    assert with_mail(**keys).from_address == address


def test_login_needs_user_and_password() -> None:
    """An empty user means no login; a user without password is warned of."""
    login = with_mail().login
    assert login
    assert (login[0], login[1].get_secret_value()) == ("bot", PASSWORD)
    assert with_mail(user="").login is None
    found = parsed({"mail": {**MAIL, "password": None}})
    assert found.mail
    assert found.mail.login is None
    assert "mail.password" in str(found.warnings[0])


def test_equal_recipients_are_one() -> None:
    """An address that is listed twice gets one mail."""
    assert with_mail(recipients=["a@b", "c@d", "a@b"]).recipients == ("a@b", "c@d")


def test_signs_in_the_folder_are_no_pattern(tmp_path: Path) -> None:
    """A relative pattern finds its files in a folder whose own name has brackets."""
    folder = tmp_path / "a[1]*"
    folder.mkdir()
    (folder / "x.log").touch()
    found = config.parse({"protocol": {"path": "*.log"}}, folder / "config.json", {})
    assert found.protocol.path
    assert list(Path("/").glob(found.protocol.path[1:])) == [folder / "x.log"]
    plain = config.parse({"protocol": {"path": "x.log"}}, folder / "config.json", {})
    assert plain.protocol.path == str(folder / "x.log")


def test_a_configuration_is_frozen() -> None:
    """Nothing can be changed once it is loaded."""
    with pytest.raises(ValueError, match="frozen"):
        setattr(parsed(DOCUMENTED), "language", "ru")  # noqa: B010 - mypy knows it is frozen


# Warnings


def test_nothing_to_send_by_is_a_warning() -> None:
    """Without mail and telegram the configuration loads and warns."""
    assert [str(each) for each in parsed({}).warnings] == [
        '/etc/sonixbot/config.json: there is neither "mail" nor "telegram", so nothing can be sent.'
    ]


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://tg.example.org", 1),
        ("https://tg.example.org", 0),
        ("http://localhost:8081", 0),
        ("http://127.0.0.1:8081", 0),
        ("http://[::1]:8081", 0),
        (["https://a.org", "http://10.0.0.1:8081", "http://b.org"], 2),
    ],
)
def test_an_open_way_to_telegram_is_a_warning(url: object, warned: int) -> None:
    """A Bot API without encryption loads, with a warning off loopback."""
    found = parsed({"telegram": {**TELEGRAM, "api-url": url}})
    assert len(found.warnings) == warned


# Secrets


def test_secrets_come_from_the_environment_then_a_file_then_the_key(tmp_path: Path) -> None:
    """The environment wins over a file, the file over the key in the configuration."""
    (tmp_path / "password").write_text("from file\n", encoding="utf-8-sig")
    (tmp_path / "token").write_text("1:from_file\r\n")
    data: dict[str, Any] = {
        "mail": {**MAIL, "password-file": "password"},
        "telegram": {"channel-id": "@x", "bot-id-file": str(tmp_path / "token")},
    }
    source = tmp_path / "config.json"
    found = config.parse(data, source, {})
    assert found.secrets() == ("1:from_file", "from file")
    environ = {"SONIXBOT_MAIL_PASSWORD": "from env", "SONIXBOT_BOT_ID": "2:from_env"}
    found = config.parse(data, source, environ)
    assert found.secrets() == ("2:from_env", "from env")
    assert data["mail"]["password"] == PASSWORD


def test_an_empty_variable_is_none() -> None:
    """An empty environment variable does not hide the key."""
    assert parsed({"mail": MAIL}, {"SONIXBOT_MAIL_PASSWORD": ""}).secrets() == (PASSWORD,)


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "No such file"), (b"\n", "empty"), (b"\xff\xfe", "UTF-8")]
)
def test_a_secret_file_that_gives_none_is_one_mistake(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    """An unreadable or empty file is told by its key, and what is missing by it is not."""
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    data = {"telegram": {"channel-id": "@x", "bot-id-file": str(path)}}
    (mistake,) = mistakes_in(data)
    assert "telegram.bot-id-file" in mistake
    assert reason in mistake
    assert str(path) in mistake


def test_a_malformed_secret_names_where_it_came_from(tmp_path: Path) -> None:
    """A wrong token from the environment or a file is told with that place, not shown."""
    (mistake,) = mistakes_in({"telegram": TELEGRAM}, {"SONIXBOT_BOT_ID": "no token"})
    assert "SONIXBOT_BOT_ID" in mistake
    assert "no token" not in mistake
    path = tmp_path / "token"
    path.write_text("no\ntoken")
    (mistake,) = mistakes_in({"telegram": {**TELEGRAM, "bot-id-file": str(path)}})
    assert "telegram.bot-id-file" in mistake


def test_no_secret_shows() -> None:
    """A configuration shows no secret in any of its forms, and names all of them to the log."""
    found = parsed(
        {"mail": MAIL, "telegram": {**TELEGRAM, "proxy": "socks5://me:pr%40xy-pass@h:1080"}}
    )
    forms = (repr(found), str(found), str(found.model_dump()), found.model_dump_json())
    for form in forms:
        for secret in (*SECRETS, "pr%40xy-pass", "pr@xy-pass"):
            assert secret not in form
    assert set(found.secrets()) == {TOKEN, PASSWORD, "pr%40xy-pass", "pr@xy-pass"}


# Mistakes

WRONG: list[tuple[str, object]] = [
    ("mail", "text"),
    ("mail", []),
    ("mail.port", "25"),
    ("mail.port", 0),
    ("mail.port", 65536),
    ("mail.port", 2.5),
    ("mail.port", True),
    ("mail.port", None),
    ("mail.server", ""),
    ("mail.server", "smtp://x.ru"),
    ("mail.server", "x.ru:25"),
    ("mail.server", "smtp..x.ru"),
    ("mail.server", f"{'a' * 64}.x.ru"),
    ("mail.server", 5),
    ("mail.user", 7),
    ("mail.user", "a\nb"),
    ("mail.password", 12345),
    ("mail.password", ["x"]),
    ("mail.recipients", "a@b"),
    ("mail.recipients", []),
    ("mail.recipients[1]", "nobody"),
    ("mail.recipients[1]", "a@b\r\nBcc: c@d"),
    ("mail.recipients[1]", None),
    ("mail.sender", "sonix-bot"),
    ("mail.security", "ssl"),
    ("mail.security", 1),
    ("mail.verify", "yes"),
    ("mail.verify", 0),
    ("mail.ca-file", 3),
    ("mail.ca-file", ""),
    ("telegram", 12),
    ("telegram.bot-id", "malformed"),
    ("telegram.bot-id", 123456),
    ("telegram.bot-id", "123:with space"),
    ("telegram.bot-id", None),
    ("telegram.channel-id", "yumo"),
    ("telegram.channel-id", 0),
    ("telegram.channel-id", 1.5),
    ("telegram.channel-id", True),
    ("telegram.channel-id", 10**30),
    ("telegram.thread-id", -1),
    ("telegram.thread-id", "x"),
    ("telegram.operators", 5),
    ("telegram.operators[0]", "@name"),
    ("telegram.admins[0]", True),
    ("telegram.viewers[2]", 0),
    ("telegram.api-url", "tg.example.org"),
    ("telegram.api-url", "ftp://tg.example.org"),
    ("telegram.api-url", "https://tg.example.org:99999"),
    ("telegram.api-url", "https://[::1"),
    ("telegram.api-url[1]", "https://tg.example.org/?x=1"),
    ("telegram.api-url", "https://tg..example.org"),
    ("telegram.api-url", {}),
    ("telegram.proxy", "h:1080"),
    ("telegram.proxy", "socks5://.h:1080"),
    ("telegram.proxy", "socks5://h"),
    ("telegram.proxy", "https://h:1"),
    ("telegram.proxy[0]", 1080),
    ("instrument", ""),
    ("instrument", "two\nlines"),
    ("instrument", None),
    ("language", "de"),
    ("language", ["ru"]),
    ("time-zone", "Europe"),
    ("time-zone", "Europe/Moskow"),
    ("time-zone", "../../etc/passwd"),
    ("time-zone", "\udcff"),
    ("time-zone", "x" * 5000),
    ("time-zone", 3),
    ("protocol", "D:/protocol.log"),
    ("protocol.path", 1),
    ("protocol.path", " "),
    ("protocol.path", "a\0b"),
    ("protocol.format", {}),
    ("protocol.format", 3),
    ("protocol.encoding", "klingon"),
    ("protocol.encoding", "utf-16"),
    ("protocol.encoding", "hex"),
    ("protocol.encoding", "a\0"),
    ("protocol.patterns", ["x"]),
    ("protocol.patterns.started", "start"),
    ("protocol.patterns.started[0]", "(start"),
    ("protocol.patterns.paused[1]", ""),
    ("alerts", 1),
    ("alerts.telegram", "errors"),
    ("alerts.mail.error-max-level", 6),
    ("alerts.mail.error-max-level", -1),
    ("alerts.mail.info-max-level", "1"),
    ("alerts.mail.user-max-level", True),
    ("alerts.repeat-interval", 30),
    ("alerts.repeat-interval", "soon"),
    ("alerts.quiet-time", "900d"),
    ("alerts.quiet-time", "9" * 400 + "d"),
    ("logwatch", "python"),
    ("logwatch.python", ""),
    ("data-dir", 1),
    ("data-dir", ""),
    ("inbox", ["x"]),
]

FULL: dict[str, Any] = {
    "mail": {**MAIL, "recipients": ["a@b", "c@d"]},
    "telegram": {
        **TELEGRAM,
        "operators": [1],
        "admins": [1],
        "viewers": [1, 2, 3],
        "api-url": ["https://a.org", "https://b.org"],
        "proxy": ["http://h:1"],
    },
    "protocol": {"patterns": {"started": ["x"], "paused": ["x", "y"]}},
    "alerts": {"mail": {}, "telegram": {}},
    "logwatch": {},
}


def changed(data: dict[str, Any], key: str, value: object) -> dict[str, Any]:
    """The configuration with another value at a key path such as `mail.recipients[1]`."""
    data = json.loads(json.dumps(data))
    *above, last = key.replace("[", ".").replace("]", "").split(".")
    inside: Any = data
    for step in above:
        inside = inside[int(step)] if step.isdigit() else inside[step]
    inside[int(last) if last.isdigit() else last] = value
    return data


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_a_wrong_value_is_told_with_file_key_and_expectation(key: str, value: object) -> None:
    """A wrong value is one sentence: file, key path, what is expected, what was given."""
    (mistake,) = mistakes_in(changed(FULL, key, value))
    assert mistake.startswith(f"/etc/sonixbot/config.json: {key}: expected ")
    assert ", but found " in mistake
    assert_ours(mistake)


def test_the_value_given_is_shown() -> None:
    """A wrong value is quoted as it stands in the file, cut where it is long."""
    (port,) = mistakes_in(changed(FULL, "mail.port", "2five"))
    assert port.endswith(
        'mail.port: expected the number of a port, from 1 to 65535, but found "2five".'
    )
    (zone,) = mistakes_in(changed(FULL, "time-zone", "x" * 1000))
    assert len(zone) < 250
    (name,) = mistakes_in(changed(FULL, "instrument", "a\x1b[2Jb"))
    assert "\x1b" not in name


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("Europe/Moskow", "Europe/Moscow"), ("moscow", "Europe/Moscow"), ("europe/moscow", "Europe")]
    + [(each, "Europe/Moscow") for each in ("MSK", "MSC", "Moscow", "Moskau", "Москва")],
)
def test_a_wrong_zone_gets_the_nearest(wrong: str, right: str) -> None:
    """An unknown time zone is told with the nearest known one."""
    (mistake,) = mistakes_in({"time-zone": wrong, "mail": MAIL})
    assert f"the nearest one is {right}" in mistake


def test_a_wrong_expression_is_told_with_the_place() -> None:
    """An expression that does not compile says where it breaks."""
    (mistake,) = mistakes_in(changed(FULL, "protocol.patterns.started[0]", "abc(d"))
    assert "breaks at character 6" in mistake


def test_all_mistakes_are_told_at_once() -> None:
    """Everything that is wrong is told by one error, each in its own sentence."""
    told = mistakes_in(
        {
            "mail": {"port": "x", "recipients": ["a@b", "c"], "pasword": PASSWORD},
            "telegram": {"bot-id": "nothing"},
            "langage": "ru",
        }
    )
    keys = {each.split(": ")[1].split(" is ")[0] for each in told}
    assert keys == {
        "mail.port",
        "mail.server",
        "mail.recipients[1]",
        "mail.pasword",
        "telegram.bot-id",
        "telegram.channel-id",
        "langage",
    }
    assert len(told) == 7


def test_a_missing_key_is_told_with_what_belongs_there() -> None:
    """A required key that is not there is told with what is expected."""
    told = mistakes_in({"mail": {}, "telegram": {}})
    assert [each.split(": ", 1)[1].split(";")[0] for each in told] == [
        "mail.server is missing",
        "mail.recipients is missing",
        "telegram.bot-id is missing",
        "telegram.channel-id is missing",
    ]
    assert "expected the name of a mail server" in told[0]
    assert "expected a list of mail addresses" in told[1]


@pytest.mark.parametrize(
    ("data", "nearest"),
    [
        ({"mail": {**MAIL, "recipents": ["secret"]}}, "mail.recipients"),
        ({"mail": {**MAIL, "password_file": "secret"}}, "mail.password-file"),
        ({"telegram": {**TELEGRAM, "apiUrl": "secret"}}, "telegram.api-url"),
        ({"telegram": {**TELEGRAM, "Bot ID": "secret"}}, "telegram.bot-id"),
        ({"telegrm": {"bot-id": "secret"}}, "telegram"),
        ({"server": "secret"}, "mail.server"),
        ({"alerts": {"mail": {"errors-max-level": "secret"}}}, "alerts.mail.error-max-level"),
        ({"protocol": {"channel-id": "secret"}}, "telegram.channel-id"),
    ],
)
def test_an_unknown_key_gets_the_nearest(data: dict[str, Any], nearest: str) -> None:
    """An unknown key is told with the nearest known one, and its value is not shown."""
    (mistake,) = mistakes_in(data)
    assert mistake.endswith(f" is not a known key; did you mean {nearest}?")
    assert "secret" not in mistake


def test_an_unknown_key_like_no_other_gets_the_list() -> None:
    """Where no key is near, those that are known there are listed."""
    (mistake,) = mistakes_in({"logwatch": {"qqqqq": {"deep": PASSWORD}}})
    assert mistake.endswith("logwatch.qqqqq is not a known key. Known here: python.")


def test_a_key_given_twice_is_a_mistake(tmp_path: Path) -> None:
    """JSON lets the later of two equal keys win silently; here both are told, once."""
    path = written(
        tmp_path,
        '{"language": "ru", "mail": {"server": "a", "port": 1, "port": 2, "port": 3,'
        ' "recipients": ["a@b"]}, "language": "en",'
        ' "protocol": {"format": {"json": [{"x": 1, "x": 2}]}}}',
    )
    with pytest.raises(Mistakes) as caught:
        config.load(path, {})
    assert [each.split(": ", 1)[1] for each in check_sentences(caught.value)] == [
        "language is given more than once; keep one of them.",
        "mail.port is given more than once; keep one of them.",
        "protocol.format.json[0].x is given more than once; keep one of them.",
    ]


@pytest.mark.parametrize(
    "data",
    [
        {"telegram": {**TELEGRAM, "bot-id": TOKEN + "!"}},
        {"telegram": {**TELEGRAM, "channel-id": TOKEN}},
        {"telegram": {**TELEGRAM, TOKEN: 1}},
        {"telegram": {**TELEGRAM, "proxy": f"h:1080:me:{PASSWORD}"}},
        {"telegram": {**TELEGRAM, "proxy": [f"https://me:{PASSWORD}@h:1"]}},
        {"telegram": {**TELEGRAM, "api-url": f"https://tg.org/bot{TOKEN}"}},
        {"telegram": TOKEN},
        {"mail": PASSWORD},
        {"mail": [PASSWORD]},
        {"mail": {**MAIL, "port": PASSWORD}},
        {"mail": {**MAIL, "server": f"me:{PASSWORD}@x.ru"}},
        {"mail": {**MAIL, "password": [PASSWORD]}},
        {"mail": {**MAIL, "password": PASSWORD + "\n"}},
        {"mail": {**MAIL, "recipients": {"password": PASSWORD}}},
        {"mail": {**MAIL, "passwort": PASSWORD}},
        {"language": {"password": PASSWORD}},
    ],
)
def test_no_mistake_shows_a_secret(data: dict[str, Any]) -> None:
    """A secret is never told, wherever it was put by mistake."""
    told = mistakes_in(data)
    for secret in SECRETS:
        assert secret not in "\n".join(told)


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("telegram.api-url", "https://user:Secret@host", '"https://…@host"'),
        ("telegram.api-url", "https://user:Sec@re/t@host", '"https://…@host"'),
        ("telegram.channel-id", "user:Secret@yumo", '"…@yumo"'),
        ("telegram.channel-id", "@yumo 2", '"@yumo 2"'),
        ("mail.server", "user:Secret@smtp.x.ru", '"…@smtp.x.ru"'),
        ("mail.server", "smtp://user:Secret@smtp.x.ru", '"smtp://…@smtp.x.ru"'),
        ("mail.recipients", ["anna@x.ru,boris@x.ru"], '"anna@x.ru,boris@x.ru"'),
    ],
)
def test_a_password_before_a_server_is_not_shown(key: str, value: object, shown: str) -> None:
    """What stands before the @ of a server is hidden, but not what is a person's address."""
    (mistake,) = mistakes_in(changed(FULL, key, value))
    assert mistake.endswith(f", but found {shown}.")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("protocol.path", "D:\temp\new.log"),
        ("data-dir", "C:\bot"),
        ("mail.ca-file", "C:\rest.pem"),
        ("logwatch.python", "C:\free.exe"),
    ],
)
def test_a_backslash_that_became_another_sign(key: str, value: str) -> None:
    """A lone backslash before some letters is JSON, but no path: it is said how to write it."""
    (mistake,) = mistakes_in(changed(FULL, key, value))
    assert "every backslash written twice, as in C:\\\\data" in mistake


@pytest.mark.parametrize("secret", [4711, "ab\n", True, 0.5])
@pytest.mark.parametrize("key", ["mail.password", "telegram.bot-id", "telegram.proxy"])
def test_even_a_secret_that_is_none_is_not_shown(key: str, secret: object) -> None:
    """A number or a few letters in the place of a secret may be one: only their sort is told."""
    (mistake,) = mistakes_in(changed(FULL, key, secret))
    found = mistake.partition("but found ")[2]
    assert found in ("a number.", "a text.", "true or false.")


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["", "a@b", "auto", "{x}", "{0}", "%s", "4h", "http://", "@x", "~x/y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


def all_keys(model: Any = Config, above: str = "") -> list[str]:
    """The paths of all keys of the configuration."""
    found = []
    schema = config.schema()

    def walk(node: dict[str, Any], path: str) -> None:
        for branch in (node, *node.get("anyOf", ())):
            if "$ref" in branch:
                node = schema["$defs"][branch["$ref"].rpartition("/")[2]]
        for key, each in node.get("properties", {}).items():
            found.append(path + key)
            walk(each, f"{path}{key}.")

    walk(schema, above)
    return found


#: How pydantic, the JSON parser and Python begin or end what they say.
FOREIGN = (
    "pydantic", "validation error", "Input ", "Field required", "Extra inputs", "Value error",
    "should be", "should have", "Unable to", "unable to", "not permitted", "Invalid ", "Expecting",
    "Object ", "List ", "Tuple ", "String ", "Error(", "Traceback",
)  # fmt: skip


def words_of(said: Sentence) -> str:
    """A sentence without what stood in the file: keys and values may be any text."""
    parts = [said.text]
    for name, value in said.values.items():
        if isinstance(value, Sentence):
            parts.append(words_of(value))
        elif name not in ("key", "value"):
            parts.append(str(value))
    return " ".join(parts)


def assert_ours(text: str) -> None:
    """No words of the validating library, the JSON parser or Python are in it."""
    assert [each for each in FOREIGN if each in text] == []


@given(
    st.dictionaries(st.sampled_from(all_keys()) | st.text(min_size=1), JUNK, max_size=6),
    st.sampled_from([FULL, {"mail": MAIL, "telegram": TELEGRAM}, {}]),
)
def test_junk_is_told_in_our_words(junk: dict[str, Any], base: dict[str, Any]) -> None:
    """Whatever stands at the keys: it loads, or is told in our words without secrets."""
    data = json.loads(json.dumps(base))
    for path, value in junk.items():
        *above, last = path.split(".")
        inside = data
        for step in above:
            inside = inside.setdefault(step, {}) if isinstance(inside, dict) else {}
        if isinstance(inside, dict):
            inside[last] = value
    try:
        found = parsed(data, {"SONIXBOT_MAIL_PASSWORD": PASSWORD, "SONIXBOT_BOT_ID": TOKEN})
    except Mistakes as mistakes:
        text = "\n".join(check_sentences(mistakes))
        assert text.encode()
        assert_ours("\n".join(map(words_of, mistakes.mistakes)))
    else:
        text = repr(found)
        assert all(map(str, found.warnings))
        assert isinstance(found.placeholders(), list)
    for secret in SECRETS:
        assert secret not in text


# The file


@pytest.mark.parametrize(
    ("content", "line", "column", "reason"),
    [
        ('{\n  "mail": {}\n  "x": 1}', 3, 3, "comma is missing"),
        ('{"mail": {},}', 1, 12, "one too many"),
        ('{"a": [1,]}', 1, 9, "one too many"),
        ('{"a" 1}', 1, 6, "colon"),
        ("{'a': 1}", 1, 2, "JSON wants double quotes"),
        ('{"a": yes}', 1, 7, "double quotes"),
        ('{"a": "x\n"}', 1, 9, "line where it begins"),
        ('{"a": "x', 1, 7, "closing double quote"),
        ('{"a": "C:\\Sonix"}', 1, 10, "written twice"),
        ('{"a": "C:\\users"}', 1, 10, "written twice"),
        ('{} {"b": 1}', 1, 4, "has ended"),
        ('{\n// note\n"a": 1}', 2, 1, "no comments"),
        ('{"a": 1, # note\n"b": 2}', 1, 10, "no comments"),
        ("", 1, 1, "the file is empty"),
        ("{\"a\": 'YuMO'}", 1, 7, "JSON wants double quotes"),
    ],
)
def test_broken_json_is_told_with_line_and_column(
    tmp_path: Path, content: str, line: int, column: int, reason: str
) -> None:
    """A file that is no JSON is told with line, column and the probable reason."""
    told = problem_with(written(tmp_path, content))
    assert f"config.json is not JSON: line {line}, column " in told
    assert abs(int(told.split("column ")[1].split(":")[0]) - column) <= 1
    assert reason in told
    assert "not what JSON allows" not in told
    assert "Expecting" not in told


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[]", "one JSON object: {…}"),
        ('"text"', "one JSON object: {…}"),
        ('{"a": NaN}', "without sense"),
        ('{"a": ' + "9" * 5000 + "}", "without sense"),
        ("[" * 100_000, "without sense"),
        ("[]" * 1_000_000, "too large"),
        ('{"instrument": "ЮМО"}'.encode("cp1251"), "not in UTF-8 (see line 1)"),
        ('{"mail": {}}'.encode("utf-16"), "not in UTF-8"),
    ],
)
def test_what_is_no_configuration_is_one_sentence(
    tmp_path: Path, content: str | bytes, words: str
) -> None:
    """Other JSON, numbers without sense, other encodings and huge files are one sentence each."""
    assert words in problem_with(written(tmp_path, content))


@given(
    st.binary(max_size=50),
    st.integers(0, 400),
    st.integers(0, 3),
)
def test_a_damaged_file_is_told_without_its_secrets(junk: bytes, at: int, cut: int) -> None:
    """Whatever happened to the file: it loads, or is told without secrets and foreign words."""
    content = json.dumps(FULL).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), content[:at] + junk + content[at + cut :])
        try:
            config.load(path, {})
        except Mistakes as mistakes:
            said = mistakes.mistakes
            check_sentences(mistakes)
        except Problem as problem:
            said = [problem.said]
        else:
            said = []
    assert_ours("\n".join(map(words_of, said)))
    for secret in SECRETS:
        assert secret not in "\n".join(map(str, said))


def test_a_signature_of_windows_is_no_mistake(tmp_path: Path) -> None:
    """A UTF-8 file that begins with a byte order mark loads."""
    path = written(tmp_path, '{"instrument": "ЮМО"}'.encode("utf-8-sig"))
    assert config.load(path, {}).instrument == "ЮМО"


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    """A missing file, a folder in its place and an impossible name are one sentence each."""
    assert "There is no configuration file" in problem_with(tmp_path / "none.json")
    assert "is a folder" in problem_with(tmp_path)
    assert "cannot be read" in problem_with(tmp_path / "\0")
    assert "cannot be read" in problem_with(tmp_path / ("x" * 5000))


def test_the_named_configuration_is_found(tmp_path: Path) -> None:
    """The configuration that was named is loaded; relative paths count from its folder."""
    found = config.find_and_load(str(written(tmp_path, '{"data-dir": "data"}')))
    assert found.source == tmp_path / "config.json"
    assert found.data_dir == tmp_path / "data"


@pytest.mark.process
def test_no_configuration_at_all_is_one_sentence(tmp_path: Path) -> None:
    """Where none is found, the sentence says where to put one; nothing heavy is imported."""
    script = (
        "import sys\n"
        "from sonixbot import config\n"
        "from sonixbot.errors import Problem\n"
        "try: config.find_and_load()\n"
        "except Problem as problem: print(problem)\n"
        "heavy = {'aiogram', 'aiohttp', 'aiosmtplib', 'asyncio', 'regex'} & set(sys.modules)\n"
        "print(sorted(heavy))\n"
    )
    home = {"HOME": str(tmp_path), "PATH": "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=home,
        capture_output=True,
        text=True,
        check=True,
    )
    sentence, heavy = done.stdout.splitlines()
    assert sentence.startswith("There is no configuration. Copy config.example.json from ")
    assert str(tmp_path) in sentence
    assert heavy == "[]"


# The schema


def test_the_committed_schema_is_that_of_the_program() -> None:
    """config.schema.json is what `sonixbot config schema` prints."""
    committed = json.loads((ROOT / "config.schema.json").read_text(encoding="utf-8"))
    assert committed == config.schema()
    assert json.dumps(committed) == json.dumps(config.schema()), "the order of keys differs"


def test_a_configuration_is_known_by_its_keys() -> None:
    """The keys by which a file is recognised are all that may stand at its top."""
    assert set(locations.KEYS) == set(config.schema()["properties"])


def test_the_schema_describes_every_key() -> None:
    """Every key has a description, is kebab-case, and the documented ones come first."""
    schema = config.schema()
    assert list(schema["properties"])[:2] == list(DOCUMENTED)
    for section, model in (("mail", "MailSettings"), ("telegram", "TelegramSettings")):
        keys = list(DOCUMENTED[section])
        assert list(schema["$defs"][model]["properties"])[: len(keys)] == keys
    for node in (schema, *schema["$defs"].values()):
        assert node["description"]
        assert node["additionalProperties"] is False
        for key, each in node["properties"].items():
            assert regex.fullmatch(r"\$?[a-z]+(-[a-z]+)*(-[1-5])?", key)
            told = each if "description" in each else schema["$defs"][each["$ref"][8:]]
            assert told["description"], key
            assert "title" not in each
    for key in ("mail.recipients", "telegram.proxy", "alerts.repeat-interval", "$schema"):
        assert key in all_keys()


def test_the_schema_tells_defaults_as_they_are_typed() -> None:
    """Defaults in the schema are values that may be written into the file."""
    schema = config.schema()
    defaults: dict[str, Any] = {}
    for section, model in (("alerts", "AlertSettings"), ("protocol", "ProtocolSettings")):
        properties = schema["$defs"][model]["properties"].items()
        defaults[section] = {key: each["default"] for key, each in properties if "default" in each}
    assert defaults["alerts"]["repeat-interval"] == "4h"
    assert defaults["alerts"]["morning"] == "08:00"
    assert parsed(defaults).alerts == parsed({}).alerts
    assert parsed(defaults).protocol == parsed({}).protocol
