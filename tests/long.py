"""Whether this run takes its time: `make test-all` looks at every state and width, and tries more random cases."""

import os

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "quick")
LONG = PROFILE == "long"
