"""What is said of a fault that nobody foresaw."""

from __future__ import annotations

import pytest

from igz_apply.wording.fault_words import defect, frames_of, lack_of


def fail(text: str, cause: BaseException | None = None) -> None:
    if cause is not None:
        raise ValueError(text) from cause
    raise ValueError(text)


def raised(text: str, cause: BaseException | None = None) -> BaseException:
    try:
        fail(text, cause)
    except ValueError as error:
        return error
    raise AssertionError


def test_a_defect_is_named_by_type_and_place_and_never_by_its_text() -> None:
    assert defect(raised("hunter2")).startswith("ValueError in fail, line ")
    assert "hunter2" not in defect(raised("hunter2"))
    assert defect(KeyError("hunter2")) == "KeyError"


def test_its_tracebacks_are_told_without_their_texts_and_with_what_they_come_of() -> None:
    told = frames_of(raised("hunter2", raised("hunter3")))
    assert told.count("Traceback (most recent call last):") == 2
    assert told.count("ValueError") == told.count("\nValueError") + told.count("raise ValueError")
    assert "\n\nThen:\n\n" in told
    assert "hunter" not in told


def test_an_error_that_was_met_while_another_was_handled_is_told_too_unless_it_was_left_out() -> None:
    def handle(*, quietly: bool) -> str:
        try:
            try:
                fail("one")
            except ValueError:
                if quietly:
                    raise KeyError("two") from None
                raise KeyError("two")  # noqa: B904 - what is tested
        except KeyError as error:
            return frames_of(error)
        raise AssertionError

    assert "Then:" in handle(quietly=False)
    assert "Then:" not in handle(quietly=True)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "There is not enough memory."),
        (RuntimeError("can't start new thread"), "may not start as many threads"),
        (ImportError("no libfoo"), "cannot be loaded: no libfoo."),
    ],
)
def test_what_the_process_lacks_is_no_defect(error: Exception, said: str) -> None:
    found = lack_of(error)
    assert found is not None
    assert said in found[0]
    assert found[1].endswith(".")


def test_other_errors_are_no_lack() -> None:
    assert lack_of(RuntimeError("other")) is None
    assert lack_of(KeyError("start new thread")) is None
