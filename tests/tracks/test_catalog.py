"""The catalog: which tracks are found at paths, their ids, and which paths are refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from small_tracks import write_bigwig, write_sweep

from regtrack.errors import MarkerError, TrackError
from regtrack.files.records import to_text
from regtrack.labels.marker import Marker
from regtrack.model_style import style_of
from regtrack.tracks.build_catalog import build_catalog

ONES = {"chr2": np.ones(500, np.float32), "chr10": np.ones(900, np.float32)}
TRACKS = {"K562_CTCF": ONES, "K562_DNase": ONES}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    write_sweep(tmp_path / "sweeps" / "small", "cnn7", TRACKS)
    write_sweep(tmp_path / "sweeps" / "wide", "dilated", TRACKS, "logits")
    write_bigwig(tmp_path / "sweeps" / "my signal (1).bw", ONES)
    return tmp_path


def test_a_folder_of_sweeps_and_bigwigs(house: Path) -> None:
    catalog = build_catalog([house / "sweeps"])
    assert [(model.id, model.architecture) for model in catalog.models] == [
        ("cnn7", "cnn7"),
        ("dilated", "dilated"),
    ]
    assert [(track.id, track.kind, track.model, track.marker) for track in catalog.tracks] == [
        ("cnn7.K562_CTCF", "scores", "cnn7", "K562_CTCF"),
        ("cnn7.K562_DNase", "scores", "cnn7", "K562_DNase"),
        ("dilated.K562_CTCF", "logits", "dilated", "K562_CTCF"),
        ("dilated.K562_DNase", "logits", "dilated", "K562_DNase"),
        ("my-signal-1", "signal", None, None),
    ]
    assert catalog.assembly.names == ("chr2", "chr10")
    assert catalog.assembly.lengths == (500, 900)
    assert [track.id for track in catalog.others] == ["my-signal-1"]
    assert catalog.find("dilated", "K562_DNase") == catalog.track("dilated.K562_DNase")
    assert catalog.find("dilated", "other") is None
    assert catalog.model("cnn7").tracks == catalog.tracks[:2]
    assert [model.label for model in catalog.models] == ["CNN7", "DILATED"]
    assert catalog.tracks[0].label == "CNN7 K562_CTCF"


def test_a_models_pooling_is_in_its_title_but_not_in_its_id(house: Path) -> None:
    path = house / "sweeps" / "wide" / "sweep.json"
    record = json.loads(path.read_text())
    record["checkpoint"]["config"] = {"pooling": "max", "hidden": 125}
    path.write_text(json.dumps(record))
    model = build_catalog([house / "sweeps"]).model("dilated")
    assert model.style == style_of("dilated", {"pooling": "max"})
    record["checkpoint"]["config"] = "max"
    path.write_text(json.dumps(record))
    with pytest.raises(TrackError, match="is damaged"):
        build_catalog([house / "sweeps"])


def test_equal_architectures_are_distinguished_by_their_folders(house: Path) -> None:
    write_sweep(house / "other" / "small", "cnn7", TRACKS)
    catalog = build_catalog([house / "sweeps" / "small", house / "other"])
    assert [model.id for model in catalog.models] == ["sweeps-small", "other-small"]
    labels = [model.label for model in catalog.models]
    assert labels == ["CNN7 (sweeps/small)", "CNN7 (other/small)"]
    again = build_catalog([house / "sweeps" / "small", house / "other"])
    assert again.tracks == catalog.tracks


def test_sweeps_are_found_at_any_depth(house: Path) -> None:
    deep = house / "years" / "2026" / "march"
    write_sweep(deep / "runs" / "third", "bi-lstm", TRACKS)
    write_bigwig(deep / "signal.bw", ONES)
    write_sweep(house / "years" / ".hidden" / "x", "cnn1", TRACKS)
    write_sweep(house / "years" / "x.partial", "cnn1", TRACKS)
    (house / "years" / "again").symlink_to(house / "years")
    catalog = build_catalog([house / "years"])
    assert [model.id for model in catalog.models] == ["bi-lstm"]
    assert [track.id for track in catalog.others] == ["signal"]
    assert len(build_catalog([house]).models) == 3


def test_a_model_keeps_the_name_that_it_was_given(house: Path) -> None:
    write_sweep(house / "other" / "small", "cnn7", TRACKS)
    small, other = house / "sweeps" / "small", house / "other"
    paths = [small, other, house / "sweeps" / "wide"]
    catalog = build_catalog(paths, names={small: "mine", other: "CNN7"})
    assert [(model.id, model.label) for model in catalog.models] == [
        ("mine", "mine"), ("CNN7", "CNN7"), ("dilated", "DILATED"),
    ]  # fmt: skip
    assert catalog.tracks[0].id == "mine.K562_CTCF"
    alone = build_catalog([small], names={small: "mine"})
    assert alone.models[0].label == "mine"
    assert len({model.style.light for model in catalog.models}) == 3


def test_a_name_is_that_of_one_model(house: Path) -> None:
    with pytest.raises(TrackError, match="has 2 sweeps of scores"):
        build_catalog([house], names={house: "mine"})
    both = {house / "sweeps" / name: "mine" for name in ("small", "wide")}
    with pytest.raises(TrackError, match="two models are called"):
        build_catalog(list(both), names=both)


def test_paths_given_twice_are_listed_once(house: Path) -> None:
    one = build_catalog([house / "sweeps"])
    two = build_catalog([house / "sweeps", house / "sweeps" / "small", house / "sweeps"])
    assert two.tracks == one.tracks


def test_markers_are_known_or_guessed(house: Path) -> None:
    known = Marker("K562_CTCF", "TF", "K562 cells", "CTCF", "ethanol")
    unseen = Marker("HeLa_MAX", "TF", "HeLa", "MAX")
    catalog = build_catalog([house / "sweeps"], [known, unseen])
    assert catalog.markers == (known, unseen, Marker("K562_DNase", "TF", "K562", "DNase"))
    assert catalog.marker("HeLa_MAX") == unseen


def test_unknown_ids_are_refused_in_short_messages(house: Path) -> None:
    catalog = build_catalog([house / "sweeps"])
    with pytest.raises(TrackError, match=r'Did you mean "cnn7\.K562_CTCF"'):
        catalog.track("cnn7.K562_CTC")
    for hostile in ["../../etc/passwd", "/etc/passwd", "", "x" * 5000, str(house)]:
        with pytest.raises(TrackError) as caught:
            catalog.track(hostile)
        assert len(str(caught.value)) < 200
        with pytest.raises(TrackError):
            catalog.model(hostile)
        with pytest.raises(MarkerError):
            catalog.marker(hostile)


def test_a_record_cannot_lead_out_of_its_folder(house: Path) -> None:
    write_bigwig(house / "secret.bw", ONES)
    path = house / "sweeps" / "small" / "sweep.json"
    record = json.loads(path.read_text())
    for name in ("../../secret.bw", "/secret.bw", "a/b.bw", "a\\b.bw", "..", "", "a\0b"):
        record["tracks"][0]["file"] = name
        path.write_text(json.dumps(record))
        with pytest.raises(TrackError, match=r"damaged: .* is not the name of a file"):
            build_catalog([house / "sweeps"])


def test_a_file_of_another_size_than_recorded_is_refused(house: Path) -> None:
    small = house / "sweeps" / "small"
    record = json.loads((small / "sweep.json").read_text())
    for track in record["tracks"]:
        track["size"] = (small / track["file"]).stat().st_size
    (small / "sweep.json").write_text(json.dumps(record))
    assert build_catalog([small]).models
    file = small / record["tracks"][0]["file"]
    file.write_bytes(file.read_bytes() + b"x")
    size = file.stat().st_size
    with pytest.raises(
        TrackError, match=f"has {size:,} bytes, but its sweep.json says {size - 1:,}"
    ):
        build_catalog([small])


def test_a_sealed_record_whose_tracks_were_swapped_is_refused(house: Path) -> None:
    path = house / "sweeps" / "small" / "sweep.json"
    record = {**json.loads(path.read_text()), "format": 4}
    path.write_text(to_text(record))
    assert build_catalog([house / "sweeps" / "small"]).models
    changed = json.loads(path.read_text())
    changed["tracks"][0]["marker"] = "K562_other"
    path.write_text(json.dumps(changed))
    with pytest.raises(TrackError, match=r'damaged: its content does not match its "digest"'):
        build_catalog([house / "sweeps"])
    del changed["digest"]
    path.write_text(json.dumps(changed))
    with pytest.raises(TrackError, match=r'damaged: it lacks its "digest"'):
        build_catalog([house / "sweeps"])


def test_paths_without_tracks_are_refused(house: Path, tmp_path: Path) -> None:
    small = house / "sweeps" / "small"
    empty = tmp_path / "empty"
    empty.mkdir()
    small.rename(small.with_name("small.partial"))
    text = tmp_path / "t.bw"
    text.write_text("chr1 0 10 1\n" * 20)
    for paths, message in [
        ([], "no path was given"),
        ([empty], "contains no sweep.json, no sweep and no bigWig"),
        ([tmp_path / "none"], "nothing at"),
        ([small], "not finished"),
        ([small.with_name("small.partial")], "not finished"),
        ([text], "is a BED file; expected a bigWig"),
    ]:
        with pytest.raises(TrackError, match=message) as caught:
            build_catalog(paths)
        assert "\n" not in str(caught.value)


def test_files_of_two_assemblies_are_refused(house: Path) -> None:
    other = write_bigwig(house / "other.bw", {"10": np.ones(901, np.float32)})
    with pytest.raises(
        TrackError, match=r"chr10 is 900 bp in .* and 901 bp in .*other\.bw \(named 10 there\)"
    ):
        build_catalog([house / "sweeps", other])
    same = write_bigwig(house / "same.bw", {"10": np.ones(900, np.float32)})
    assert build_catalog([house / "sweeps", same]).assembly.names == ("chr2", "chr10")


def test_a_truncated_file_is_refused(house: Path) -> None:
    whole = write_bigwig(house / "whole.bw", {"1": np.arange(90_000, dtype=np.float32)})
    data = whole.read_bytes()
    cut = house / "cut.bw"
    cut.write_bytes(data[:-4])  # not every writer ends with the magic number
    assert build_catalog([cut]).tracks
    for size in range(len(data) // 8, len(data) - 100, len(data) // 8):
        cut.write_bytes(data[:size])
        with pytest.raises(TrackError, match="truncated") as caught:
            build_catalog([cut])
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("record", ["[]", "{", '{"checkpoint": {"model": "x"}}', "{}"])
def test_a_damaged_record_is_named(house: Path, record: str) -> None:
    (house / "sweeps" / "small" / "sweep.json").write_text(record)
    with pytest.raises(TrackError, match=r"sweep\.json is damaged"):
        build_catalog([house / "sweeps"])


def write_saliency(folder: Path, weights: str) -> Path:
    """A sweep of saliency by a network of these weights."""
    write_sweep(folder, "cnn7", {"K562_CTCF": ONES, "K562_DNase": ONES}, "gradient-x-input of all")
    record = json.loads((folder / "sweep.json").read_text())
    record["checkpoint"]["weights"] = weights
    kinds = ("saliency", "absolute saliency")
    for track, kind in zip(record["tracks"], kinds, strict=True):
        track |= {"marker": "K562_CTCF", "values": kind}
    (folder / "sweep.json").write_text(json.dumps(record))
    return folder


def test_saliency_is_named_as_the_model_that_it_explains(house: Path) -> None:
    scores = house / "sweeps" / "small"
    record = json.loads((scores / "sweep.json").read_text())
    record["checkpoint"]["weights"] = "a"
    (scores / "sweep.json").write_text(json.dumps(record))
    mine = write_saliency(house / "mine", "a")
    catalog = build_catalog([mine, scores])
    assert [track.id for track in catalog.tracks] == [
        "cnn7.K562_CTCF", "cnn7.K562_DNase",
        "cnn7.K562_CTCF.saliency", "cnn7.K562_CTCF.absolute-saliency",
    ]  # fmt: skip
    assert {track.style for track in catalog.tracks} == {catalog.models[0].style}
    # that of another network has a name of its own, and none of a model
    other = write_saliency(house / "other", "b")
    catalog = build_catalog([other, scores, mine])
    assert [model.label for model in catalog.models] == ["CNN7 (small)"]
    assert [sweep.label for sweep in catalog.other_sweeps] == ["CNN7 (other)", "CNN7 (small)"]
    assert {track.model for track in catalog.others} == {None}
    assert len({track.id for track in catalog.tracks}) == 6
    assert catalog.find("small", "K562_CTCF") == catalog.models[0].tracks[0]
    with pytest.raises(TrackError, match='no model has the id "other"'):
        catalog.model("other")


def test_saliency_without_scores_names_its_markers_and_no_model(house: Path) -> None:
    catalog = build_catalog([write_saliency(house / "mine", "a")])
    assert (catalog.models, catalog.markers) == ((), ())
    assert [track.marker for track in catalog.others] == ["K562_CTCF", "K562_CTCF"]
    assert catalog.others[0].label == "CNN7 K562_CTCF saliency"


def test_a_sweep_of_a_later_version_is_refused(house: Path) -> None:
    path = house / "sweeps" / "small" / "sweep.json"
    record = json.loads(path.read_text())
    record["tracks"][0]["values"] = "counts"
    path.write_text(json.dumps(record))
    with pytest.raises(TrackError, match=r'cnn7\.K562_CTCF\.bw holds "counts"'):
        build_catalog([house / "sweeps"])
