"""The text of one file: decoding, and the way from an offset back to a line and a column."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from functools import cache

from igz_apply.model.addresses import STDIN, Source
from igz_apply.model.problems import Problem
from igz_apply.patterns import pattern

MOST_BYTES = 32 * 1024 * 1024  # five times the manifests of the largest cluster that the platform supports
_BOM = "\ufeff"
_LINE_END = pattern(r"\r\n|\n|\r")  # what editors count; YAML knows three more
_TEXT_BYTES = bytes(byte for byte in range(256) if (byte >= 0x20 and byte != 0x7F) or byte in b"\t\n\r")
JSON_PAIR = pattern(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_OTHER_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


@cache
def forbidden() -> re.Pattern[str]:
    """Return the pattern of what YAML does not take, which takes long to compile and is for more than ASCII."""
    return re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class FileText:
    """A file's name for people and its characters, without a byte order mark."""

    __slots__ = ("_line_starts", "path", "text")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self._line_starts: list[int] | None = None  # found when the first place is asked for

    def place(self, offset: int) -> Source:
        """Return the line and column, both from 1 and in characters, of the character at `offset`."""
        if self._line_starts is None:
            self._line_starts = [0, *(end.end() for end in _LINE_END.finditer(self.text))]
        line = bisect_right(self._line_starts, offset)
        return Source(self.path, line, offset - self._line_starts[line - 1] + 1)


def decode(path: str, data: bytes) -> FileText | Problem:
    """Return the text of a file, or the problem that keeps it from being text that YAML allows."""
    if len(data) > MOST_BYTES:
        return Problem(
            "File too large",
            f"{path} has more than {MOST_BYTES // 2**20} MiB.",
            "Manifests are small: check that this is one, or split it.",
            source=Source(path, 1, 1),
        )
    for mark, name in _OTHER_ENCODINGS if data.startswith((b"\xff", b"\xfe", b"\x00")) else ():
        if data.startswith(mark):
            return _wrong_encoding(Source(path, 1, 1), f"The file is {name}; manifests are UTF-8.", name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = FileText(path, data[: error.start].decode("utf-8").removeprefix(_BOM))
        place = before.place(len(before.text))
        return _wrong_encoding(place, f"The byte 0x{data[error.start]:02x} here is not UTF-8.", "LATIN1")
    if path.endswith(".json") or (path == STDIN and text.lstrip().startswith("{")):
        text = JSON_PAIR.sub(_joined, text)
    file = FileText(path, text.removeprefix(_BOM))
    return _forbidden_character(file, data) or file


def _joined(pair: re.Match[str]) -> str:
    """Return the one character that JSON writes as two escapes, which YAML does not take."""
    code = 0x10000 + ((int(pair[2], 16) - 0xD800) << 10) + (int(pair[3], 16) - 0xDC00)
    return f"{pair[1]}{chr(code)}"


def _wrong_encoding(source: Source, detail: str, name: str) -> Problem:
    hint = f"Save the file as UTF-8, for example: iconv -f {name} -t UTF-8."
    return Problem("Wrong encoding", detail, hint, source=source)


def _forbidden_character(file: FileText, data: bytes) -> Problem | None:
    if _BOM in file.text:
        offset = file.text.index(_BOM)
    elif data.translate(None, _TEXT_BYTES):
        found = re.search("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]", file.text)
        assert found is not None
        offset = found.start()
    else:
        return None
    return forbidden_character(file, offset)


def forbidden_character(file: FileText, offset: int) -> Problem:
    """Return the problem of an invisible character at `offset`."""
    code = ord(file.text[offset])
    name = {0: "a NUL byte", 0xFEFF: "a byte order mark in the middle of a file"}.get(code, "a control character")
    detail = f"There is {name} (U+{code:04X}) here; YAML does not allow it."
    return Problem("Invisible character", detail, "Remove it.", source=file.place(offset))
