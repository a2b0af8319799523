"""Instrument: something that writes a protocol, be it simulated or somebody's own replayed."""

from __future__ import annotations

from sonixbot.sandbox.instrument.own import Replay
from sonixbot.sandbox.instrument.protocolfile import Written
from sonixbot.sandbox.instrument.said import LAYOUTS, Said
from sonixbot.sandbox.instrument.simulated import Instrument

__all__ = ["LAYOUTS", "Instrument", "Replay", "Said", "Written"]
