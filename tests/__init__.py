"""The tests, as one package: what they share is imported by its whole name."""
