"""Errors on the way to Telegram, translated into what to do about them."""

from __future__ import annotations

import re
from typing import Final

import aiohttp
import aiohttp_socks
from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)

from sonixbot.errors import (
    AddressMoved,
    DeliveryError,
    NeedsRepair,
    Sentence,
    TryLater,
    Undeliverable,
    sentence,
    usual,
)
from sonixbot.messengers.certificates import failed_check
from sonixbot.messengers.telegram_session import UNREACHED

#: Everything that the libraries below raise; a ProxyError of aiohttp-socks is no ClientError.
LIBRARY_ERRORS: Final = (
    AiogramError,
    aiohttp.ClientError,
    aiohttp_socks.ProxyError,
    aiohttp_socks.ProxyConnectionError,
    aiohttp_socks.ProxyTimeoutError,
    OSError,
    UnicodeError,  # of a server's name that cannot be looked up, or an answer that is no text
    DeliveryError,
)
#: Their own words tell that it is the proxy.
_PROXY_ERRORS: Final = (
    aiohttp_socks.ProxyError,
    aiohttp_socks.ProxyConnectionError,
    aiohttp_socks.ProxyTimeoutError,
)
_PROXY_LOGIN: Final = re.compile(r"authenti|\b407\b|credential", re.IGNORECASE)


def translate(error: Exception, token: str) -> DeliveryError:
    """What an error of the libraries means for a message; its reason does not show `token`."""
    if isinstance(error, DeliveryError):
        return error
    if isinstance(error, ClientDecodeError | UnicodeDecodeError):
        return TryLater(
            sentence("What answers in Telegram's place is no Bot API. Check telegram.api-url."),
            unknown=True,
        )
    if isinstance(error, TelegramNetworkError) and not isinstance(error, TelegramEntityTooLarge):
        return _no_answer(error.__cause__ or error, token)
    if isinstance(error, TelegramAPIError):
        return _refused(error)
    return _no_answer(error, token)


def _refused(error: TelegramAPIError) -> DeliveryError:
    """The meaning of an answer (https://core.telegram.org/bots/api#making-requests)."""
    answer = answer_of(error)
    match error:
        case TelegramRetryAfter():
            reason = sentence("Telegram asks to wait {seconds} s.", seconds=error.retry_after)
            return TryLater(reason, after=float(error.retry_after))
        case TelegramMigrateToChat():
            number = str(error.migrate_to_chat_id)
            reason = sentence("The group became a supergroup with the id {number}.", number=number)
            return AddressMoved(reason, number)
        case TelegramUnauthorizedError():
            return NeedsRepair(sentence("Telegram refuses the bot's token. Check telegram.bot-id."))
        case TelegramNotFound():
            return NeedsRepair(
                sentence(
                    "Telegram does not know this bot or this request ({answer}). "
                    "Check telegram.bot-id and telegram.api-url.",
                    answer=answer,
                )
            )
        case TelegramConflictError():
            return TryLater(
                sentence(
                    "Another program reads this bot's messages at the same time. "
                    "Stop it or give it a bot of its own ({answer}).",
                    answer=answer,
                )
            )
        case TelegramBadRequest() if "chat not found" in answer:
            return Undeliverable(
                sentence(
                    "Telegram knows no such chat, or the bot is not in it. "
                    "Check telegram.channel-id."
                )
            )
        case TelegramBadRequest() | TelegramForbiddenError() | TelegramEntityTooLarge():
            return Undeliverable(sentence("Telegram refuses this: {answer}.", answer=answer))
    # A gateway's error does not tell whether the request got through before.
    unknown = isinstance(error, TelegramServerError) and "gateway" in answer.lower()
    return TryLater(
        sentence("Telegram has a trouble of its own: {answer}.", answer=answer), unknown=unknown
    )


def _no_answer(error: BaseException, token: str) -> DeliveryError:
    """The meaning of a request that brought no answer."""
    why: Sentence | str = (raw := _scrubbed(error, token))
    if certificate := failed_check(error):
        return NeedsRepair(
            sentence(
                "The certificate of Telegram's server is not trusted ({why}). If the way leads "
                "over an own server or proxy, name its authority in telegram.ca-file.",
                why=certificate,
            )
        )
    if isinstance(error, aiohttp.InvalidURL | UnicodeError):
        return NeedsRepair(sentence("The address of the Bot API is none. Check telegram.api-url."))
    if "WRONG_VERSION_NUMBER" in raw or "HTTP_REQUEST" in raw:
        return NeedsRepair(
            sentence(
                "The Bot API there does not speak TLS. Check telegram.api-url ({why}).", why=why
            )
        )
    if isinstance(error, aiohttp_socks.ProxyError) and _PROXY_LOGIN.search(raw):
        return NeedsRepair(
            sentence("The proxy refuses the login. Check telegram.proxy ({why}).", why=why)
        )
    why = (None if isinstance(error, _PROXY_ERRORS) else usual(error)) or why
    if isinstance(error, UNREACHED):
        return TryLater(sentence("Telegram cannot be reached: {why}.", why=why))
    return TryLater(sentence("Telegram did not answer: {why}.", why=why), unknown=True)


def answer_of(error: TelegramAPIError) -> str:
    """Telegram's own words, to stand within a sentence."""
    return error.message.partition("\n")[0].rstrip(" .")


def _scrubbed(error: BaseException, token: str) -> str:
    """The error's words without the token, nor the password of a proxy's URL."""
    words = str(error) or type(error).__name__
    secret = token.partition(":")[2] or token
    words = words.replace(token, "…").replace(secret, "…")
    return re.sub(r"//[^/@\s]+@", "//…@", words).rstrip(" .")
