"""A message for the Workflows webhook of Microsoft Teams: an adaptive card in an envelope.

https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using: 28 KB a message.
Text stands in runs alone, which know no Markdown and no mentions: what a name holds is shown as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from igz_apply.model.news import News, Topic
from igz_apply.notifying.paragraphs import MOST_LINKS, NO_ROOM, Paragraph, next_steps, paragraphs
from igz_apply.wording.news_words import facts_of

MOST_BYTES = 28_000  # 28 KB, taken for the smaller one
_COLOURS = {
    Topic.DRIFT: "Warning",
    Topic.HEALED: "Good",
    Topic.FAILURE: "Attention",
    Topic.OVER: "Good",
    Topic.IN_SYNC: "Good",
    Topic.TRIAL: "Accent",
}

Element = dict[str, Any]


def teams_message(news: News) -> dict[str, Any]:
    """Return the message; what has no room goes from the end of what it says, and that it does is said."""
    said, steps = list(paragraphs(news)), list(next_steps(news))
    for kept in range(len(said), -1, -1):
        message = _enveloped(news, said[:kept], len(said) - kept, steps)
        if len(json.dumps(message)) <= MOST_BYTES:
            return message
    return _enveloped(news, [], len(said), [])


def _enveloped(news: News, said: Sequence[Paragraph], left: int, steps: Sequence[Paragraph]) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "fallbackText": news.title[:200],
        "body": [*_body(news, said, left, steps)],
        "actions": [
            {"type": "Action.OpenUrl", "title": name, "url": url} for name, url in list(news.links.items())[:MOST_LINKS]
        ],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _body(news: News, said: Sequence[Paragraph], left: int, steps: Sequence[Paragraph]) -> Iterator[Element]:
    yield _rich(_run(news.title, weight="Bolder", size="Medium", color=_COLOURS[news.topic]))
    for name, value in facts_of(news):
        yield _rich(_run(f"{name}: ", isSubtle=True), _run(value), spacing="None")
    for item in said:
        yield from _paragraph(item)
    if left:
        yield _rich(_run(NO_ROOM, isSubtle=True))
    for item in steps:
        yield from _paragraph(item)


def _paragraph(item: Paragraph) -> Iterator[Element]:
    head = [_run(f"{item.head} ", weight="Bolder", fontType="Monospace")] if item.head else []
    yield _rich(*head, _run(item.text))
    for line in item.lines:
        yield _rich(_run(line, fontType="Monospace"), spacing="None")


def _rich(*runs: Element, **style: str) -> Element:
    return {"type": "RichTextBlock", "inlines": [*runs], **style}


def _run(text: str, **style: Any) -> Element:
    return {"type": "TextRun", "text": text, **style}
