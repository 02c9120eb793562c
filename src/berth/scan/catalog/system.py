"""The readers of everything that the package manager of a system keeps, and of the files that name the system."""

from berth.scan.catalog import apk, dpkg, os_release, rpm

READERS = (*os_release.READERS, *dpkg.READERS, apk.READER, *rpm.READERS)
