"""Berth beside another registry on the same machine, at the same time, under the same load."""
