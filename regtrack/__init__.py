"""Regulatory markers from DNA, as genome browser tracks.

Most commands are one function here. Names are imported on first use, so `import regtrack` is fast.

    import regtrack

    regtrack.build_dataset("hg38.fa", "markers.tsv", "dataset")
    regtrack.train("dataset", "run")
    regtrack.predict_genome("run/checkpoint.safetensors", "hg38.fa", "tracks")
    regtrack.scores("run/checkpoint.safetensors", "hg38.fa", "chr1:1,000,001-1,025,000")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regtrack_app.view import view

    from regtrack.benchmark.run import run_benchmark
    from regtrack.calls.rule import CallRule
    from regtrack.calls.run import call_peaks
    from regtrack.calls.summary import CallSummary
    from regtrack.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
    from regtrack.compare.measure_region import measure_region
    from regtrack.compare.open_sources import open_sources
    from regtrack.compare.ranking import rank_windows
    from regtrack.compare.result import Comparison
    from regtrack.compare.run import ComparisonRequest, compare_tracks
    from regtrack.compare.scoreboard import score_models
    from regtrack.compare.sources import Sources
    from regtrack.dataset.build import build_dataset
    from regtrack.dataset.spec import DatasetSpec, SplitSpec
    from regtrack.dataset.store import Dataset
    from regtrack.dataset.summary import BuildSummary
    from regtrack.demo import run_demo
    from regtrack.errors import RegtrackError
    from regtrack.evaluation.calibrate import Calibrated, calibrate
    from regtrack.evaluation.report import evaluate
    from regtrack.fetch.choose import FetchRequest
    from regtrack.fetch.run import fetch_data, plan_fetch
    from regtrack.fetch.summary import FetchPlan, FetchSummary
    from regtrack.figures.output import write_saliency
    from regtrack.genome.interval import Interval, parse_region
    from regtrack.genome.reference import Reference
    from regtrack.inspection import describe
    from regtrack.measures.measure import measure
    from regtrack.model_check.check import check_model
    from regtrack.model_check.values import ModelCheck
    from regtrack.models.registry import build_model
    from regtrack.predict.description import NetworkDescription, OutputTrack
    from regtrack.predict.named import NetworkSource, save_network
    from regtrack.predict.one_hot import OneHotNetwork
    from regtrack.predict.plain import as_network
    from regtrack.predict.scores import RegionScores, scores
    from regtrack.predict.stepped import with_step
    from regtrack.predict.transformed import transformed
    from regtrack.predict.two_strands import two_strands
    from regtrack.saliency.compare import SaliencyRequest, compare_saliency
    from regtrack.saliency.gradient import gradient_saliency
    from regtrack.saliency.mutagenesis import mutagenesis
    from regtrack.saliency.receptive_field import effective_receptive_field
    from regtrack.saliency.region import saliency_of_region
    from regtrack.saliency.tracks import saliency_tracks
    from regtrack.search.request import SearchPlan
    from regtrack.search.results import SearchResult
    from regtrack.search.run import run_search
    from regtrack.search.space import Space
    from regtrack.search.space_file import default_space, read_space
    from regtrack.simulation.genome import simulate
    from regtrack.sweep.assemble import assemble_genome
    from regtrack.sweep.cluster import on_dask
    from regtrack.sweep.request import Compute, Selection, Storage, SweepRequest
    from regtrack.sweep.run import forecast_sweep, predict_genome, run_share, run_sweep
    from regtrack.sweep.summary import Forecast, ShareSummary, SweepSummary
    from regtrack.tracks.bigwig.validate import validate
    from regtrack.training.config import Hardware, TrainingConfig
    from regtrack.training.defaults import recipe
    from regtrack.training.fit import TrainingResult, train
    from regtrack.version import __version__

_HOMES = {
    "BuildSummary": "regtrack.dataset.summary",
    "Calibrated": "regtrack.evaluation.calibrate",
    "CallRule": "regtrack.calls.rule",
    "CallSummary": "regtrack.calls.summary",
    "Checkpoint": "regtrack.checkpoint",
    "Comparison": "regtrack.compare.result",
    "ComparisonRequest": "regtrack.compare.run",
    "Compute": "regtrack.sweep.request",
    "Dataset": "regtrack.dataset.store",
    "DatasetSpec": "regtrack.dataset.spec",
    "FetchPlan": "regtrack.fetch.summary",
    "FetchRequest": "regtrack.fetch.choose",
    "FetchSummary": "regtrack.fetch.summary",
    "Forecast": "regtrack.sweep.summary",
    "Hardware": "regtrack.training.config",
    "Interval": "regtrack.genome.interval",
    "Reference": "regtrack.genome.reference",
    "ModelCheck": "regtrack.model_check.values",
    "NetworkDescription": "regtrack.predict.description",
    "NetworkSource": "regtrack.predict.named",
    "OneHotNetwork": "regtrack.predict.one_hot",
    "OutputTrack": "regtrack.predict.description",
    "RegionScores": "regtrack.predict.scores",
    "RegtrackError": "regtrack.errors",
    "SaliencyRequest": "regtrack.saliency.compare",
    "SearchPlan": "regtrack.search.request",
    "SearchResult": "regtrack.search.results",
    "Selection": "regtrack.sweep.request",
    "ShareSummary": "regtrack.sweep.summary",
    "Sources": "regtrack.compare.sources",
    "Space": "regtrack.search.space",
    "SplitSpec": "regtrack.dataset.spec",
    "Storage": "regtrack.sweep.request",
    "SweepRequest": "regtrack.sweep.request",
    "SweepSummary": "regtrack.sweep.summary",
    "TrainingConfig": "regtrack.training.config",
    "TrainingResult": "regtrack.training.fit",
    "__version__": "regtrack.version",
    "as_network": "regtrack.predict.plain",
    "assemble_genome": "regtrack.sweep.assemble",
    "build_dataset": "regtrack.dataset.build",
    "build_model": "regtrack.models.registry",
    "check_model": "regtrack.model_check.check",
    "calibrate": "regtrack.evaluation.calibrate",
    "call_peaks": "regtrack.calls.run",
    "compare_tracks": "regtrack.compare.run",
    "compare_saliency": "regtrack.saliency.compare",
    "default_space": "regtrack.search.space_file",
    "describe": "regtrack.inspection",
    "effective_receptive_field": "regtrack.saliency.receptive_field",
    "evaluate": "regtrack.evaluation.report",
    "fetch_data": "regtrack.fetch.run",
    "forecast_sweep": "regtrack.sweep.run",
    "gradient_saliency": "regtrack.saliency.gradient",
    "load_checkpoint": "regtrack.checkpoint",
    "measure": "regtrack.measures.measure",
    "measure_region": "regtrack.compare.measure_region",
    "mutagenesis": "regtrack.saliency.mutagenesis",
    "on_dask": "regtrack.sweep.cluster",
    "open_sources": "regtrack.compare.open_sources",
    "parse_region": "regtrack.genome.interval",
    "plan_fetch": "regtrack.fetch.run",
    "predict_genome": "regtrack.sweep.run",
    "rank_windows": "regtrack.compare.ranking",
    "run_benchmark": "regtrack.benchmark.run",
    "read_space": "regtrack.search.space_file",
    "recipe": "regtrack.training.defaults",
    "run_demo": "regtrack.demo",
    "run_search": "regtrack.search.run",
    "run_share": "regtrack.sweep.run",
    "run_sweep": "regtrack.sweep.run",
    "save_network": "regtrack.predict.named",
    "saliency_of_region": "regtrack.saliency.region",
    "saliency_tracks": "regtrack.saliency.tracks",
    "save_checkpoint": "regtrack.checkpoint",
    "score_models": "regtrack.compare.scoreboard",
    "scores": "regtrack.predict.scores",
    "simulate": "regtrack.simulation.genome",
    "train": "regtrack.training.fit",
    "transformed": "regtrack.predict.transformed",
    "two_strands": "regtrack.predict.two_strands",
    "validate": "regtrack.tracks.bigwig.validate",
    "view": "regtrack_app.view",
    "with_step": "regtrack.predict.stepped",
    "write_saliency": "regtrack.figures.output",
}

__all__ = [  # noqa: RUF022 - in the order of a user's work
    "Interval", "parse_region", "Reference", "simulate",
    "FetchRequest", "fetch_data", "FetchSummary", "plan_fetch", "FetchPlan",
    "DatasetSpec", "SplitSpec", "build_dataset", "BuildSummary", "Dataset",
    "build_model", "recipe", "TrainingConfig", "Hardware", "train", "TrainingResult",
    "run_search", "SearchPlan", "SearchResult", "Space", "read_space", "default_space",
    "Checkpoint", "load_checkpoint", "save_checkpoint",
    "evaluate", "calibrate", "Calibrated", "scores", "RegionScores",
    "as_network", "two_strands", "with_step", "transformed",
    "NetworkDescription", "OutputTrack", "NetworkSource", "OneHotNetwork", "save_network",
    "check_model", "ModelCheck",
    "Selection", "Compute", "Storage", "SweepRequest",
    "predict_genome", "run_sweep", "forecast_sweep", "Forecast", "SweepSummary",
    "run_share", "ShareSummary", "assemble_genome", "on_dask",
    "CallRule", "call_peaks", "CallSummary",
    "validate", "describe", "run_demo",
    "view", "open_sources", "Sources", "rank_windows", "score_models", "measure_region", "measure",
    "ComparisonRequest", "compare_tracks", "Comparison",
    "saliency_of_region", "SaliencyRequest", "compare_saliency", "write_saliency",
    "saliency_tracks", "gradient_saliency", "mutagenesis",
    "effective_receptive_field", "run_benchmark",
    "RegtrackError", "__version__",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'regtrack' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
