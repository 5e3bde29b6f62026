"""Lists of names as users write them: separated by commas, though a name may hold commas itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable


def split_names(
    lists: Iterable[str],
    names: Collection[str],
    find: Callable[[str], object] | None = None,
    *,
    commas: int = 0,
) -> tuple[str, ...]:
    """The single names in lists separated by commas; each is looked up before it is split.

    Of several ways to split a list, the longest names that exist count.

    Args:
        lists: one or several lists; empty parts are left out, but an empty list is one empty name,
            which does not exist, since it is not meant as "all".
        names: those that exist.
        find: whether a text names one of them; default: it equals one.
        commas: the most in a text that `find` knows, if more than in any of the names.

    >>> split_names(["chr1, HLA,1,", "X"], ["chr1", "HLA,1"])
    ('chr1', 'HLA,1', 'X')
    """
    known = find or frozenset(names).__contains__
    longest = 1 + max([commas, *(name.count(",") for name in names)])  # parts of one name
    found: list[str] = []
    for text in lists:
        parts = text.split(",")
        single = []
        at = 0
        while at < len(parts):
            ends = range(min(at + longest, len(parts)), at + 1, -1)
            end = next((end for end in ends if known(",".join(parts[at:end]).strip())), at + 1)
            single.append(",".join(parts[at:end]).strip())
            at = end
        found += filter(None, single) if any(single) else [""]
    return tuple(found)
