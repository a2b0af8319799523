"""Settings: the whole configuration as the program sees it, checked and frozen."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr

from sonixbot import locations
from sonixbot.config.addresses import PLACEHOLDERS, is_loopback, proxy_passwords
from sonixbot.config.section import Section
from sonixbot.config.sections import (
    AlertSettings,
    LogwatchSettings,
    MailSettings,
    ProtocolSettings,
    TelegramSettings,
)
from sonixbot.config.values import FolderPath, LanguageCode, Line, Zone
from sonixbot.errors import Sentence, sentence
from sonixbot.language import FALLBACK


class Config(Section):
    """The configuration of sonixbot on one instrument."""

    mail: MailSettings | None = Field(None, description="Sending by e-mail.")
    telegram: TelegramSettings | None = Field(None, description="Sending to Telegram.")
    instrument: Line = Field(
        default_factory=lambda: platform.node() or "instrument",
        description="Name of the instrument, shown in every message and mail subject. Without it:"
        " the computer's name.",
    )
    language: LanguageCode = Field(
        FALLBACK,
        description="Language of the channel and of mails. In chats everybody is answered in their"
        " own.",
    )
    time_zone: Zone | None = Field(
        None,
        description="Time zone of the times in the protocol and in commands. Without it: the"
        " computer's.",
    )
    protocol: ProtocolSettings = Field(
        default_factory=ProtocolSettings, description="The measurement protocol."
    )
    alerts: AlertSettings = Field(
        default_factory=AlertSettings, description="What is pushed, and how often."
    )
    logwatch: LogwatchSettings = Field(
        default_factory=LogwatchSettings, description="The Sonix+ device bot/logwatch.py."
    )
    data_dir: FolderPath = Field(
        default_factory=lambda: Path(locations.data_dir()),
        description="Folder of the bot's own data, on a local disk. Without it: a folder of the"
        " user's own.",
    )
    inbox: FolderPath = Field(
        default_factory=lambda data: data.get("data_dir", Path()) / "inbox",
        description="Folder in which scripts leave their messages; it may be on a network share."
        " Without it: inbox in data-dir.",
    )
    schema_location: Any = Field(
        None,
        alias="$schema",
        description="Where an editor finds this description.",
        repr=False,
        json_schema_extra={"type": "string"},
    )
    _source: Path = PrivateAttr()

    def model_post_init(self, context: dict[str, Path]) -> None:
        """Remember the file that it comes from."""
        self._source = context["source"]

    @property
    def source(self) -> Path:
        """The file that it comes from."""
        return self._source

    @property
    def zone(self) -> tzinfo | None:
        """The zone of the protocol's times; None: the computer's."""
        return ZoneInfo(self.time_zone) if self.time_zone else None

    def secrets(self) -> tuple[str, ...]:
        """Everything that must not be written anywhere."""
        found = []
        if self.telegram:
            found += [self.telegram.bot_id.get_secret_value()]
            found += proxy_passwords(self.telegram.proxy)
        if self.mail and self.mail.password:
            found += [self.mail.password.get_secret_value()]
        return tuple(filter(None, found))

    def placeholders(self) -> list[str]:
        """The keys that still hold the value of the documented example."""
        return [
            key
            for key, value in self._destinations()
            if value in PLACEHOLDERS.get(key.partition("[")[0], ())
        ]

    def _destinations(self) -> Iterator[tuple[str, str]]:
        if self.mail:
            if self.mail.password:
                yield "mail.password", self.mail.password.get_secret_value()
            for index, address in enumerate(self.mail.recipients):
                yield f"mail.recipients[{index}]", address
        if self.telegram:
            yield "telegram.bot-id", self.telegram.bot_id.get_secret_value()
            yield "telegram.channel-id", self.telegram.channel_id

    @property
    def warnings(self) -> tuple[Sentence, ...]:
        """What is allowed, but probably not meant."""
        return tuple(self._warnings())

    def _warnings(self) -> Iterator[Sentence]:
        file = self.source
        if not self.mail and not self.telegram:
            yield sentence(
                '{file}: there is neither "mail" nor "telegram", so nothing can be sent.',
                file=file,
            )
        if self.mail and self.mail.user and not self.mail.login:
            yield sentence(
                "{file}: mail.user has no mail.password, so mail is sent without login.", file=file
            )
        for url in self.telegram.api_url if self.telegram else ():
            if url.startswith("http:") and not is_loopback(url):
                yield sentence(
                    "{file}: telegram.api-url {url} is not encrypted: whoever is on the way can"
                    " read the token. Use https, or a server on this computer.",
                    file=file,
                    url=url,
                )
