"""Secrets that lie in an image. What is found is masked before it leaves this package."""
