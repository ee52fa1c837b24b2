"""From Iguazio 3 to Iguazio 4: what becomes of each object and of each field, as manifests and as a report of it."""
