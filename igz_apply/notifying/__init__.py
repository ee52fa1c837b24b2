"""Telling people by webhook how rounds of reconciling end: each thing once, signed, and never at a round's cost."""
