"""The page for a person who opens the emulator in a browser: what it is, what it holds, as it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

REFRESH_SECONDS = 2

_STYLE = """
:root { color-scheme: light dark; --line: #d9dde3; --soft: #5c6573; --paper: #fff; --card: #f6f8fa;
  --good: #116329; --busy: #8a5a00; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --line: #30363d; --soft: #9da7b3; --paper: #0d1117; --card: #161b22;
  --good: #56d364; --busy: #e3b341; --bad: #ff7b72; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; background: var(--paper);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 2.2rem 0 .5rem; }
h2 small, header p, .dim, .empty { color: var(--soft); font-weight: normal; }
header p { margin: .25rem 0 0; max-width: 60rem; }
nav { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.25rem; }
nav a { flex: 1 1 7rem; padding: .6rem .9rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--card); color: inherit; text-decoration: none; }
nav a:hover, nav a:focus-visible { border-color: currentColor; }
nav b { display: block; font-size: 1.4rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
nav span { color: var(--soft); font-size: .85rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .75rem; vertical-align: top; overflow-wrap: anywhere; }
th { font-size: .8rem; font-weight: 600; color: var(--soft); background: var(--card); white-space: nowrap; }
tr + tr td, thead + tbody td { border-top: 1px solid var(--line); }
td:first-child { font-family: ui-monospace, monospace; font-size: .88rem; white-space: nowrap; }
.good { color: var(--good); } .busy { color: var(--busy); } .bad { color: var(--bad); }
.good::before, .busy::before, .bad::before { content: "\\25CF\\00a0"; }
code { font-size: .9em; }
"""

_SCRIPT = """
const refresh = async () => {
  try {
    const page = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
    const [held, fresh] = [document.querySelector("main"), page.querySelector("main")];
    if (fresh && held.innerHTML !== fresh.innerHTML) { held.innerHTML = fresh.innerHTML; }
    document.querySelector("#live").textContent = "live";
  } catch { document.querySelector("#live").textContent = "not reachable"; }
};
setInterval(refresh, SECONDS * 1000);
"""

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the page. `total` counts the rows that there are, shown or not."""

    title: str
    columns: Row  # one called "status" is coloured
    rows: tuple[Row, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Page:
    """What an API has to show. The page needs nothing from elsewhere, and nobody has to be logged in."""

    introduction: str  # HTML, ending where it is said whether the page is live
    tables: tuple[Table, ...]
    tones: Mapping[str, str]  # of statuses: good, busy or bad; the others are dim

    def render(self) -> str:
        """Return the page as HTML."""
        script = _SCRIPT.replace("SECONDS", str(REFRESH_SECONDS))
        return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>igz-apply emulator</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>igz-apply emulator</h1>
<p>{self.introduction}
This page is <span id="live">live</span>.</p>
</header>
<main>
{self._counts()}
{"".join(map(self._section, self.tables))}
</main>
<script>{script}</script>
</body>
</html>
"""

    def _counts(self) -> str:
        cards = (
            f'<a href="#{_anchor(each)}"><b>{each.total}</b><span>{escape(each.title.split(",")[0])}</span></a>'
            for each in self.tables
        )
        return f"<nav>{''.join(cards)}</nav>"

    def _section(self, table: Table) -> str:
        hidden = table.total - len(table.rows)
        more = f" <small>first {len(table.rows)} of {table.total}</small>" if hidden else ""
        heading = f'<h2 id="{_anchor(table)}">{escape(table.title)}{more}</h2>'
        if not table.rows:
            return f'<section>{heading}<p class="empty">None yet.</p></section>'
        head = "".join(f'<th scope="col">{escape(each)}</th>' for each in table.columns)
        rows = "".join(f"<tr>{''.join(map(self._cell, table.columns, row))}</tr>" for row in table.rows)
        body = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f'<section>{heading}<div class="scroll">{body}</div></section>'

    def _cell(self, column: str, value: str) -> str:
        if column != "status":
            return f"<td>{escape(value)}</td>"
        return f'<td><span class="{self.tones.get(value, "dim")}">{escape(value)}</span></td>'


def _anchor(table: Table) -> str:
    return table.title.split(",")[0].lower().replace(" ", "-")
