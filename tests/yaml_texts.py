"""YAML that is made to tell two readers apart: on both sides of the border of what the plain reader takes."""

from __future__ import annotations

from random import Random

from igz_apply.manifests.documents import read_documents
from igz_apply.manifests.events import EventReader
from igz_apply.manifests.file_text import FileText, decode
from igz_apply.manifests.plain import PlainReader, Row

# fmt: off
_KEYS = [
    "a", "b", "c", "name", "y", "null", "1", "a-b", "a.b/c", "on", "x" * 127,
]
_ODD_KEYS = [
    "x" * 129, "x" * 1030, "-a", "a b", "<<", "'q'", '"q"', "?", "~", "=", "é", "- a", "a:", "[a]", "{a: b}",
]
_AFTER_KEYS = [
    ": ", ": ", ": ", ": ", ": ", ": ", ":", ":  ", " : ", ":\t", ":\xa0",
]
_VALUES = [
    "x", "1", "-1", "1.5", "+44-1", "007", "0x1F", "1e9", "~", "null", "Null", "true", "False", "no", "a b", "a  b",
    "it's", "a,b", "a: b", "a:b", "http://x:1/y", "a #b", "a#b", "#b", "'q'", "'it''s'", '"q"', '"a\\n"', '"a"b',
    "[]", "{}", "[a, b]", "[a,b]", "{a: b}", "{a: 1, b: 'x, y'}", "{a: b, a: c}", "[[a]]", "[[a], [[b]]]",
    "[[[[[a]]]]]", "{a: {b: c, b: d}}", "[[a]b]", "[[a] b]", "[{a: b}, {c: [d]}] # e", "{a: [b}]", "[[a], ]",
    "{a: {b: [c, 007]}}", "[a, {b: c}]", "{a:b}",
    "&x 1", "*x", "!t x", "!!str 1", "@x", "%x", "`x", "|", ">", "|-", "- a", "-", "--", "---", "...", "?", "? a",
    ":", "=", "=a", "<", "<<", "(x)", "[x", "x]", "x}", "{{ x }}", "$x", "é", "日本", "\xa0", "a\xa0b", "a\u2028b",
    "😀", "\x85", ".", "..", ".5", "-.5", "-x", "-  x", "x:", "x: ", "x ", "x\t", "\tx", "a\tb", "1_000",
    "12345678901234567890", ".inf", "-.inf", ".nan", "0o17", "2024-01-01", "1:30", "*", "&", "!", "''", '""', "'",
    '"', "a - b", "a -b", "- - a", "- a: b", "[a, b", "a, b]", "[a, b] # c", "'x' # c", "'x'#c", "x # c", "x #",
    "[-1, +2, .5]", "[a: b]", "[a , b ]", "[ ]", "{ }", "{a: }", "{a: , b: c}", "[,]", "[a,]", "{a}", "{'a': b}",
    "[a b, c d]", "[- a]", "[-]", "[.]", "[a/b:c]", "[a:b]", "1.", "1e400", "tRUE", "y", "t", "a::b", "a :b", "[a",
    "[a]b", '[\'a, b\', "c"]', "['a'b]", "['a''b']", "[~, null, 007]", "[?a]", "[a?]", "{<<: a}", "{a: [b]}",
    "{a: b }", "{ a:  b}", "{a: -}", "{a: b,}", "{a: b: c}", "\u3000x", "x\u200b", ">+ # c", "\\x", "/x", "+", "]",
    "}", ",", "x" * 1030, "-0", "[a #b]", "[a]#b",
]
_COMMON = ["x", "a b", "1", "it's", "'q'", "[a, b]", "{a: b}", "[]", "{a: [b, {c: d}], e: {f: 1}}", "http://x:1/y",
    "x # c", "true", "+44-1", "é", ""]
_BORDERS = [
    "---", "---", "---", "--- ", "--- # c", "---\t", "--- a", "--- a: b", "...", "... # c", "%YAML 1.2", "---x",
    "---\xa0x", "---\u2028", "--", "----", "--- |", "--- [a]",
]
_SILENT = [
    "", "", "  ", "# c", " # c", "    ", "#", "# é", "# c\t", "\t", "#\xa0",
]
_NASTY = [
    " ", "\n", ":", "-", "#", "'", '"', "[", "]", "{", "}", ",", "&", "*", "!", "|", ">", "%", "@", "`", "?", "~",
    "=", "\t", "\r", "\\", "0", "a", "1", ".", "é", "\x85", "\u2028", "\xa0", "\ufeff", "\n---\n", "\n  ", "- ",
    ": ", " #", "\n\n", "\n- ", "\n# c\n", "\n...\n",
]
# fmt: on


def text_of(chance: Random, examples: list[str]) -> str:
    """Return a text to read."""
    kind = chance.random()
    if kind < 0.15:
        lines = chance.choice(examples).split("\n")
        start = chance.randrange(len(lines))
        text = "\n".join(lines[start : start + chance.randrange(1, 30)])
    elif kind < 0.3:  # of one shape, which is read another way from some point on
        text = "\n---\n".join(["\n".join(_lines(chance))] * chance.choice([12, 20, 30]))
    elif kind < 0.6:
        text = "\n".join(_tree(chance, 0)) + "\n"
    else:
        text = "\n".join(_lines(chance)) + chance.choice(["\n"] * 9 + [""])
    for _ in range(chance.choice([0, 0, 0, 0, 1, 1, 2, 3])):
        text = _mutated(chance, text)
    return text


def _tree(chance: Random, depth: int) -> list[str]:
    """Return the lines of a mapping or a list that is right, but for what may be odd in its values and comments."""
    lines: list[str] = []
    is_list = chance.random() < 0.4
    for number in range(chance.randrange(1, 4)):
        head = "-" if is_list else f"{chance.choice(_KEYS[:-1])}{number}:"
        if depth < 3 and chance.random() < 0.4:
            inner = _tree(chance, depth + 1)
            flush = not is_list and inner[0].startswith("-") and chance.random() < 0.5
            inner = [line if flush else f"  {line}" for line in inner]
            lines += [f"- {inner[0][2:]}", *inner[1:]] if is_list and chance.random() < 0.5 else [head, *inner]
        else:
            value = chance.choice(_COMMON if chance.random() < 0.97 else _VALUES)
            lines.append(f"{head} {value}" + chance.choice([""] * 9 + [" # c", "  "]))
        if chance.random() < 0.05:
            lines.append(chance.choice(_SILENT))
    return lines


def _lines(chance: Random) -> list[str]:
    lines: list[str] = []
    indent = 0
    for _ in range(chance.randrange(1, 9)):
        begins = " " * indent + "- " * chance.choice([0] * 8 + [1, 1, 2]) + chance.choice([""] * 24 + [" "])
        keys = _KEYS if chance.random() < 0.96 else _ODD_KEYS
        match chance.choices(["entry", "open", "item", "dash", "border", "silent", "bare"], [50, 22, 12, 4, 4, 4, 2])[
            0
        ]:
            case "entry":
                lines.append(begins + chance.choice(keys) + chance.choice(_AFTER_KEYS) + _value(chance))
            case "open":
                lines.append(begins + chance.choice(keys) + ":" + chance.choice(["", "", "", " ", "  ", " # c", "#c"]))
                indent += chance.choice([0, 0, 2, 2, 2, 1, 4])
            case "item":
                lines.append(" " * indent + "- " + _value(chance))
            case "dash":
                lines.append(" " * indent + chance.choice(["-", "- ", "-  - a", "- -", "- # c"]))
                indent += chance.choice([0, 2, 2])
            case "border":
                lines.append(chance.choice(_BORDERS))
                indent = 0
            case "silent":
                lines.append(chance.choice(["", " " * indent]) + chance.choice(_SILENT))
            case _:
                lines.append(begins + chance.choice(_VALUES))
        if chance.random() < 0.3:
            indent = max(0, indent - chance.choice([2, 2, 4, 1, 2]))
    return lines


def _value(chance: Random) -> str:
    return chance.choice(_COMMON if chance.random() < 0.6 else _VALUES)


def _mutated(chance: Random, text: str) -> str:
    start = chance.randrange(len(text) + 1)
    end = min(len(text), start + chance.randrange(1, 6))
    match chance.choices(["insert", "remove", "repeat", "indent"], [50, 25, 15, 10])[0]:
        case "insert":
            return text[:start] + chance.choice(_NASTY) + text[start:]
        case "remove":
            return text[:start] + text[end:]
        case "repeat":
            return text[:end] + text[start:end] + text[end:]
        case _:
            return text[:start] + text[start:].replace("\n", "\n" + " " * chance.choice([1, 2]), 1)


def assert_same(text: str, plain: PlainReader) -> int:
    """Assert that a text reads the same with the plain reader and without; return how many documents are plain.

    Both readers see what they see in earnest: what is no text for YAML at all is refused before.
    """
    file = decode("x.yaml", text.encode())
    if not isinstance(file, FileText) or "%TAG" in text:
        return 0
    rows: list[Row] = []
    problems = EventReader(file, rows, None).read_on(0, 1)
    reading = read_documents(file, plain)
    assert repr(list(reading.rows)) == repr(rows), repr(text)  # repr tells True, 1 and 1.0 apart, and the order of keys
    found = [problem for problem in reading.problems if problem.summary != "Empty file"]
    assert found == list(problems), repr(text)
    taken: list[Row] = []
    if "\r" not in text:
        plain.read(file.text, 0, 1, taken)
    return len(taken)
