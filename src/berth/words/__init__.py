"""The ground: pure values and refusals. Standard library only."""
