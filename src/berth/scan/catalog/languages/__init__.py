"""Readers of the packages of programming languages, each by the files that its package manager or compiler leaves."""

from berth.scan.catalog.languages import binaries, dotnet, java, node, php, python, ruby
from berth.scan.reading import Reader

READERS: tuple[Reader, ...] = (
    python.READER,
    node.READER,
    php.READER,
    dotnet.READER,
    ruby.READER,
    java.READER,
    binaries.READER,
)
