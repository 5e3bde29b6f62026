"""The precisions that networks run and train in; torch is not loaded to name them."""

from __future__ import annotations

from regtrack.errors import DeviceError, invalid

PRECISIONS = ("fp32", "bf16")


def check_precision(precision: str) -> str:
    """The precision, if it is one.

    Raises:
        DeviceError: neither `fp32` nor `bf16`.
    """
    if precision not in PRECISIONS:
        raise DeviceError(invalid("precision", precision, " or ".join(PRECISIONS)))
    return precision
