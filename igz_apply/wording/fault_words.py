"""What is said of a fault that nobody foresaw: never its text, which could quote a secret."""

from __future__ import annotations

# The library that reads tracebacks is imported where one is told: most runs have none.


def defect(error: BaseException) -> str:
    """Name it by type and place: `KeyError in plan, line 12`."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def frames_of(error: BaseException) -> str:
    """Return the tracebacks of an error and of what it came from, without what they say."""
    import traceback

    told: list[str] = []
    known: BaseException | None = error
    while known is not None:
        frames = "".join(traceback.format_tb(known.__traceback__))
        told.insert(0, f"Traceback (most recent call last):\n{frames}{type(known).__qualname__}")
        known = known.__cause__ or (None if known.__suppress_context__ else known.__context__)
    return "\n\nThen:\n\n".join(told)


def lack_of(error: BaseException) -> tuple[str, str] | None:
    """Say what this process lacks, which is no defect, and what to do about it; None if that is not the trouble."""
    if isinstance(error, MemoryError):
        return "There is not enough memory.", "Raise its limit (ulimit -v), or use a machine that has more."
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        hint = "Raise the limits on memory and processes (ulimit -v, -u), or give a smaller --parallelism."
        return "This process may not start as many threads as it needs.", hint
    if not isinstance(error, ImportError):
        return None
    return (
        f"A part of igz-apply, or a library that it needs, cannot be loaded: {error}.",
        "Install igz-apply again; where memory is limited (ulimit -v), raise the limit.",
    )
