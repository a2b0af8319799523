"""The package `sonixbot` of the installation in which this folder lies.

A script's own older Python puts the folder above this file on its path, and nothing more: with all
of site-packages it would find libraries that it cannot load.
"""

import os

__path__ = [os.path.abspath(os.path.join(__file__, *[os.pardir] * 4, "sonixbot"))]
