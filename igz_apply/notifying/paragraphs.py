"""What a message says in paragraphs, for whatever chat shows them: who shows it decides how, and how much."""

from __future__ import annotations

from collections.abc import Iterator

from igz_apply.model.news import News
from igz_apply.values import dataclass
from igz_apply.wording.counting import counted
from igz_apply.wording.news_words import change_lines, change_title

MOST_LINKS = 5
NO_ROOM = "and more, for which there is no room here"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line about something, and what stands below it."""

    head: str  # a name: an address, the code of a problem; "": nothing in particular
    text: str
    lines: tuple[str, ...] = ()  # word for word


def paragraphs(news: News) -> Iterator[Paragraph]:
    """Yield what a message says below its title and facts, the most important first."""
    if news.error:
        yield Paragraph("", news.error)
    for problem in news.problems:
        place = f" ({problem.place})" if problem.place else ""
        yield Paragraph(problem.code or problem.summary, f"{problem.summary}: {problem.detail}{place}")
    if news.more_problems:
        yield Paragraph("", f"and {counted(news.more_problems, 'problem')} more")
    for change in news.changes:
        place = f" ({change.place})" if change.place else ""
        yield Paragraph(change.address, f"{change_title(change)}{place}", tuple(change_lines(change)))
    if news.more_changes:
        yield Paragraph("", f"and {counted(news.more_changes, 'resource')} more")


def next_steps(news: News) -> Iterator[Paragraph]:
    """Yield what a message says to do next."""
    yield from (Paragraph("", text) for text in news.next_steps)
