"""The control plane of Iguazio 4, on the engine: what docs/dev/iguazio-4-api.md describes.

Little of it was ever shown by a running system. What is not known is a choice, and a switch (`options.py`).
"""
