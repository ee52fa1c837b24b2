"""Stores of secrets that come with igz-apply. Each is an entry point, as one of another package would be."""
