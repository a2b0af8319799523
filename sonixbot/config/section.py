"""Section: what every JSON object of the configuration has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


def kebab(name: str) -> str:
    """The key in the file for a name in the program."""
    return name.replace("_", "-")


class Section(BaseModel):
    """A JSON object of the configuration."""

    model_config = ConfigDict(
        alias_generator=kebab, extra="forbid", frozen=True, hide_input_in_errors=True
    )
