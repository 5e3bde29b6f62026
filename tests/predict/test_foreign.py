"""Networks of the user's own: called as they say, and the same values however they are cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from regtrack.errors import MarkerError, NetworkError, PlanError
from regtrack.genome.sequence import Codes, reverse_complement
from regtrack.predict.calls import Calls
from regtrack.predict.description import NetworkDescription, OutputTrack
from regtrack.predict.fitted import Fitted
from regtrack.predict.foreign import module_digest
from regtrack.predict.forward import forward
from regtrack.predict.plain import as_network
from regtrack.predict.scores import scores
from regtrack.predict.two_strands import two_strands
from regtrack.predict.windows import blended
from tests.sweep.toys import Sequences, as_checkpoint, random_codes, small_model

CODES = random_codes(3_007, 5, [(0, 11), (700, 730)])
SOURCE = Sequences({"chr1": CODES, "chr2": random_codes(83, 6)})


class Weighted(nn.Module):
    """Each track is a weighted sum of what lies around its bin, counted exactly.

    A network with `of_call` also adds the sum of the whole call.
    """

    def __init__(self, *, around: int = 0, of_call: bool = False, **said: Any) -> None:
        super().__init__()
        self.description = NetworkDescription(
            "weighted", [OutputTrack("a"), OutputTrack("b", "assay")], **said
        )
        self.around, self.of_call = around, of_call
        self.shapes: list[tuple[int, ...]] = []

    def forward(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        self.shapes.append(tuple(codes.shape))
        (left, right), width = self.description.cropped, self.description.bin
        weights = torch.arange(1, 2 * self.around + 2, dtype=torch.float64) % 5 - 2
        x = nn.functional.pad(codes.double() + 1, (self.around, self.around))
        x = nn.functional.conv1d(x[:, None], weights[None, None])[
            ..., left : codes.shape[1] - right
        ]
        bins = x.unflatten(2, (-1, width)).sum(3)
        if self.of_call:
            bins = bins + codes.double().sum(1)[:, None, None]
        return torch.cat([bins * (row + 1) for row in rows], dim=1) / 256


def by_hand(network: Weighted, codes: Codes) -> np.ndarray:
    """The values (2, L) of one call for a whole chromosome, N around it.

    Windows of a fixed length see N there, also where they pad within.
    """
    (left, right), period = network.description.cropped, network.description.period
    more = 0 if network.description.length is None else 12
    after = right + more + -len(codes) % period
    padded = np.pad(codes, (left + more, after), constant_values=4)
    found = network(torch.as_tensor(padded)[None], [0, 1])[0]
    values = found.repeat_interleave(network.description.bin, 1).numpy()
    return values[:, more : more + len(codes)]


@pytest.fixture(autouse=True)
def small_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strips of some 200 bp instead of 250 kb."""
    monkeypatch.setattr("regtrack.predict.region.bases_at_once", lambda *_: 217)
    monkeypatch.setattr("regtrack.predict.reading.WINDOW", 50)
    monkeypatch.setattr("regtrack.predict.foreign._TRIED", 64)


EXACT: dict[str, dict[str, Any]] = {
    "cropped": {"crop": 9, "reach": 9},
    "cropped on one side": {"crop": (9, 12), "reach": 9},
    "padded within": {"reach": 9},
    "cropped less than it sees": {"crop": 4, "reach": 9},
    "bins": {"crop": 16, "reach": 9, "bin": 8},
    "a grid": {"crop": (16, 32), "reach": 9, "grid": 16},
    "windows": {"crop": 9, "reach": 9, "length": 98},
    "windows padded within": {"reach": 9, "length": 96, "bin": 4},
    "windows cropped less": {"crop": (4, 8), "reach": 9, "length": 96, "bin": 4},
}


@pytest.mark.parametrize("said", EXACT.values(), ids=EXACT)
@pytest.mark.parametrize("chrom", ["chr1", "chr2"])
def test_what_says_how_far_it_sees_gives_the_values_of_one_pass(
    chrom: str, said: dict[str, Any]
) -> None:
    network = Weighted(around=9, **said)
    assert Calls.of(network.description).seam == "exact"
    codes = SOURCE.codes(chrom, 0, SOURCE.assembly.length(chrom))
    expected = by_hand(network, codes)
    expected[:, codes == 4] = np.nan
    for start, end in ((0, len(codes)), (13, len(codes) - 1), (40, 41)):
        found = scores(network, SOURCE, f"{chrom}:{start + 1}-{end}")
        np.testing.assert_array_equal(found.values, expected[:, start:end].astype(np.float32))
    lengths = {shape[1] for shape in network.shapes}
    assert network.description.length is None or lengths == {
        network.description.length,
        len(codes) + 24 + sum(network.description.cropped)
        + -len(codes) % network.description.period,
    }  # fmt: skip


def test_windows_that_see_all_of_their_call_keep_what_is_not_cropped() -> None:
    network = Weighted(of_call=True, length=100, crop=(30, 20), bin=10)
    assert (Calls.of(network.description).seam, Calls.of(network.description).step) == (
        "centre", 50,
    )  # fmt: skip
    padded = np.pad(CODES, (30, 20 + 43), constant_values=4)
    expected = [
        network(torch.as_tensor(padded[start : start + 100])[None], [0, 1])[0]
        for start in range(0, len(CODES), 50)
    ]
    whole = torch.cat(expected, dim=1).repeat_interleave(10, 1).numpy()[:, : len(CODES)]
    whole[:, CODES == 4] = np.nan
    for start in (0, 77):
        found = scores(network, SOURCE, f"chr1:{start + 1}-{len(CODES)}").values
        np.testing.assert_array_equal(found, whole[:, start:].astype(np.float32))


def test_windows_that_crop_nothing_are_blended_by_their_distance_from_the_middle() -> None:
    network = Weighted(of_call=True, length=60)
    calls = Calls.of(network.description)
    assert (calls.seam, calls.step) == ("blend", 30)
    total, weight = np.zeros((2, len(CODES) + 120)), np.zeros(len(CODES) + 120)
    padded = np.pad(CODES, 60, constant_values=4)
    ramp = np.minimum(np.arange(60) + 1, 60 - np.arange(60))
    for start in range(30, len(CODES) + 60, 30):
        window = np.pad(padded, (0, 60), constant_values=4)[start : start + 60]
        values = network(torch.as_tensor(window)[None], [0, 1])[0].numpy()
        here = slice(start, min(start + 60, len(weight)))
        total[:, here] += (values * ramp)[:, : here.stop - start]
        weight[here] += ramp[: here.stop - start]
    expected = (total / np.maximum(weight, 1))[:, 60 : 60 + len(CODES)]
    expected[:, CODES == 4] = np.nan
    for start in (0, 45, 1_000):
        found = scores(network, SOURCE, f"chr1:{start + 1}-2,500").values
        np.testing.assert_allclose(found, expected[:, start:2_500], rtol=1e-5)


@pytest.mark.parametrize(("bins", "step"), [(8, 4), (9, 4), (7, 3)])
def test_the_weights_of_a_blend_add_up_to_one(bins: int, step: int) -> None:
    found = blended(torch.ones(2, 6, 1, bins), step)
    earlier = -(-bins // step) - 1
    assert found.shape == (2, 1, (6 - earlier) * step)
    torch.testing.assert_close(found, torch.ones_like(found))


def test_rows_padded_to_a_common_length_get_what_they_would_get_alone() -> None:
    for said in (EXACT["cropped"], EXACT["padded within"], EXACT["windows"]):
        network = Fitted(Weighted(around=9, **said))
        step, context = network.stride, 2 * network.calls.context
        lengths = np.array([5 * step, 2 * step]) + context
        codes = np.full((2, lengths[0]), 4, dtype=np.uint8)
        codes[0] = random_codes(len(codes[0]), 1)
        codes[1, : lengths[1]] = random_codes(lengths[1], 2)
        found = forward(network, codes, lengths=lengths)
        for row, length in enumerate(lengths):
            alone = forward(network, codes[row : row + 1, :length])
            np.testing.assert_array_equal(found[row, :, : alone.shape[2]], alone[0])


@pytest.mark.parametrize("name", ["cnn7", "dilated"])
def test_our_own_networks_can_be_described_in_the_same_words(name: str) -> None:
    model = small_model(name).float()
    source = Sequences({"chr1": CODES[:3_000]})  # whole multiples of the stride, as calls are
    checkpoint = as_checkpoint(model, source.assembly)

    class Described(nn.Module):
        description = NetworkDescription(
            name, checkpoint.marker_names, values="logits", grid=model.stride, reach=model.reach,
            unknown="code",
        )  # fmt: skip

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
            return self.model.logits(codes, rows)

    for logits in (False, True):
        expected = scores(checkpoint, source, "chr1", logits=logits)
        found = scores(Described(), source, "chr1", logits=logits)
        np.testing.assert_allclose(found.values, expected.values, rtol=0, atol=2e-6)
    assert not model.training


def conv(channels: int = 3) -> nn.Module:
    torch.manual_seed(1)
    return nn.Conv1d(4, channels, 11).eval()


def test_a_plain_module_needs_no_class() -> None:
    module = conv()
    network = as_network(
        module, ["acceptor", "donor"], crop=5, reach=5, activation="softmax", channels=[1, 2]
    )
    found = scores(network, SOURCE, "chr1")
    assert (found.model, found.markers) == ("conv1d", ("acceptor", "donor"))
    one_hot = np.pad(np.eye(5, 4, dtype=np.float32)[CODES], ((5, 5), (0, 0))).T
    with torch.inference_mode():
        expected = module(torch.as_tensor(one_hot)[None])[0].softmax(0)[1:].numpy()
    known = CODES != 4
    np.testing.assert_allclose(found.values[:, known], expected[:, known], rtol=0, atol=1e-6)
    assert np.isnan(found.values[:, ~known]).all()


@pytest.mark.parametrize(
    ("activation", "function", "values"),
    [
        ("none", lambda x: x, "signal"),
        ("sigmoid", lambda x: 1 / (1 + np.exp(-x)), "scores"),
        ("exp", np.exp, "signal"),
        ("expm1", np.expm1, "signal"),
        ("softplus", lambda x: np.log1p(np.exp(x)), "signal"),
    ],
)
def test_an_activation_is_applied_once(activation: Any, function: Any, values: str) -> None:
    def found(**said: Any) -> np.ndarray:
        return scores(
            as_network(conv(1), "t", crop=5, reach=5, **said), sequence="ACGTN" * 9
        ).values

    network = as_network(conv(1), "t", crop=5, reach=5, activation=activation)
    assert network.description.values == values
    np.testing.assert_allclose(found(activation=activation), function(found()), rtol=1e-5)
    np.testing.assert_allclose(found(values="logits"), found(activation="sigmoid"), rtol=1e-5)


class Mean(nn.Module):
    """Of rows of any layout, (B, positions): one channel, squeezed."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis
        self.weights = nn.Parameter(torch.tensor([1.0, 2.0, 3.0, 4.0]))

    def forward(self, x: Tensor) -> Tensor:
        return (x.movedim(self.axis, -1) * self.weights).sum(-1)


def test_layouts_and_n_are_as_named() -> None:
    for layout, axis in (("NCL", 1), ("NLC", 2)):
        for unknown, at_n in (("zeros", 0.0), ("quarter", 2.5)):
            network = as_network(Mean(axis), "t", layout=layout, unknown=unknown)
            found = network(torch.tensor([[0, 1, 2, 3, 4]], dtype=torch.uint8), [0])
            assert found.tolist() == [[[1, 2, 3, 4, at_n]]]


def test_both_strands_have_tracks_of_their_own_and_partners() -> None:
    module = conv(1)
    one = as_network(module, "site", crop=5, reach=5)
    network = two_strands(one)
    assert [track.name for track in network.description.outputs] == ["site.plus", "site.minus"]
    found = scores(network, SOURCE, "chr2")
    codes = SOURCE.codes("chr2", 0, 83)
    other = Sequences({"chr2": reverse_complement(codes)})
    np.testing.assert_array_equal(found["site.plus"], scores(one, SOURCE, "chr2").values[0])
    np.testing.assert_array_equal(found["site.minus"], scores(one, other, "chr2").values[0, ::-1])
    alone = scores(network, SOURCE, "chr2", markers="*.minus")
    np.testing.assert_array_equal(alone.values[0], found["site.minus"])
    # each track is averaged with its partner on the other strand, which says the same
    mean = scores(network, SOURCE, "chr2", reverse_complement=True)
    np.testing.assert_allclose(mean.values, found.values, rtol=1e-6)
    with pytest.raises(NetworkError, match="already has tracks of one strand"):
        two_strands(network)
    with pytest.raises(NetworkError, match="crops 5 bp on the left and 6 on the right"):
        two_strands(as_network(module, "site", crop=(5, 6)))


def test_what_it_does_not_give_is_refused() -> None:
    network = as_network(conv(1), OutputTrack("t", strand="+"), crop=5, reach=5)
    with pytest.raises(PlanError, match="`logits` was requested, but conv1d gives signal"):
        scores(network, SOURCE, "chr2", logits=True)
    with pytest.raises(PlanError, match="tracks of one strand without a partner"):
        scores(network, SOURCE, "chr2", reverse_complement=True)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"tracks": []}, "has no tracks"),
        ({"tracks": ["a", "b", "a"]}, 'two tracks called "a"'),
        ({"tracks": [OutputTrack("a", strand="+", partner="z")]}, '"z", is no track of net'),
        ({"crop": -1}, "`crop` is -1; expected bp, or two numbers"),
        ({"reach": (1, 2, 3)}, "`reach` is"),
        ({"bin": 0}, "`bin` is 0 bp; expected at least 1"),
        ({"length": 0}, "`length` is 0 bp; expected at least 1, or None"),
        ({"length": "100"}, '`length` is "100" bp; expected at least 1'),
        ({"values": "probabilities"}, '`values` is "probabilities"; expected logits, scores'),
        ({"length": 100, "bin": 8}, "which leaves 100; expected a multiple of the 8 bp"),
        ({"length": 100, "crop": 50}, "which leaves 0"),
        ({"length": 100, "grid": 8}, "no multiple of its grid of 8 bp"),
    ],
)
def test_descriptions_that_contradict_themselves_are_refused(
    said: dict[str, Any], problem: str
) -> None:
    with pytest.raises(NetworkError, match=problem):
        NetworkDescription(**{"name": "net", "tracks": ["a"]} | said)


def test_names_become_those_of_files() -> None:
    with pytest.raises(MarkerError, match="cannot name a marker"):
        OutputTrack("a/b")
    with pytest.raises(MarkerError, match="cannot name a marker"):
        NetworkDescription("a/b", ["a"])


class Wrong(Weighted):
    """It does as it is told with the right outputs."""

    def __init__(self, change: Any, **said: Any) -> None:
        super().__init__(**said)
        self.change = change

    def forward(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        return self.change(super().forward(codes, rows), rows)


def stop(found: Tensor, rows: Sequence[int]) -> Tensor:
    raise ValueError("no such head\nand more")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda x, _: x[:, :1], r"gives a tensor of shape \(2, 1, 64\) for 2 x 64 bp and 2 of its"),
        (
            lambda x, _: x[..., 1:],
            r"shape \(2, 2, 63\) for .*; expected a tensor of shape \(2, 2, 64",
        ),
        (lambda x, _: {"a": x}, "gives a value of type dict for"),
        (lambda x, _: x.long(), "gives torch.int64; expected floating point"),
        (lambda x, rows: x if len(rows) > 1 else x + 1, "gives other values for its track b alone"),
        (stop, r"raised ValueError: no such head \(.*test_foreign.py, line \d+\); correct it"),
        (
            lambda x, _: nn.Linear(3, 3)(x),
            r"raised RuntimeError: .* \(.*test_foreign.py, line \d+\)",
        ),
    ],
)
def test_the_first_call_finds_what_is_not_as_described(change: Any, problem: str) -> None:
    with pytest.raises(NetworkError, match=problem) as caught:
        scores(Wrong(change), SOURCE, "chr1")
    assert "\n" not in str(caught.value)


def test_an_error_within_torch_is_not_to_be_corrected_there() -> None:
    network = as_network(nn.Conv1d(5, 1, 11), "a", crop=5)
    with pytest.raises(NetworkError, match=r"raised RuntimeError: [^()]*; correct how it is made"):
        scores(network, SOURCE, "chr2")


def test_the_channels_of_a_module_are_counted() -> None:
    with pytest.raises(NetworkError, match="gives 3 channels for its 2 tracks"):
        scores(as_network(conv(), ["a", "b"], crop=5), SOURCE, "chr2")
    with pytest.raises(NetworkError, match="there is no channel 3; expected 0 to 2"):
        scores(as_network(conv(), ["a", "b"], crop=5, channels=[0, 3]), SOURCE, "chr2")
    with pytest.raises(NetworkError, match="found 1 `channels` for 2 tracks"):
        as_network(conv(), ["a", "b"], channels=[0])
    with pytest.raises(NetworkError, match='`layout` is "LCN"; expected NCL, NLC'):
        as_network(conv(), ["a"], layout="LCN")  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [nn.Linear(3, 3), object()])
def test_what_has_no_description_is_refused(given: Any) -> None:
    with pytest.raises(NetworkError, match=r"found \w.* without a description; expected a torch"):
        scores(given, SOURCE, "chr2")


def test_a_digest_tells_weights_apart() -> None:
    one, same, other = conv(), conv(), conv()
    with torch.no_grad():
        other.weight[0, 0, 0] += 1e-6
    tied = nn.ModuleDict({"a": one, "b": one})
    assert module_digest(one) == module_digest(same) != module_digest(other)
    assert module_digest(tied) == module_digest(nn.ModuleDict({"a": one, "b": same}))
    assert module_digest(one.half()) != module_digest(same)
