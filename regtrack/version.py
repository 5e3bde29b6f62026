"""The version, in one place: the installed package's own metadata."""

from importlib.metadata import version

__version__ = version("regtrack")
