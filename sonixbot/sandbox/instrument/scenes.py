"""Scenes: the complex starts, a script measures, things break and are mended."""

from __future__ import annotations

from typing import Final

from sonixbot.sandbox.instrument import faults, network, ordinary
from sonixbot.sandbox.instrument.beam_faults import COUNTERS
from sonixbot.sandbox.instrument.faults import Fault
from sonixbot.sandbox.instrument.sorts import Sort, drawn
from sonixbot.sandbox.instrument.stage import Deck, Scene, Stage

#: How many errors a storm has.
STORM: Final = 150

Seconds = tuple[float, float]


def samples(it: Stage, first: int) -> Scene:
    """All samples of the changer are measured, from this one on."""
    its = it.measurement
    for number in range(first, its.samples + 1):
        its.sample = number
        it.say(ordinary.SAMPLE_MOVED)
        yield it.between(6, 12)
        for exposure in (1, 2, 3):
            its.exposure = exposure
            yield from _expose(it)
        it.say(ordinary.SAMPLE_DONE if number < its.samples else ordinary.ALL_DONE)
        yield it.between(3, 8)


def _expose(it: Stage) -> Scene:
    """A spectrum is measured, as long as it takes while there are neutrons and a detector."""
    its = it.measurement
    while its.holds:
        yield 5.0
    its.had, its.seconds, its.rate = 0.0, it.between(290, 370), it.random.gauss(4120, 30)
    its.exposing = True
    if its.exposure == 1:
        it.say(ordinary.EXPOSURE_STARTED)
    while its.had < its.seconds:
        step = min(15.0, its.seconds - its.had)
        yield step
        its.had += 0.0 if its.holds else step
    its.exposing = False
    its.spectrum += 1
    it.say(ordinary.EXPOSURE_DONE)
    yield it.between(2, 5)


def script(it: Stage, *, first: int = 1, again: bool = False) -> Scene:
    """A script measures its samples, by night at one temperature after another until morning."""
    its = it.measurement
    its.running, its.sample, its.line = True, first, it.random.randint(12, 30)
    it.say(ordinary.SCRIPT_AGAIN if again else ordinary.SCRIPT_STARTED)
    yield it.between(2, 4)
    yield from samples(it, first)
    while it.night:
        its.setpoint += 5.0
        it.say(ordinary.SETPOINT)
        yield it.between(240, 420)
        yield from samples(it, 1)
    its.running, its.setpoint = False, 20.0
    it.say(ordinary.SCRIPT_FINISHED)


def chatter(it: Stage, sorts: Deck[Sort], gap: Seconds, lasts: float = float("inf")) -> Scene:
    """Harmless lines, so many seconds apart; fewer by night."""
    end = it.now + lasts
    while it.now < end:
        yield it.between(120, 300) if it.night and lasts == float("inf") else it.between(*gap)
        it.say(sorts.draw(lambda sort: _may_be_said(it, sort)))


def _may_be_said(it: Stage, sort: Sort) -> bool:
    needs_neutrons = sort in ordinary.MEASURING
    return not it.silent[sort.source] and (it.measurement.counting or not needs_neutrons)


def trouble(it: Stage, fault: Fault, lasts: Seconds | None = None, **given: object) -> Scene:
    """Something breaks, complains, perhaps again and again, and is mended."""
    shared = drawn(fault.shared, it.random, given)
    devices = {each.source.format_map(shared) for each in (*fault.sorts, fault.over)}
    devices.update(fault.silences)
    its = it.measurement
    its.holds += fault.holds
    it.silent.update(devices)
    for place, sort in enumerate(fault.sorts):
        if place:
            yield it.between(8, 12)
        it.say(sort, **shared)
    yield it.between(*(lasts or fault.lasts))
    it.say(fault.over, **shared)
    it.silent.subtract(devices)
    its.holds -= fault.holds


def overheating(it: Stage) -> Scene:
    """The thermostat's temperature runs away: warnings more and more urgent, then the alarm."""
    away = it.measurement.setpoint
    it.silent["LAUDA"] += 1
    for sort, more in (
        (faults.DRIFTS, 0.8),
        (faults.DRIFTS, 1.3),
        (faults.OUT_OF_TOLERANCE, 2.4),
        (faults.OUT_OF_TOLERANCE, 4.1),
        (faults.OVERHEATED, 7.5),
    ):
        it.say(sort, reading=away + more + it.between(-0.2, 0.2))
        yield it.between(3.5, 5)
    yield it.between(60, 120)
    it.say(faults.IN_TOLERANCE)
    it.silent["LAUDA"] -= 1


def storm(it: Stage) -> Scene:
    """The switch of the hall dies for a minute: in six seconds everything on it complains."""
    devices = {*COUNTERS, *(each.source for each in network.LOST)}
    it.measurement.holds += 1
    it.silent.update(devices)
    sorts = it.random.sample(network.LOST, len(network.LOST))
    again = it.random.choices(network.LOST, k=STORM - 1 - len(sorts))
    said = [network.SWITCH, *sorts, *again]
    while said:
        together = it.random.randint(5, 9)
        for sort in said[:together]:
            it.say(sort)
        del said[:together]
        yield it.between(0.15, 0.32)
    yield it.between(35, 60)
    for sort in network.BACK:
        it.say(sort)
        yield it.between(0.5, 2)
    it.silent.subtract(devices)
    it.measurement.holds -= 1
