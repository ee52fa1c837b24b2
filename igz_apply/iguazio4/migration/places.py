"""Where to lead somebody who has to mend something: into the mapping, a manifest, or to what lives."""

from __future__ import annotations

from igz_apply.iguazio4.migration.naming import GROUP, Named
from igz_apply.model.addresses import Address, Source
from igz_apply.model.migration import NameMapping, Origin
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Places:
    """Finds places."""

    origin: Origin
    mapping: NameMapping
    named: Named

    def declared(self, address: Address) -> Source | None:
        """Return where a manifest declares it; None for what lives, or is only named."""
        old = self.origin.objects.get(address)
        return None if old is None else old.source

    def naming(self, address: Address) -> Source | None:
        """Return where its new name comes from: the mapping, else its manifest."""
        return self.named.stated.get(address) or self._parting(address) or self.declared(address)

    def _parting(self, address: Address) -> Source | None:
        """Return where the separator stands, if that makes a path of its name."""
        separator, is_group = self.mapping.separator, address.kind == GROUP and address not in self.named.stated
        is_parted = bool(separator) and separator in address.name and separator != "/"
        return self.key("separator") if is_group and is_parted else None

    def may_be_there(self, address: Address) -> bool:
        """Say whether it is there, or named by something, or perhaps not seen."""
        is_known = address in self.origin.objects or address in self.named.referenced
        return is_known or address.kind in self.origin.partial

    def key(self, *keys: str) -> Source | None:
        """Return where a key of the mapping stands."""
        return self.mapping.places.get(keys)

    def told(self, address: Address) -> str:
        """Return where its new name comes from, for a sentence."""
        return f"at {self.naming(address) or self.origin.where}"
