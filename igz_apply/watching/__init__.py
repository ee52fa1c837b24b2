"""Reconciling as a monitoring system watches it: figures of rounds and calls, and pages that show them over HTTP."""
