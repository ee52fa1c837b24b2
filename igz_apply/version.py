"""The version, in one place: read here by the command line, the client's user agent and the build."""

__version__ = "0.1.0"
