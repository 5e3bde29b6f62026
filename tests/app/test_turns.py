"""Which requests of a page are still wanted."""

from __future__ import annotations

from regtrack_app.turns import Turns


def test_a_later_turn_ends_the_earlier_ones_of_its_page() -> None:
    turns = Turns()
    first, other = turns.take("a", 1), turns.take("b", 1)
    assert first()
    again = turns.take("a", 1)
    assert first()
    assert again()
    second = turns.take("a", 2)
    assert [first(), again(), second(), other()] == [False, False, True, True]
    assert not turns.take("a", 1)()  # it came late
    assert second()


def test_pages_without_a_name_do_not_end_each_other() -> None:
    turns = Turns()
    assert all(one() for one in [turns.take("", turn) for turn in (1, 3, 2)])
