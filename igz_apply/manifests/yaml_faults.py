"""Broken YAML, put into words that say what to type instead."""

from __future__ import annotations

import yaml

from igz_apply.manifests.file_text import FileText
from igz_apply.model.problems import Problem

# What libyaml says -> what it means to somebody who is typing, and what to do.
_WORDS = {
    "mapping values are not allowed in this context": (
        "A `: ` stands where no key can be.",
        "Check the indentation and the `:` of the line above; quote a value that holds `: `.",
    ),
    "could not find expected ':'": ("A key has no `:` after it.", "Write `key: value`."),
    "did not find expected key": (
        "The mapping that began above does not go on here.",
        "Check that its keys begin in the same column, and that quotes and brackets are closed.",
    ),
    "did not find expected '-' indicator": (
        "The list that began above does not go on here.",
        "Check that its `-` stand in the same column.",
    ),
    "did not find expected node content": (
        "A value is missing here.",
        "Check the brackets, and quote a value that holds them.",
    ),
    "did not find expected ',' or ']'": ("The list `[` is not closed.", "Separate items with `,` and close with `]`."),
    "did not find expected ',' or '}'": (
        "The mapping `{` is not closed.",
        "Separate entries with `,` and close with `}`.",
    ),
    "found unexpected end of stream": ("A quoted text is not closed.", "Close it with the quote that it began with."),
    "found unexpected document indicator": (
        "A quoted text is not closed before `---`.",
        "Close it with the quote that it began with.",
    ),
    "found unknown escape character": (
        "This escape does not exist between double quotes.",
        "Double the backslash, or use single quotes, where it is a plain character.",
    ),
    "found invalid Unicode character escape code": (
        "This escape is not a character.",
        "Write the character itself: manifests are UTF-8.",
    ),
    "did not find expected <document start>": (
        "Something follows the end of the document.",
        "Remove it, or begin a new document with `---`.",
    ),
    "did not find expected comment or line break": (
        "Something follows where the line must end.",
        "Begin the text on the next line.",
    ),
    "block sequence entries are not allowed in this context": (
        "A list item cannot begin here.",
        "Begin the list on its own line below the key.",
    ),
    "found a tab character that violates indentation": ("A tab indents this line.", "Indent with spaces."),
    "did not find expected digit or '.' character": ("The version of `%YAML` is cut short.", "Write %YAML 1.2."),
    "found incompatible YAML document": ("This version of YAML is not known.", "Write %YAML 1.2, or leave it out."),
    "found duplicate %YAML directive": ("There are two %YAML lines.", "Keep one of the two."),
    "found unknown directive name": ("YAML knows no such directive.", "Quote a value that begins with `%`."),
}
_STRANGE_STARTS = {
    "\t": ("A tab indents this line; YAML indents with spaces.", "Replace it with spaces."),
    "@": ("A plain value cannot begin with `@`.", "Put it in quotes."),
    "`": ("A plain value cannot begin with a backquote.", "Put it in quotes."),
    "%": ("A plain value cannot begin with `%`.", "Put it in quotes."),
}


def broken_yaml(error: yaml.MarkedYAMLError, file: FileText, base: int = 0) -> Problem:
    """Return the problem that libyaml found; `base` is where the text that it read begins in the file."""
    mark = error.problem_mark or error.context_mark
    if error.context == "while scanning a quoted scalar" and error.context_mark:
        mark = error.context_mark  # where the quote was opened says more than where the text ran out
    offset = min(base + (mark.index if mark else 0), len(file.text))
    said = error.problem or "cannot be read"
    if said == "found character that cannot start any token":
        start = file.text[offset : offset + 1]
        detail, hint = _STRANGE_STARTS.get(start, ("No value can begin like this.", "Put it in quotes."))
    else:
        detail, hint = _WORDS.get(said, (f"YAML: {said}.", "Check the indentation, quotes and brackets around here."))
    return Problem("Broken YAML", detail, hint, source=file.place(offset))
