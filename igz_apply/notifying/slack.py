"""A message for an incoming webhook of Slack, and of what takes the same: Mattermost, Rocket.Chat.

https://docs.slack.dev/reference/block-kit/blocks: 50 blocks a message, 3,000 characters a section, 150 a header, 10
elements a context. All text that comes from people is escaped, so that no name is a mention or a link, and `verbatim`
keeps Slack from making one of what looks like one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from igz_apply.model.news import News, Topic
from igz_apply.notifying.paragraphs import MOST_LINKS, NO_ROOM, Paragraph, next_steps, paragraphs
from igz_apply.wording.news_words import facts_of

MOST_BLOCKS = 50
LONGEST_SECTION = 3000
_LONGEST_HEADER = 150
_LONGEST_URL = 3000
_CUT = "…"
_SIGNS = {
    Topic.DRIFT: ":large_orange_circle:",
    Topic.HEALED: ":large_green_circle:",
    Topic.FAILURE: ":red_circle:",
    Topic.OVER: ":white_check_mark:",
    Topic.IN_SYNC: ":white_check_mark:",
    Topic.TRIAL: ":information_source:",
}

Block = dict[str, Any]


def slack_message(news: News) -> dict[str, Any]:
    """Return the message, of blocks, with a text for what shows none."""
    head = [_header(news), *_facts(news)]
    foot = [*_sections(map(_paragraph, next_steps(news))), *_links(news)]
    body = list(_sections(map(_paragraph, paragraphs(news))))
    room = MOST_BLOCKS - len(head) - len(foot)
    if len(body) > room:
        body = [*body[: room - 1], _section(NO_ROOM)]
    return {
        "text": _cut_escaped(news.title, LONGEST_SECTION // 6),
        "blocks": [*head, *body, *foot],
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escaped(text: str) -> str:
    """Return text in which nothing is a mention, a link or an entity: Slack asks for these three to be replaced."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _header(news: News) -> Block:
    sign = _SIGNS[news.topic]
    text = f"{sign} {_cut_escaped(_without_signs(news.title), _LONGEST_HEADER - len(sign) - 1)}"
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def _without_signs(text: str) -> str:
    """Return text in which no `:name:` is an emoji."""
    return text.replace(":", ":\u200b") if text.count(":") > 1 else text


def _facts(news: News) -> Iterator[Block]:
    facts = [f"*{name}* {_code(value)}" for name, value in facts_of(news)]
    if facts:
        yield {"type": "context", "elements": [_mrkdwn(_cut_whole(facts, LONGEST_SECTION, "\n"))]}


def _sections(texts: Iterator[str]) -> Iterator[Block]:
    """Yield sections, each with as many paragraphs as it has room for."""
    gathered: list[str] = []
    for text in texts:
        if gathered and len("\n".join([*gathered, text])) > LONGEST_SECTION:
            yield _section("\n".join(gathered))
            gathered = []
        gathered.append(text)
    if gathered:
        yield _section("\n".join(gathered))


def _paragraph(item: Paragraph) -> str:
    """Return a paragraph, at most as long as a section: its lines go first."""
    head = f"*{_code(item.head)}* " if item.head else ""
    first = f"{head}{_cut_escaped(item.text, LONGEST_SECTION // 3)}"
    room = LONGEST_SECTION - len(first) - len("\n```\n\n```")
    if not item.lines:
        return first
    lines = [escaped(_unfenced(line)) for line in item.lines]
    return f"{first}\n```\n{_cut_whole(lines, room, chr(10))}\n```"


def _links(news: News) -> Iterator[Block]:
    """Yield what leads elsewhere, as text: a button would need an app that answers to it."""
    links = [f"<{escaped(url).replace('|', '%7C')}|{escaped(name)}>" for name, url in news.links.items()]
    fitting = [link for link in links if len(link) < _LONGEST_URL // MOST_LINKS][:MOST_LINKS]
    if fitting:
        yield {"type": "context", "elements": [_mrkdwn(" · ".join(fitting))]}


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _code(text: str) -> str:
    """Return a name as code, in which no sign of a person means bold or an emoji."""
    return f"`{_cut_escaped(text.replace('`', chr(0x2B9)), LONGEST_SECTION // 6)}`"


def _unfenced(line: str) -> str:
    return line.replace("```", "ʹʹʹ")


def _cut_escaped(text: str, most: int) -> str:
    """Return text of at most so many characters once it is escaped."""
    while len(escaped(text)) > most:
        text = f"{text[: len(text) - 1 - (len(escaped(text)) - most) // 5]}"
        if len(escaped(text)) <= most - 1:
            return f"{escaped(text)}{_CUT}"
    return escaped(text)


def _cut_whole(lines: Sequence[str], room: int, separator: str) -> str:
    """Return as many whole lines as there is room for."""
    kept: list[str] = []
    for line in lines:
        if len(separator.join([*kept, line])) > room - len(separator) - len(_CUT):
            return separator.join([*kept, _CUT])
        kept.append(line)
    return separator.join(kept)
