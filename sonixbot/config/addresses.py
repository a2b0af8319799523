"""Addresses: of people, chats, servers and proxies in the configuration, and the keys to them."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Final, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import AfterValidator, SecretStr

from sonixbot.config.values import TEXT, Items, JsonSchema, Rule, line, require
from sonixbot.errors import sentence

#: What the documented example holds in place of real values: it loads, but nothing can be sent.
PLACEHOLDERS: Final = {
    "mail.password": ("your_password",),
    "mail.recipients": ("somebody@mail_address", "another_if_neccessary@mail_addres"),
    "telegram.bot-id": ("your_telegram_bot_id",),
    "telegram.channel-id": ("telegram channel_id",),
}

_NUMBER: Final[JsonSchema] = {"anyOf": [{"type": "integer", "minimum": 1}, TEXT]}
#: Shorter parts of an address are words, longer ones may be keys.
_LONG_PART: Final = 12
_SECRET: Final[JsonSchema] = {"type": "string", "writeOnly": True}


def _address(value: object) -> str:
    text = line(value)
    require(re.fullmatch(r'[^\s@,;<>"]+@[^\s@,;<>"]+', text))
    return text


def _unique(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Each address once, as each gets one mail."""
    return tuple(dict.fromkeys(addresses))


def _port(value: object) -> int:
    port = value if isinstance(value, int) and not isinstance(value, bool) else 0
    require(0 < port < 2**16)
    return port


def _host(name: str) -> str:
    """The name; raises ValueError for one that cannot be looked up, such as `a..b`."""
    name.encode("idna")
    return name


def _server(value: object) -> str:
    text = line(value)
    if not re.fullmatch(r"[\w.-]+", text):
        ip_address(text)  # IPv6 alone has other signs; raises ValueError for anything else
    return _host(text)


def _security(value: object) -> object:
    require(value in ("auto", "none", "starttls", "tls"))
    return value


def _user(value: object) -> str:
    """A login name; an empty one means no login."""
    return "" if value == "" else line(value)


def _password(value: object) -> SecretStr:
    require(isinstance(value, str) and value.isprintable())
    return SecretStr(str(value))


def _token(value: object) -> SecretStr:
    text = line(value)
    known = text in PLACEHOLDERS["telegram.bot-id"]
    require(known or re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", text))
    return SecretStr(text)


def _number(value: object) -> int:
    """A whole number, written as a number or as text."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value.strip()):
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 10**18:
        raise ValueError
    return value


def _positive(value: object) -> int:
    number = _number(value)
    require(number > 0)
    return number


def _channel(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if text in PLACEHOLDERS["telegram.channel-id"] or re.fullmatch(r"@[A-Za-z][A-Za-z0-9_]*", text):
        return text
    number = _number(value)
    require(number)
    return str(number)


def _url(text: str) -> SplitResult:
    parts = urlsplit(text)  # raises ValueError for a broken IPv6 address
    # Asking for the port raises ValueError for one beyond 65535.
    require(" " not in text and _host(parts.hostname or "") and parts.port != 0)
    require(not parts.query and not parts.fragment)
    return parts


def _api_url(value: object) -> str:
    text = line(value).rstrip("/")
    parts = _url(text)
    require(parts.scheme in ("http", "https") and "@" not in parts.netloc)
    require(not re.search(r"/bot[^/]*$", parts.path))
    return text


def _proxy(value: object) -> SecretStr:
    text = line(value)
    parts = _url(text)
    require(parts.scheme in ("socks5", "socks5h", "socks4", "http") and parts.port)
    require(parts.path in ("", "/"))
    # The "h" asks for what is always done: names are resolved behind the proxy.
    return SecretStr(re.sub("^socks5h:", "socks5:", text, flags=re.IGNORECASE).rstrip("/"))


def _ping_url(value: object) -> SecretStr:
    text = line(value)
    parts = urlsplit(text)
    # Asking for the port raises ValueError for one beyond 65535.
    require(" " not in text and _host(parts.hostname or "") and parts.port != 0)
    require(parts.scheme in ("http", "https") and "#" not in text)
    return SecretStr(text)


def ping_secrets(url: str) -> list[str]:
    """What of an address to ping lets others ping it: all of it, and what may be quoted alone.

    Short parts of its path are words of its service, and stay readable everywhere else.
    """
    parts = urlsplit(url)
    found = [
        url,
        parts.path,
        parts.password or "",
        *re.split(r"[/&=]", parts.path + "/" + parts.query),
    ]
    return [each for each in found if len(each) >= _LONG_PART]


def proxy_passwords(proxies: tuple[SecretStr, ...]) -> list[str]:
    """The passwords in the addresses of proxies, as they stand there and decoded."""
    written = [urlsplit(each.get_secret_value()).password or "" for each in proxies]
    return written + [unquote(each) for each in written]


def is_loopback(url: str) -> bool:
    """Whether an address leads to this computer alone."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


Address = Annotated[
    str,
    Rule(
        _address, sentence('a mail address such as "name@nf.jinr.ru"'), {**TEXT, "pattern": ".@."}
    ),
]
Addresses = Annotated[
    tuple[Address, ...],
    Items(sentence("a list of mail addresses, at least one"), least=1),
    AfterValidator(_unique),
]
Port = Annotated[
    int,
    Rule(
        _port,
        sentence("the number of a port, from 1 to 65535"),
        {"type": "integer", "minimum": 1, "maximum": 2**16 - 1},
    ),
]
Server = Annotated[
    str,
    Rule(
        _server,
        sentence('the name of a mail server without its port, such as "smtp.nf.jinr.ru"'),
        {**TEXT, "examples": ["smtp.nf.jinr.ru"]},
    ),
]
Security = Annotated[
    Literal["auto", "none", "starttls", "tls"],
    Rule(
        _security,
        sentence('"auto", "none", "starttls" or "tls"'),
        {"enum": ["auto", "none", "starttls", "tls"]},
    ),
]
User = Annotated[str, Rule(_user, sentence("a user name in one line"), {"type": "string"})]
Password = Annotated[SecretStr, Rule(_password, sentence("a password in one line"), _SECRET)]
Token = Annotated[
    SecretStr,
    Rule(
        _token,
        sentence("the whole token that @BotFather gave: a number, a colon, letters and digits"),
        _SECRET,
    ),
]
Channel = Annotated[
    str,
    Rule(
        _channel,
        sentence('the number of a channel, such as -1001234567890, or its name, such as "@yumo"'),
        {"anyOf": [{"type": "integer"}, TEXT], "examples": [-1001234567890, "@yumo"]},
    ),
]
Topic = Annotated[int, Rule(_positive, sentence("the number of a topic"), _NUMBER)]
Users = Annotated[
    tuple[
        Annotated[
            int,
            Rule(
                _positive,
                sentence("the number of a Telegram user, as the bot answers to /id"),
                _NUMBER,
            ),
        ],
        ...,
    ],
    Items(sentence("a list of numbers of Telegram users")),
]
ApiUrls = Annotated[
    tuple[
        Annotated[
            str,
            Rule(
                _api_url,
                sentence(
                    "an address that begins with https:// or http://,"
                    " without a user, a password and /bot… at its end"
                ),
                {**TEXT, "examples": ["https://telegram.example.org"]},
            ),
        ],
        ...,
    ],
    Items(sentence("an address or a list of addresses"), lone=True),
]
PingUrl = Annotated[
    SecretStr,
    Rule(
        _ping_url,
        sentence('an address that begins with https:// or http://, such as "https://host/key"'),
        {**_SECRET, "examples": ["https://hc-ping.com/your-uuid-here"]},
    ),
]
Proxies = Annotated[
    tuple[
        Annotated[
            SecretStr,
            Rule(
                _proxy,
                sentence(
                    "the address of a proxy with its port,"
                    ' such as "socks5://user:password@host:1080" or "http://host:3128"'
                ),
                {**_SECRET, "examples": ["socks5://user:password@host:1080", "http://host:3128"]},
            ),
        ],
        ...,
    ],
    Items(sentence("the address of a proxy or a list of them"), lone=True),
]
