"""Whether this run takes its time: `make test-all` looks at every state and width, and tries more random cases."""

import os

import pytest

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "quick")
LONG = PROFILE == "long"

long = pytest.mark.long
"""On what takes long, and of which the short run tries the parts."""
