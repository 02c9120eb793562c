"""Which Berth this is. Looking that up is slow, so it is apart from what each short command imports."""

from importlib.metadata import version

VERSION = version("berth")
