"""Edits of manifests as text: what has to change changes, and all the rest stays as somebody wrote it."""
