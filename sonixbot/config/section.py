"""Section: what every JSON object of the configuration has in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict

from sonixbot.config.values import ExpectationError
from sonixbot.errors import Sentence


def kebab(name: str) -> str:
    """The key in the file for a name in the program."""
    return name.replace("_", "-")


class Section(BaseModel):
    """A JSON object of the configuration."""

    model_config = ConfigDict(
        alias_generator=kebab, extra="forbid", frozen=True, hide_input_in_errors=True
    )


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_Several = TypeVar("_Several", bound="tuple[_Named, ...]")


def named_once(twice: Callable[[str], Sentence]) -> AfterValidator:
    """What refuses a list in which two have one name, as nobody could tell them apart.

    `twice` says what is expected where this name comes twice.
    """

    def check(several: _Several) -> _Several:
        names = [each.name.lower() for each in several]
        for each in several:
            if names.count(each.name.lower()) > 1:
                raise ExpectationError(twice(each.name))
        return several

    return AfterValidator(check)
