"""The spellings of a chromosome's name: the one rule by which names of two files are bridged.

`1`, `chr1`, `Chr1` and `CHR1` are one chromosome. So are the names of mitochondria (`chrM`, `MT`,
`Mt`, `MtDNA`, ...) and those of plastids (`Pt`, `ChrC`, `chloroplast`, ...).
"""

from __future__ import annotations

from collections.abc import Iterable

_ORGANELLES = {
    **dict.fromkeys(("m", "mt", "mtdna", "mito", "mitochondria", "mitochondrion"), "mitochondria"),
    **dict.fromkeys(("pt", "cp", "ptdna", "cpdna", "plastid", "chloroplast"), "plastid"),
}


class Spellings:
    """Finds names in other spellings.

    Args:
        names: the names to find, each once.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._alike: dict[str, str | list[str]] = {}  # a list only of several: names are many
        for name in names:
            folded = _folded(name)
            one = self._alike.setdefault(folded, name)
            if isinstance(one, list):
                one.append(name)
            elif one is not name:
                self._alike[folded] = [one, name]

    def find(self, name: str) -> str | None:
        """The name that another spells; None if none does, or several do equally closely.

        The closest spelling counts: first an equal name, then one that differs in `chr` alone, then
        in capitals too, then another name of the same organelle.

        >>> Spellings(["chr1", "chrM", "chrMT"]).find("MT")
        'chrMT'
        >>> Spellings(["chr1", "chrM", "chrMT"]).find("MtDNA") is None
        True
        """
        alike = self._alike.get(_folded(name))
        if alike is None:
            return None
        if isinstance(alike, str):
            return alike
        for spell in (str, _bare, _lower, _folded):
            same = [other for other in alike if spell(other) == spell(name)]
            if same:
                return same[0] if len(same) == 1 else None
        return None


def _bare(name: str) -> str:
    """A name without `chr`, in any capitals."""
    return name[3:] if name[:3].lower() == "chr" and len(name) > 3 else name


def _lower(name: str) -> str:
    return _bare(name).lower()


def _folded(name: str) -> str:
    """What all spellings of a name share."""
    lower = name.lower()
    if lower == "chrc":  # the plastid of plants; C alone is a chromosome
        return "plastid"
    lower = lower[3:] if lower.startswith("chr") and len(lower) > 3 else lower
    return _ORGANELLES.get(lower, lower)
