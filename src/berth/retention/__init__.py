"""What a tag deletion policy takes and what it leaves: decided in `plan`; jobs test and apply it (SPEC 4.4, 4.5)."""
