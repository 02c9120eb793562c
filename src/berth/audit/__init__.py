"""Who changed what: one event for every change, written in the transaction of the change."""
