"""This machine: its clock, files, secrets and processes."""
