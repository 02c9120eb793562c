"""From the policies a client has written to those that the rooms take."""

from berth.doors.api.shapes.policies import PoliciesEdit
from berth.registry.editing import NONE, Chosen
from berth.words.policies import DeletionPolicy, LockPolicy, PullPolicy, ScanPolicy


def chosen(given: PoliciesEdit | None) -> Chosen:
    if given is None:
        return NONE
    return Chosen(
        scan=None if given.scan is None else ScanPolicy.from_json(given.scan.model_dump()),
        pull=None if given.pull is None else PullPolicy.from_json(given.pull.model_dump()),
        lock=None if given.lock is None else LockPolicy.from_json(given.lock.model_dump()),
        deletion=None if given.deletion is None else DeletionPolicy.from_json(given.deletion.model_dump()),
    )
