"""The methods of saliency: names, meaning of the values, and limits.

Their computation is in `regtrack.saliency.steps`, which imports torch; this file does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regtrack.errors import SaliencyError, invalid


@dataclass(frozen=True)
class Method:
    """A way to quantify the effect of bases on selected outputs of a model.

    Attributes:
        name: for users.
        title: meaning of the values, as the label of an axis.
        per_letter: four values per base, one for each letter that could be there, instead of one.
        letters: meaning of the height of a base's letter, if it is not the value itself.
        complete: whether it reports what its values add up to, and what they should.
        most_bases: the longest region that it accepts (bp); None: any.
    """

    name: str
    title: str
    per_letter: bool = False
    letters: str = ""
    complete: bool = False
    most_bases: int | None = None

    def __str__(self) -> str:
        return self.name

    def shape(self, bases: int) -> tuple[int, ...]:
        """The shape of its values for this many bases."""
        return (bases, 4) if self.per_letter else (bases,)


GRADIENT_NORM = Method("gradient-norm", "Norm of the gradient")
GRADIENT_X_INPUT = Method("gradient-x-input", "Gradient × input")
INTEGRATED_GRADIENTS = Method("integrated-gradients", "Integrated gradients", complete=True)
ISM = Method(
    "ism",
    "Effect of substitution",
    per_letter=True,
    letters="Mean loss by substitution",
    most_bases=5_000,  # each is substituted three times
)

METHODS: Mapping[str, Method] = {
    method.name: method for method in (GRADIENT_NORM, GRADIENT_X_INPUT, INTEGRATED_GRADIENTS, ISM)
}


def find_method(name: str) -> Method:
    """The method with this name.

    Raises:
        SaliencyError: there is none.
    """
    if name not in METHODS:
        raise SaliencyError(invalid("method", name, ", ".join(METHODS)))
    return METHODS[name]
