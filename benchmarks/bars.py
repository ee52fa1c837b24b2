"""The bars that figures are held against, and how many of them were held in one go."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Bars:
    """What has been judged so far."""

    held: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def judge(self, title: str, figure: float, bar: float) -> str:
        """Note whether a figure is at most its bar, and say so: "ok" or "OVER"."""
        return self._noted(title, figure <= bar)

    def judge_least(self, title: str, figure: float, bar: float) -> str:
        """Note whether a figure is at least its bar, and say so as `judge` does."""
        return self._noted(title, figure >= bar)

    def _noted(self, title: str, is_held: bool) -> str:
        (self.held if is_held else self.missed).append(title)
        return "ok" if is_held else "OVER"

    def summary(self) -> str:
        """Return one line: how many bars were held, and which were not."""
        count = len(self.held) + len(self.missed)
        return f"{len(self.held)} of {count} bars held" + "".join(f"; OVER: {title}" for title in self.missed)
