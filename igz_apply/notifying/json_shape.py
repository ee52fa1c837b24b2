"""A message as JSON of our own, as schemas/notification.schema.json describes it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from igz_apply.model.news import ChangeNews, News

FORMAT_VERSION = 1


def json_message(news: News) -> dict[str, Any]:
    """Return the message; every key is present."""
    return {
        "format_version": FORMAT_VERSION,
        "topic": news.topic.value,
        "ending": news.ending,
        "title": news.title,
        "hash": news.hash,
        "target": news.target,
        "cluster": news.cluster,
        "round": {
            "number": news.number,
            "began": news.began,
            "seconds": news.seconds,
            "failures_in_a_row": news.failures_in_a_row,
            "next_in": news.next_in,
        },
        "revision": asdict(news.revision),
        "counts": dict(news.counts),
        "changes": list(map(_change, news.changes)),
        "more_changes": news.more_changes,
        "problems": [asdict(it) for it in news.problems],
        "more_problems": news.more_problems,
        "error": news.error,
        "run": news.run,
        "undo": news.undo,
        "next_steps": list(news.next_steps),
        "links": dict(news.links),
    }


def _change(news: ChangeNews) -> dict[str, Any]:
    return {
        "address": news.address,
        "action": news.action,
        "fate": news.fate.value,
        "cause": news.cause,
        "why": news.why,
        "code": news.code,
        "place": news.place,
        "fields": [{"path": it.path, "lines": list(it.lines), "sensitive": it.is_sensitive} for it in news.fields],
        "more_fields": news.more_fields,
    }
