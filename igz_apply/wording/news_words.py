"""What a message says of a round: a title, what differs and why it is left, what to do next. No secret, and all of it
safe to show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, FieldDiff
from igz_apply.model.checkout import SHORT
from igz_apply.model.news import ChangeNews, Fate, FieldNews, News, ProblemNews, Topic
from igz_apply.model.problems import Problem
from igz_apply.model.rounds import Cause, Ending, Revision, Round
from igz_apply.planning.news import Difference, Standing, differences
from igz_apply.values import dataclass
from igz_apply.wording.counting import counted
from igz_apply.wording.diff_lines import diff_lines
from igz_apply.wording.places import manifest_place, place_text
from igz_apply.wording.printable import printable

MOST_CHANGES = 10
MOST_FIELDS = 5  # of a change
MOST_LINES = 6  # of a field
MOST_PROBLEMS = 5
_LONGEST_VALUE = 120  # characters
_LONGEST_TEXT = 600
_LONGEST_NAME = 200

_TITLES = {
    Ending.REFUSED: "the changes were refused",
    Ending.INVALID: "the manifests are not to be used",
    Ending.FAILED: "reconciling failed",
    Ending.PARTLY: "not all could be healed",
}
_STEPS = {
    Cause.MODE: (
        "Change it back on the cluster, take it into git (`igz-apply accept`), apply it (`igz-apply apply`), or let "
        "rounds heal its kind (`reconcile.modes`)."
    ),
    Cause.FLAPPING: "Find out who else writes it, and let one of the two have it (`lifecycle.ignore_changes`).",
    Cause.RAIL: "It takes a person: `igz-apply plan` prints the waiver.",
    Cause.SECRET: "Provide the secret where igz-apply runs; the next round sends it.",
}


@dataclass(frozen=True, slots=True)
class Place:
    """What messages are about, and what a reader may go to from them."""

    target: str = ""  # of the config
    cluster: str = ""  # its address, where the config says it
    links: Mapping[str, str] = field(default_factory=dict)


def news_of(round_: Round, standing: Standing, place: Place) -> News:
    """Return what a round says, of whatever topic: its title is that of what is new; see `about`."""
    found = differences(round_)
    plan, report = round_.plan, round_.report
    run = report.run if report is not None else ""
    cluster = plan.caller.endpoint if plan is not None and plan.caller.endpoint else place.cluster
    return News(
        topic=Topic.DRIFT,
        ending=round_.ending.value,
        title="",
        hash=standing.hash,
        target=_short(place.target, _LONGEST_NAME),
        cluster=_short(cluster, _LONGEST_NAME),
        number=round_.number,
        began=round_.began,
        seconds=round(round_.seconds, 3),
        failures_in_a_row=round_.failures_in_a_row,
        next_in=None if round_.next_in is None else round(round_.next_in, 3),
        revision=_revision(round_.revision),
        counts=_counts(found),
        changes=tuple(_change(it, round_.revision) for it in found[:MOST_CHANGES]),
        more_changes=max(0, len(found) - MOST_CHANGES),
        problems=tuple(_problem(it, round_.revision) for it in round_.problems[:MOST_PROBLEMS]),
        more_problems=max(0, len(round_.problems) - MOST_PROBLEMS),
        error=_short(round_.error, _LONGEST_TEXT),
        run=run,
        undo=f"igz-apply undo {run} --out undo.json" if run and round_.healed else "",
        links=_links(place, cluster),
    )


def about(topic: Topic, news: News) -> News:
    """Return the news as those of a topic."""
    title = f"{_where(news)}{_title(topic, news)}"
    return replace(news, topic=topic, title=title, next_steps=tuple(_steps(topic, news)))


def trial_of(place: Place) -> News:
    """Return a message by which somebody sees that messages arrive."""
    news = News(Topic.TRIAL, "", "", "", _short(place.target, _LONGEST_NAME), _short(place.cluster, _LONGEST_NAME))
    return about(Topic.TRIAL, replace(news, links=_links(place, place.cluster)))


def facts_of(news: News) -> Iterator[tuple[str, str]]:
    """Yield what stands below a title, each with its name."""
    if news.target or news.cluster:
        yield "target", " at ".join(part for part in (news.target, news.cluster) if part)
    if news.ending:
        yield "ending", news.ending.replace("_", " ")
    if news.revision.commit:
        yield "commit", _commit(news.revision)
    if news.number:
        yield "round", f"{news.number}, begun {news.began}"
    if news.failures_in_a_row > 1:
        yield "failures in a row", str(news.failures_in_a_row)
    if news.run:
        yield "run", news.run


def change_title(news: ChangeNews) -> str:
    """Return one resource in a line: what it is, and what becomes of it."""
    words = {Fate.HEALED: "healed", Fate.HELD: "left", Fate.FAILED: "not healed"}[news.fate]
    why = f": {news.why}" if news.why else ""
    code = f" [{news.code}]" if news.code else ""
    return f"{_NEEDED.get(news.action, news.action)}; {words}{why}{code}"


def change_lines(news: ChangeNews) -> Iterator[str]:
    """Yield what differs of a resource."""
    for item in news.fields:
        yield from item.lines
    if news.more_fields:
        yield f"and {counted(news.more_fields, 'field')} more"


_NEEDED = {
    Action.CREATE.value: "is missing",
    Action.UPDATE.value: "differs",
    Action.DELETE.value: "is there, and should not be",
}


def _where(news: News) -> str:
    name = news.target or news.cluster
    return f"{name}: " if name else ""


def _title(topic: Topic, news: News) -> str:
    count = news.counts.get
    match topic:
        case Topic.TRIAL:
            return "a trial message of igz-apply: all is well here"
        case Topic.OVER:
            return (
                f"rounds work again; {_left(count('held', 0))} still" if count("held") else "nothing differs any more"
            )
        case Topic.IN_SYNC:
            return "nothing differs"
        case Topic.HEALED:
            left = f", {count('held', 0):,} left" if count("held") else ""
            return f"{counted(count('healed', 0), 'resource')} healed{left}"
        case Topic.FAILURE:
            return _TITLES.get(Ending(news.ending), "reconciling failed")
    return _left(count("held", 0))


def _left(many: int) -> str:
    return f"{counted(many, 'resource')} {'differs' if many == 1 else 'differ'}"


def _steps(topic: Topic, news: News) -> Iterator[str]:
    """Yield what to do next, the same once."""
    if topic in (Topic.TRIAL, Topic.IN_SYNC, Topic.OVER):
        return
    causes = {it.cause for it in news.changes if it.fate is Fate.HELD}
    yield from (text for cause, text in _STEPS.items() if cause.value in causes)
    yield from dict.fromkeys(it.hint for it in news.problems if it.hint)
    if topic is Topic.FAILURE:
        yield "Rounds go on by themselves, later after each failure; `igz-apply plan` shows the same at once."
    if news.undo:
        yield f"`{news.undo}` plans the way back from what was healed."


def _change(item: Difference, revision: Revision) -> ChangeNews:
    held, end = item.held, item.end
    cause, why, code = ("", "", "") if held is None else (held.cause.value, held.why, held.code)
    if end is not None and item.fate is Fate.FAILED:
        why = end.detail or end.status.words
    place = _within(manifest_place(item.change), revision) if item.change is not None else ""
    return _with_fields(
        ChangeNews(_name(item.address), item.verb, item.fate, cause, _short(why, _LONGEST_TEXT), code, place),
        item.change,
    )


def _with_fields(news: ChangeNews, change: Change | None) -> ChangeNews:
    """Return it with what differs; of what is missing or goes as a whole that it does is enough."""
    if change is None or change.action is not Action.UPDATE:
        return news
    fields = tuple(map(_field, change.diff[:MOST_FIELDS]))
    return replace(news, fields=fields, more_fields=len(change.diff) - len(fields))


def _field(item: FieldDiff) -> FieldNews:
    lines = [f"{line.sign} {line.text}" for line in diff_lines(item, _LONGEST_VALUE)]
    more = (f"  and {len(lines) - MOST_LINES:,} more of it",) if len(lines) > MOST_LINES else ()
    return FieldNews(_short(item.dotted, _LONGEST_NAME), (*lines[:MOST_LINES], *more), item.sensitive)


def _counts(found: Sequence[Difference]) -> dict[str, int]:
    fates = Counter(it.fate for it in found)
    actions = Counter(it.change.action for it in found if it.change is not None)
    wrote = (Action.CREATE, Action.UPDATE, Action.DELETE)
    return {**{fate.value: fates[fate] for fate in Fate}, **{action.value: actions[action] for action in wrote}}


def _problem(problem: Problem, revision: Revision) -> ProblemNews:
    return ProblemNews(
        problem.code,
        printable(problem.summary),
        _short(problem.detail, _LONGEST_TEXT),
        _short(problem.hint, _LONGEST_TEXT),
        _short(_within(place_text(problem.source), revision) or str(problem.address or ""), _LONGEST_NAME),
    )


def _within(place: str, revision: Revision) -> str:
    """Return a place as it is within its repository, where that was checked out into a folder named by the commit."""
    return place.rpartition(f"/{revision.commit}/")[2] if revision.commit else place


def _revision(revision: Revision) -> Revision:
    return replace(
        revision,
        commit=printable(revision.commit),
        ref=_short(revision.ref, _LONGEST_NAME),
        signed_by=_short(revision.signed_by, _LONGEST_NAME),
    )


def _commit(revision: Revision) -> str:
    ref = f" of {revision.ref}" if revision.ref else ""
    signed = f", signed by {revision.signed_by}" if revision.signed_by else ""
    dirty = ", with changes that no commit has" if revision.is_dirty else ""
    return f"{revision.commit[:SHORT]}{ref}{signed}{dirty}"


def _links(place: Place, cluster: str) -> dict[str, str]:
    links = {**place.links, "cluster": cluster}
    return {name: url for name, url in links.items() if _is_link(url)}


def _is_link(url: str) -> bool:
    return url.startswith(("https://", "http://")) and url.isprintable() and len(url) <= _LONGEST_TEXT


def _name(address: Address) -> str:
    return _short(str(address), _LONGEST_NAME)


def _short(text: str, most: int) -> str:
    shown = printable(text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"
