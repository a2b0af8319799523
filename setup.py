"""Compiles the message catalogues, so that an installed sonixbot speaks Russian at once."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithCatalogues(build_py):
    """The ordinary build, after every .po beside the sources became a .mo."""

    def run(self) -> None:
        """Compile, then build as usual."""
        for source in Path("sonixbot/locale").glob("*/LC_MESSAGES/*.po"):
            with source.open("rb") as text, source.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, read_po(text))
        super().run()


setup(cmdclass={"build_py": BuildWithCatalogues})
