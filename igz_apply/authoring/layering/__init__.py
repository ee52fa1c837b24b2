"""Manifests put together of layers: defaults, values, profiles and patches, with the place of every value kept."""
