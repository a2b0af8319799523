"""Story: what the simulated instrument lives through, hour by hour.

Pure: a seed and a start give the same run. Six hours before the start the complex was loaded; at
the start a scene begins that is worth being watched for three minutes; then comes everyday life.
"""

from __future__ import annotations

from datetime import tzinfo
from functools import partial
from random import Random
from typing import Final

from sonixbot.sandbox.instrument import beam_faults, computer_faults, faults, ordinary, scenes
from sonixbot.sandbox.instrument.faults import Fault
from sonixbot.sandbox.instrument.sorts import near
from sonixbot.sandbox.instrument.stage import Deck, Measurement, Scene, Stage

#: Seconds of history before the start.
HISTORY: Final = 6 * 3600.0
#: Seconds that the opening takes.
OPENING: Final = 180.0

#: What went wrong in the history, and when, in seconds after the complex was loaded.
_LONG_AGO: Final = (
    (4100.0, Fault((faults.COM3, faults.COM3), faults.COM3_BACK)),
    (9300.0, Fault((beam_faults.PHASE,), beam_faults.IN_PHASE)),
    (15200.0, Fault((computer_faults.NOT_CONVERTED,), computer_faults.CONVERTED)),
)
#: What may go wrong on any day.
_FAULTS: Final = (
    *faults.SAMPLE_FAULTS,
    *beam_faults.BEAM_FAULTS,
    *computer_faults.COMPUTER_FAULTS,
)
_DAY_SCRIPTS: Final = ("lysozyme_T.py", "AgBeh_calib.py", "kinetics_PS.py", "ferrofluid_H.py")
_NIGHT_SCRIPTS: Final = ("night_SiO2.py", "night_PS_D2O.py")
#: The axis that sticks in the opening.
_FIRST: Final = "P1_beta"


class Story(Stage):
    """The instrument's life; `start` is when somebody begins to watch."""

    def __init__(
        self, random: Random, language: str, start: float, zone: tzinfo | None = None
    ) -> None:
        super().__init__(random, language, start - HISTORY, zone)
        self._axes = Deck(ordinary.AXES, random)
        self._faults = Deck(_FAULTS, random)
        self._crashes = Deck(computer_faults.CRASHES, random)
        self._ordinary = Deck((*ordinary.MEASURING, *ordinary.ANY_TIME), random)
        self._scripts = {True: Deck(_NIGHT_SCRIPTS, random), False: Deck(_DAY_SCRIPTS, random)}
        self._script: Scene | None = None
        self.begin(self._boot(100, 200))
        for after, fault in _LONG_AGO:
            self.begin(scenes.trouble(self, fault), after + self.between(-900, 900))
        self._open(HISTORY)
        self.begin(self._everyday(), HISTORY + OPENING)

    def motor(self) -> None:
        """A motor sticks now, or runs into its limit switch."""
        fault = Fault((faults.STUCK,), faults.REACHED, faults.AN_AXIS, (20.0, 60.0))
        if self.random.random() < 0.25:
            fault = Fault((faults.AT_LIMIT,), faults.OFF_LIMIT, faults.AN_AXIS, (20.0, 60.0))
        self.begin(scenes.trouble(self, fault, axis=self._axes.draw()))

    def thermostat(self) -> None:
        """The thermostat drifts from now on."""
        self.begin(scenes.overheating(self))

    def storm(self) -> None:
        """The network dies now."""
        self.begin(scenes.storm(self))

    def unload(self) -> None:
        """The complex ends now, and with it everything that was going on."""
        self.clear()
        self.measurement = Measurement(spectrum=self.measurement.spectrum)
        self.begin(self._unloading())

    def load(self) -> None:
        """The complex starts now; some time later the script does."""
        self.begin(self._boot(15, 25))
        self.begin(self._everyday(), 120)

    def _unloading(self) -> Scene:
        self.say(ordinary.UNLOADING)
        yield from ()

    def _boot(self, least: float, most: float) -> Scene:
        """The modules are loaded; a script is started after so many seconds."""
        self.say(ordinary.LOADED)
        for sort in ordinary.READY:
            yield self.between(0.2, 1)
            self.say(sort)
        self.say(ordinary.NOT_RUNNING)
        self.begin(scenes.chatter(self, self._ordinary, (20, 60)))
        self.begin(self._thermometer())
        yield self.between(least, most)
        self._run_script()

    def _thermometer(self) -> Scene:
        """The temperature, every few minutes."""
        while True:
            yield self.between(240, 600) if self.night else self.between(120, 240)
            if not self.silent["LAUDA"]:
                self.say(ordinary.TEMPERATURE)

    def _run_script(self) -> None:
        self.measurement.script = self._scripts[self._evening].draw()
        self._script = self.begin(self._scripts_in_turn())

    @property
    def _evening(self) -> bool:
        """Whether a script that starts now is to run until morning."""
        return self.night or self.wall(self.now).hour >= 18

    def _scripts_in_turn(self, *, first: int = 1, again: bool = False) -> Scene:
        """A script, and after some minutes, in which people change the samples, the next one."""
        yield from scenes.script(self, first=first, again=again)
        yield self.between(240, 600)
        self._run_script()

    def _crash(self, least: float, most: float) -> Scene:
        """The script ends with a traceback; the operator mends it and starts it again."""
        its = self.measurement
        if self._script is not None:
            self._script.close()
        its.running = its.exposing = False
        self.say(self._crashes.draw(), line=its.line + self.random.randint(1, 20))
        yield self.between(least, most)
        self._script = self.begin(self._scripts_in_turn(first=its.sample, again=True))

    def _everyday(self) -> Scene:
        """Now and then something goes wrong, seldom by night."""
        while True:
            yield self.between(3600, 7200) if self.night else self.between(300, 900)
            if not self.measurement.running:
                continue
            if not self.night and self.random.random() < 0.1:
                yield from self._crash(60, 180)
            else:
                yield from scenes.trouble(self, self._faults.draw())

    def _open(self, after: float) -> None:
        """What happens in the opening, in seconds from its beginning."""
        beam, voltage = beam_faults.BEAM_LOSS, beam_faults.VOLTAGE_TRIP
        warm = Fault((faults.OUT_OF_TOLERANCE,), faults.IN_TOLERANCE)
        stuck = Fault((faults.STUCK,) * 3, faults.REACHED, {"asked": near(0.8, 0.4)})
        trouble = partial(scenes.trouble, self)
        for seconds, scene in (
            (0, self._prelude()),
            (6, trouble(stuck, lasts=(5, 7), axis=_FIRST)),
            (25, trouble(warm, lasts=(45, 60))),
            (45, self._crash(11, 13)),
            (75, trouble(beam, lasts=(20, 24), wait=10)),
            (110, trouble(voltage, lasts=(24, 30))),
        ):
            self.begin(scene, after + seconds)

    def _prelude(self) -> Scene:
        """Lines every few seconds."""
        yield from scenes.chatter(self, self._ordinary, (2, 5), lasts=130)
        yield from scenes.chatter(self, self._ordinary, (6, 14), lasts=OPENING - 130)
