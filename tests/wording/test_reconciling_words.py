"""What rounds are for is said in a sentence."""

from __future__ import annotations

import pytest

from igz_apply.model.reconciling import Mode, Reconciling
from igz_apply.wording.reconciling_words import rounds_words


@pytest.mark.parametrize(
    ("modes", "said"),
    [
        ({}, "a round every 10m00s; what differs is told of, and nothing is healed, as no mode says so"),
        ({"*": "tell", "User": "tell"}, "nothing is healed, as no mode says so"),
        ({"User": "heal", "Group": "heal"}, "what differs of Group and User is healed, all else is told of"),
        ({"*": "heal"}, "all that differs is healed"),
        ({"*": "heal", "User": "tell", "Group": "heal"}, "all that differs is healed but User"),
    ],
)
def test_a_sentence_says_how_often_rounds_come_and_what_they_heal(modes: dict[str, str], said: str) -> None:
    assert rounds_words(Reconciling(modes={kind: Mode(mode) for kind, mode in modes.items()})).endswith(said)
