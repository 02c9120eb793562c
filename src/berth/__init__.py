"""Berth: a container registry you run yourself."""

from importlib.metadata import version

__version__ = version("berth")
