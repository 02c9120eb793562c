"""Berth: a container registry you run yourself."""
