from __future__ import annotations

import pytest

from igz_apply.emulator.iguazio3.vocabulary import is_strong_password
from igz_apply.iguazio3.user import lacking_in_password


@pytest.mark.parametrize(
    ("password", "lacking"),
    [
        ("Aa1!aaaa", ""),
        ("Aa1!aaa", "at least 8 characters"),
        ("aa1!aaaa", "an upper case letter"),
        ("AA1!AAAA", "a lower case letter"),
        ("Aab!aaaa", "a digit"),
        ("Aa1aaaaa", "one of !@#$%^&*"),
        ("", "at least 8 characters, an upper case letter, a lower case letter, a digit, one of !@#$%^&*"),
    ],
)
def test_what_a_password_lacks_is_said_without_it(password: str, lacking: str) -> None:
    assert lacking_in_password(password) == lacking
    assert is_strong_password(password) == (not lacking)
