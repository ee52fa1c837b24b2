"""YAML text to documents with positions, and back."""
