"""Instrument: writes a protocol as a spectrometer under Sonix+ would."""
