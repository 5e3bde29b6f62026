"""A sweep checked against its inputs and the machine, and ready to run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from regtrack.genome.reference import Reference
from regtrack.labels.marker import Marker, select_markers
from regtrack.machine.cores import cores
from regtrack.machine.disk import check_disk, folder_for
from regtrack.machine.memory import check_memory, peak_memory
from regtrack.predict.capacity import memory_of
from regtrack.predict.device import pick_device
from regtrack.predict.lending import borrowed
from regtrack.predict.network import seam_of, traits_of
from regtrack.predict.opening import Opened, check_place, open_network
from regtrack.predict.reading import choose_flank
from regtrack.sweep.batch import choose_batch_size, passes_at_once, results_of
from regtrack.sweep.chunks import Chunk, choose_chunk
from regtrack.sweep.compiling import choose_compiled
from regtrack.sweep.computation import Computation, MakeComputation, speed
from regtrack.sweep.compute import check_any_known, make_scorer
from regtrack.sweep.encoding import Encoding
from regtrack.sweep.engine import Engine
from regtrack.sweep.joining import AT_ONCE, joined_twice
from regtrack.sweep.plan import SweepPlan
from regtrack.sweep.plan_file import Track, earlier_choices
from regtrack.sweep.record import chosen_by_user, make_record
from regtrack.sweep.request import SweepRequest, fit_request, read_targets
from regtrack.sweep.summary import Forecast
from regtrack.sweep.work import Work, space_taken
from regtrack.tracks.bigwig.file_size import bytes_per_file, bytes_per_value, pieces_size

_AVERAGED, _ENCODED = 4e-9, 14e-9  # seconds per base and per value stored, on one thread
_TIMED, _LEAST_TIMED = 50_000, 5_000  # bp of the pass timed on the CPU
_TIMED_PART = 100  # of the bases to read, the part that is timed
_STRIP = 100e-6  # seconds per strip to plan, read and mask it
_STRIP_OF_TRACK = 20e-6  # seconds per strip and track to encode and join it
_NAME = 400  # bytes per chromosome and file that is being joined


@dataclass(frozen=True)
class Job:
    """A sweep with open inputs and all choices made; see `open_job`.

    Attributes:
        request: what to compute.
        checkpoint: the network, on its device and in evaluation mode.
        reference: the sequence.
        plan: which bases are read and emitted.
        computation: computes the values.
        encoding: how values are stored.
    """

    request: SweepRequest
    checkpoint: Opened
    reference: Reference
    plan: SweepPlan
    computation: Computation
    encoding: Encoding

    @property
    def markers(self) -> list[Marker]:
        """The markers to compute."""
        return [self.checkpoint.markers[row] for row in self.computation.rows]

    @cached_property
    def work(self) -> Work:
        """The sweep's work folder; the first access reads all inputs for their digests."""
        return Work(
            out=self.request.out,
            record=make_record(
                self.checkpoint, self.reference, self.plan, self.computation, self.request
            ),
            assembly=self.reference.assembly,
            chunks=self.plan.chunks,
            tracks=self.tracks,
        )

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The files, in the order of the computation's values."""
        return tuple(
            Track(
                f"{self.computation.model.name}.{marker.name}{kind.suffix}.bw",
                marker.name,
                marker.category,
                kind.name,
            )
            for marker in self.markers
            for kind in self.computation.kinds
        )

    @cached_property
    def forecast(self) -> Forecast:
        """What the sweep will write and need; the first access times the model for a moment."""
        passes, encoding = self.plan.bases_read / self._speed, self._encoding
        seconds = passes + encoding + self._overhead
        return Forecast(
            out=self.request.out,
            files=tuple(track.file for track in self.tracks),
            bases=self.plan.bases,
            disk=self._disk,
            disk_peak=self._disk_peak,
            memory=peak_memory() + self._memory,
            seconds=seconds,
            encoding=encoding / seconds,
            windows=self.plan.windows,
            chunks=len(self.plan.chunks),
            chunks_left=len(self.plan.chunks),
            window=self.plan.window,
            flank=self.plan.flank,
            seam=seam_of(self.computation.model),
            batch_size=self.plan.batch_size,
            device=str(self.computation.device),
            precision=self.computation.precision,
            compiled=self.computation.compiled is not None,
            strands=2 if self.computation.both_strands else 1,
            keep_bits=self.encoding.keep_bits,
            resolution=self.encoding.resolution,
        )

    @property
    def _encoding(self) -> float:
        """Time to average, round, encode and join the values (seconds)."""
        each = _AVERAGED + _ENCODED / self.encoding.resolution
        return self.plan.bases * self.computation.count * each / cores()

    @property
    def _speed(self) -> float:
        """Bases per second of one pass; on the CPU, of a short one that is not compiled."""
        rows, length = self.plan.usual_pass
        if self.computation.device.type == "cpu":
            most = min(_TIMED, max(_LEAST_TIMED, self.plan.bases_read // _TIMED_PART))
            length = self.plan.as_read(min(length, most))
            rows = max(1, min(rows, most // length))
            return speed(self.computation.with_compiled(None), (rows, length))
        return speed(self.computation, (rows, length))

    @property
    def _overhead(self) -> float:
        """Time that strips take besides that of their bases (seconds)."""
        each = _STRIP + _STRIP_OF_TRACK * self.computation.count
        return self.plan.strips * each / cores()

    def check(self) -> None:
        """Refuse a sweep that does not fit on the machine.

        Raises:
            OutOfMemoryError: too little memory.
            OutputError: too little disk space.
        """
        check_memory(self._memory if self.computation.device.type == "cpu" else self._waiting)
        # what is there is not written again
        check_disk(self.request.out, self._disk_peak - space_taken(self.request.out))

    def make(self, chunks: Sequence[Chunk]) -> Iterator[Chunk]:
        """Make the shards of some chunks; each chunk is yielded when its shard is on disk."""
        engine = Engine(
            self.plan, self.reference, self.computation, self.encoding, self.work, self._passes
        )
        return engine.make(chunks)

    @property
    def _disk(self) -> int:
        overhead = bytes_per_file(self.reference.assembly, self.encoding.resolution)
        overhead += pieces_size(self.plan.intervals + self.plan.strips)
        return int(self._bytes_per_base * self.plan.bases) + overhead * self.computation.count

    @cached_property
    def _disk_peak(self) -> int:
        """Disk space while tracks are joined (bytes): shards, and some of the tracks besides."""
        twice = joined_twice(self.computation.count, folder_for(self.request.out))
        return int(self._disk * (1 + twice))

    @property
    def _memory(self) -> int:
        return self._taken * self._passes + self._waiting

    @property
    def _waiting(self) -> int:
        """Memory besides the passes (bytes): shards being written, values copied from a GPU.

        Later, while files are joined, each lists all chromosomes and holds its index.
        """
        joined = _NAME * len(self.reference.assembly.names) * min(self.computation.count, AT_ONCE)
        shards = 3 * self._bytes_per_base * min(self.plan.chunk, self.plan.bases) + joined
        if self.computation.device.type == "cpu":
            return int(shards)  # values are counted with their pass
        return int(shards) + results_of(self.plan.bases_at_once, self.computation.count)

    @property
    def _taken(self) -> int:
        """Memory of one pass (bytes)."""
        return memory_of(
            self.plan.bases_at_once,
            self.computation.count,
            bytes_per_base=self.computation.bytes_per_base,
        )

    @property
    def _passes(self) -> int:
        """The number of concurrent passes."""
        return passes_at_once(self.computation.device, self._taken)

    @property
    def _bytes_per_base(self) -> float:
        resolution = self.encoding.resolution
        stored = bytes_per_value(self.encoding.keep_bits, resolution) / resolution
        return stored * self.computation.count


@contextmanager
def open_job(request: SweepRequest, *, make: MakeComputation = make_scorer) -> Iterator[Job]:
    """Check a request and open its inputs; a model passed as an object is returned unchanged.

    Args:
        request: what to compute.
        make: makes the computation; default: the network's scores.

    Raises:
        CheckpointError, FastaError, AssemblyError, MarkerError, PeakFileError: bad input.
        NetworkError: a network of the user's own that raises, or that is not as described.
        DeviceError: an unknown device or precision, or torch.compile does not work.
        OutOfMemoryError: too little memory.
        PlanError: an invalid window, flank or batch, or no base to predict.
        OutputError: too little disk space.
    """
    with Reference(request.reference) as reference:
        device = pick_device(request.compute.device)
        checkpoint = open_network(
            request.checkpoint, device=device, precision=request.compute.precision,
            step=request.compute.step, transform=request.storage.transform,
        )  # fmt: skip
        check_place(checkpoint, reference.assembly, any_assembly=request.any_assembly)
        per_base = getattr(make, "per_base", False)
        request = fit_request(request, checkpoint.model, per_base=per_base)
        computation = make(
            checkpoint.model,
            select_markers(checkpoint.markers, request.selection.markers),
            device,
            request,
        )
        encoding = Encoding(request.storage.keep_bits, request.storage.resolution)
        begun = earlier_choices(request.out, chosen_by_user(checkpoint, computation, request))
        targets = read_targets(reference.assembly, request.selection)
        plan = SweepPlan(
            assembly=reference.assembly, targets=targets, **_sizes(request, computation, begun)
        )
        check_any_known(targets, reference)
        job = Job(request, checkpoint, reference, plan, computation, encoding)
        job.check()
        with borrowed(computation.model, computation.device):
            chosen = choose_compiled(
                request.compute.compiling,
                computation,
                plan,
                begun=None if begun is None else begun[1],
            )
            yield replace(job, computation=chosen)


def _sizes(
    request: SweepRequest, computation: Computation, begun: tuple[int, bool] | None
) -> dict[str, Any]:
    """The plan's sizes; a resumed sweep keeps its batch size, whatever memory is free now."""
    window, model = request.compute.window, computation.model
    traits = traits_of(model)
    needed = None
    if model.flank is not None:
        # what is cropped is read besides, once
        more = -(-(model.flank + traits.crop) // model.stride) * model.stride
        needed = model.flank + (computation.flanks - 1) * more
    batch_size = request.compute.batch_size
    if batch_size == "auto" and begun is not None:
        batch_size = begun[0]
    batch = choose_batch_size(
        batch_size, window=window, markers=computation.count, device=computation.device,
        bytes_per_base=computation.bytes_per_base,
    )  # fmt: skip
    return {
        "window": window,
        "flank": choose_flank(
            request.compute.flank, needed=needed, stride=model.stride, least=traits.least
        ),
        "batch_size": batch,
        "stride": model.stride,
        "fused": model.flank is not None,
        "crop": traits.crop,
        "whole": traits.whole,
        "both_strands": computation.both_strands,
        "resolution": request.storage.resolution,
        "chunk": choose_chunk(
            window=window,
            batch_size=batch,
            markers=computation.count,
            resolution=request.storage.resolution,
        ),
    }
