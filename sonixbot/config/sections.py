"""Sections: the parts of the configuration as the program sees them, checked and frozen.

Keys of the file are the names here in kebab-case. The description of a key is what its user
reads in the editor, by way of the JSON schema.
"""

from __future__ import annotations

import re
from ipaddress import ip_address

from pydantic import ConfigDict, Field, SecretStr

from sonixbot.config import patterns
from sonixbot.config.addresses import (
    Address,
    Addresses,
    ApiUrls,
    Channel,
    Password,
    Port,
    Proxies,
    Security,
    Server,
    Token,
    Topic,
    User,
    Users,
)
from sonixbot.config.section import Section
from sonixbot.config.teaching import Teachings
from sonixbot.config.values import (
    Duration,
    Encoding,
    Expressions,
    FilePath,
    FilePattern,
    Flag,
    Layout,
    Level,
    Program,
)
from sonixbot.language import HOUR, MINUTE


class Patterns(Section):
    """What the protocol says when a measurement script starts, ends or waits."""

    started: Expressions = Field(
        patterns.STARTED, description="Expressions for: a script was started or goes on."
    )
    finished: Expressions = Field(
        patterns.FINISHED, description="Expressions for: a script came to its end or was stopped."
    )
    paused: Expressions = Field(
        patterns.PAUSED, description="Expressions for: a script or an exposure was suspended."
    )


class ProtocolSettings(Section):
    """The measurement protocol: where it is and how it is read."""

    path: FilePattern | None = Field(
        None,
        description="The protocol that Sonix+ writes: a file, or a pattern (*, ?) whose newest"
        " file is the working protocol. Without it the bot only forwards the messages of scripts."
        " Write / or \\\\ in paths of Windows.",
    )
    format: Layout = Field(
        "auto",
        description="How a line is read: auto finds it out; or the name of a built-in layout; or"
        " an own layout. `sonixbot protocol FILE` shows what comes of it.",
    )
    encoding: Encoding = Field(
        "auto",
        description="Encoding of the protocol; auto finds it out for every line. UTF-16 is not"
        " among those that can be read.",
    )
    patterns: Patterns = Field(
        default_factory=Patterns,
        description="What tells that a script was started, finished or paused: regular expressions"
        " that are searched in the text of a message, whatever the case; a named group"
        " (?P<script>…) finds the script's name. A list given here replaces the built-in one.",
    )


class MailSettings(Section):
    """How mail is sent, and to whom."""

    user: User = Field(
        "", description="Name for the login at the mail server. Missing or empty: no login."
    )
    password: Password | None = Field(
        None,
        description="Password for the login. Safer places for it, which also win over this key:"
        " the environment variable SONIXBOT_MAIL_PASSWORD, then the file of mail.password-file.",
    )
    port: Port = Field(
        25, description="Port of the mail server: 25, 587 (STARTTLS) or 465 (TLS) as a rule."
    )
    server: Server = Field(description="The mail server.", examples=["smtp.nf.jinr.ru"])
    recipients: Addresses = Field(description="The addresses that get the mails.")
    sender: Address | None = Field(
        None,
        description="From address. Without it: mail.user if that is an address, else mail.user or"
        " sonix-bot at the domain of mail.server.",
    )
    security: Security = Field(
        "auto",
        description="auto: TLS at port 465, else STARTTLS where the server offers it; the password"
        " goes over an encrypted connection only. starttls, tls: this or no mail. none: never"
        " encrypted, the password is sent in the clear.",
    )
    verify: Flag = Field(
        default=True,
        description="Whether the certificate of the mail server is checked. With false anyone on"
        " the way can pose as the server and read the password; mail.ca-file is the better way.",
    )
    ca_file: FilePath | None = Field(
        None, description="Certificates (PEM) of an own authority that signed the mail server's."
    )
    password_file: FilePath | None = Field(
        None, description="A file with nothing but the password; wins over mail.password."
    )

    @property
    def from_address(self) -> str:
        """The address that mails come from."""
        if self.sender or "@" in self.user:
            return self.sender or self.user
        name = re.sub(r"[^A-Za-z0-9._+-]", "", self.user.rpartition("\\")[2]) or "sonix-bot"
        return f"{name}@{_domain(self.server)}"

    @property
    def login(self) -> tuple[str, SecretStr] | None:
        """User and password; None where mail is sent without login."""
        if not self.user or not self.password or not self.password.get_secret_value():
            return None
        return self.user, self.password


def _domain(server: str) -> str:
    """The mail domain that a server probably belongs to."""
    try:
        address = ip_address(server)
    except ValueError:
        shorter = re.sub(r"^(smtp|mail)\.", "", server, flags=re.IGNORECASE)
        return shorter if "." in shorter else server
    # RFC 5321, 4.1.3: an address in the place of a domain
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"


class TelegramSettings(Section):
    """The Telegram bot, its channel and who may command it."""

    # An editor must not ask for a bot-id that comes from the environment or a file.
    model_config = ConfigDict(json_schema_extra={"required": ["channel-id"]})

    bot_id: Token = Field(
        description="The bot's whole token, as @BotFather gave it. Safer places for it, which also"
        " win over this key: the environment variable SONIXBOT_BOT_ID, then the file of"
        " telegram.bot-id-file."
    )
    channel_id: Channel = Field(
        description="The channel or group that gets the messages: its number, which begins with"
        " -100, or its public @name. The bot must be an administrator of the channel."
    )
    thread_id: Topic | None = Field(
        None, description="The topic of a group with topics that gets the messages."
    )
    operators: Users = Field(
        (),
        description="Users who may act, such as mute alerts, by their number, which the bot answers"
        " to /id.",
    )
    admins: Users = Field(
        default_factory=lambda data: data.get("operators", ()),
        description="Users who may act and also let others act. Without it: the operators.",
    )
    viewers: Users = Field((), description="Users who may ask, but not act.")
    api_url: ApiUrls = Field(
        (),
        description="Address of an own or reverse-proxied Bot API in place of Telegram's own,"
        " without /bot… at its end; one, or a list that is tried in order.",
    )
    proxy: Proxies = Field(
        (),
        description="A SOCKS5, SOCKS4 or HTTP proxy to reach Telegram through; one, or a list that"
        " is tried in order.",
    )
    ca_file: FilePath | None = Field(
        None, description="Certificates (PEM) of an own authority that signed that of the Bot API."
    )
    bot_id_file: FilePath | None = Field(
        None, description="A file with nothing but the token; wins over telegram.bot-id."
    )


class Push(Section):
    """What is pushed one way: of each kind the messages up to a level, 1 the most important."""

    error_max_level: Level = Field(
        5, description="Errors from level 1 to this level are sent; 0: none."
    )
    warning_max_level: Level = Field(
        1, description="Warnings from level 1 to this level are sent; 0: none."
    )
    user_max_level: Level = Field(
        0, description="Messages of the user from level 1 to this level are sent; 0: none."
    )
    info_max_level: Level = Field(
        0, description="Information from level 1 to this level is sent; 0: none."
    )


class AlertSettings(Section):
    """What is pushed, and how often."""

    telegram: Push = Field(default_factory=Push, description="What goes to the Telegram channel.")
    mail: Push = Field(default_factory=Push, description="What goes to the mail recipients.")
    repeat_interval: Duration = Field(
        4 * HOUR,
        description="While an error goes on, at most one mail about it in this time.",
        json_schema_extra={"default": "4h"},
    )
    quiet_time: Duration = Field(
        30 * MINUTE,
        description="An error that comes again after so long without it is a new post.",
        json_schema_extra={"default": "30m"},
    )
    rules: Teachings = Field(
        default_factory=tuple,
        description="What is one incident and what becomes of it: a list of rules, of which the"
        " first one that fits a message decides. `sonixbot protocol FILE` shows their effect.",
    )


class LogwatchSettings(Section):
    """The Sonix+ device bot/logwatch.py."""

    python: Program | None = Field(
        None,
        description="The Python that has sonixbot installed, where it is not the one that runs"
        " logwatch.",
    )
