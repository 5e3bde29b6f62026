"""The methods of saliency: what each is called, what its values are, and how far it goes.

What a method computes stands in `regtrack.saliency.steps`, which loads torch; this file does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regtrack.errors import SaliencyError


@dataclass(frozen=True)
class Method:
    """A way to say what the bases of a sequence are to the chosen outputs of a model.

    Attributes:
        name: what a user calls it.
        title: what its values are, as the name of an axis.
        per_letter: four values per base, one for each letter that might stand there, instead of
            one.
        letters: what the height of a base's letter is, where that is not the value itself.
        complete: whether it tells what its values add up to, and what they should.
        most_bases: the longest region that it takes (bp); None takes any.
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
        """The shape of its values of so many bases."""
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
    """A method by its name.

    Raises:
        SaliencyError: there is none of this name.
    """
    if name not in METHODS:
        raise SaliencyError(f'method "{name}"; expected {", ".join(METHODS)}')
    return METHODS[name]
