"""Names that a reader, or a server that folds them, takes for one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from unicodedata import category, normalize

from igz_apply.authoring.manifest_rules import address_of
from igz_apply.model.addresses import Address
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Document, Path

_NAME: Path = ("metadata", "name")
_FORMAT = "Cf"  # the category of joiners, zero-width spaces and direction marks
# What shows nothing though its category does not say so: fillers, a joiner, a blank of Braille, selectors of glyphs.
_BLANKS = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10)))
)


def lookalikes(documents: Sequence[Document]) -> Iterator[Problem]:
    """Warn of names of one kind that differ in case, Unicode form or invisible characters alone, naming both places."""
    names: dict[tuple[str, str], tuple[Address, Document]] = {}
    for document in documents:
        address = address_of(document)
        if address is None:
            continue
        other, first = names.setdefault((address.kind, folded(address.name)), (address, document))
        if other != address:
            yield _alike_names(document, address, first, other)


def all_names_differ(documents: Sequence[Document]) -> bool:
    """Say whether every document has a name that none of its kind has, nor a look-alike; False where one has none."""
    names = set()
    for document in documents:
        metadata = document.data.get("metadata")
        name = metadata.get("name") if isinstance(metadata, (dict, Mapping)) else None
        if not isinstance(name, str):
            return False
        names.add((document.data["kind"], name.casefold() if name.isascii() else folded(name)))
    return len(names) == len(documents)


def folded(name: str) -> str:
    """Return what is left of a name without its case, its Unicode form and what nobody sees."""
    if name.isascii():
        return name.casefold()
    return _visible(normalize("NFKC", normalize("NFKC", _visible(name)).casefold()))


def _visible(text: str) -> str:
    return "".join(char for char in text if char not in _BLANKS and category(char) != _FORMAT)


def difference(one: str, other: str) -> str:
    """Return in what two names differ that are folded into one."""
    if one.casefold() == other.casefold():
        return "case"
    if _visible(one) == _visible(other):
        return "characters that nobody sees"
    if normalize("NFKC", one) == normalize("NFKC", other):
        return "Unicode form"
    return "case, Unicode form and characters that nobody sees"


def _alike_names(document: Document, address: Address, first: Document, other: Address) -> Problem:
    return Problem(
        summary="Look-alike names",
        detail=f"{address} and {other}, at {first.positions.value(_NAME)}, differ "
        f"only in {difference(address.name, other.name)}.",
        hint="Give one of them another name, or keep one of the two: a server may take them for one.",
        severity="warning",
        source=document.positions.value(_NAME),
        address=address,
    )
