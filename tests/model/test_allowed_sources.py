"""Which commands and stores somebody allows, and that nothing slips by."""

from __future__ import annotations

import pytest

from igz_apply.model.allowed_sources import AllowedSources, matches
from igz_apply.model.resources import SecretRef

SOPS = ("sops", "--decrypt", "--extract", "*", "secrets/*.yaml")
ADA = ("sops", "--decrypt", "--extract", '["ada"]', "secrets/people.yaml")


@pytest.mark.parametrize(
    ("pattern", "argv"),
    [
        (SOPS, ADA),
        (("pass", "show", "people/*"), ("pass", "show", "people/ada")),
        (("pass", "show", "**"), ("pass", "show", "people/retail/ada")),
        (("kv", "get", "-field=*", "secret/**"), ("kv", "get", "-field=password", "secret/people/ada")),
        (("x", "../shared/*"), ("x", "../shared/ada")),
        (("x", "a*b*c"), ("x", "abc")),
        (("x", "[a]?.txt"), ("x", "[a]?.txt")),  # these stand for themselves
        (("x",), ("x",)),
        (("x", ""), ("x", "")),
        (("x", "*"), ("x", "two\nlines")),
    ],
)
def test_a_pattern_allows(pattern: tuple[str, ...], argv: tuple[str, ...]) -> None:
    assert matches(pattern, argv)


@pytest.mark.parametrize(
    ("pattern", "argv"),
    [
        (SOPS, ADA[:-1]),
        (SOPS, (*ADA, "more")),
        (SOPS, ("./sops", *ADA[1:])),
        (SOPS, (*ADA[:3], "--output=x", ADA[4])),  # an option, where an argument is meant
        (SOPS, (*ADA[:4], "secrets/../people.yaml")),
        (SOPS, (*ADA[:4], "secrets/..")),
        (SOPS, (*ADA[:4], "secrets/a/people.yaml")),
        (SOPS, (*ADA[:4], "secrets/a\\people.yaml")),
        (SOPS, (*ADA[:4], "/etc/secrets/people.yaml")),
        (SOPS, (*ADA[:4], "secrets/people.yaml\n")),
        (("x", "**"), ("x", "../up")),
        (("x", "**"), ("x", "a/../up")),
        (("x", "**"), ("x", "..\\up")),
        (("x", "**"), ("x", "--all")),
        (("x", "../a/**"), ("x", "../a/../b")),
        (("x", "[a]?"), ("x", "ab")),
        (("x", "a.c"), ("x", "abc")),
        (("*",), ("x",)),
    ],
)
def test_a_pattern_does_not_allow(pattern: tuple[str, ...], argv: tuple[str, ...]) -> None:
    assert not matches(pattern, argv)


ALLOWED = AllowedSources((SOPS,), frozenset({"vault"}), "igz-apply.yaml", "igz-apply.yaml")
PINNED = AllowedSources((), frozenset(), "IGZ_SECRET_COMMANDS", "IGZ_SECRET_STORES", is_pinned=True)


@pytest.mark.parametrize(
    "ref",
    [
        SecretRef(from_env="A"),
        SecretRef(from_file="a"),
        SecretRef(from_command=ADA),
        SecretRef(from_store="vault", key="k"),
    ],
)
def test_what_is_allowed_is_not_refused(ref: SecretRef) -> None:
    assert ALLOWED.refusal(ref) is None


def test_a_refused_command_is_told_with_what_is_allowed_of_its_program() -> None:
    found = ALLOWED.refusal(SecretRef(from_command=("sops", "-d", "x y")))
    assert found is not None
    assert (found.summary, found.code) == ("Command not allowed", "IGZ-360")
    assert found.detail == (
        "comes from command sops -d 'x y', which igz-apply.yaml does not allow. "
        'Of this program it allows ["sops", "--decrypt", "--extract", "*", "secrets/*.yaml"].'
    )
    assert found.hint == (
        'Allow it there, below secrets.commands: ["sops", "-d", "x y"], with `*` for any text in an argument.'
    )


def test_a_refused_store_is_told() -> None:
    found = ALLOWED.refusal(SecretRef(from_store="vualt", key="k"))
    assert found is not None
    assert (found.summary, found.code) == ("Store not allowed", "IGZ-361")
    assert found.detail == "comes from store vualt, key k, and igz-apply.yaml does not allow that store."
    assert found.hint == "Did you mean vault? Allow vualt there, below secrets.stores."


@pytest.mark.parametrize("ref", [SecretRef(from_command=("sops",)), SecretRef(from_store="vault", key="k")])
def test_where_it_is_pinned_that_is_said(ref: SecretRef) -> None:
    found = PINNED.refusal(ref)
    assert found is not None
    assert found.detail.endswith("What the config allows does not count: IGZ_PINNED names secrets.")
    assert "IGZ_SECRET_" in found.detail
    assert "below secrets" not in found.hint
