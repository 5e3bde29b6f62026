"""Compute chunks into shards: reading, model, encoding and writing overlap.

One thread reads ahead, a few run the model, one per core encodes, two write shards. Torch, NumPy
and the encoder release the interpreter lock while they work. Queues between them are short, so
memory holds a few batches and the compressed blocks of a few chunks, however long the genome.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain

import numpy as np
import torch

from regtrack.genome.reference import Reference
from regtrack.machine.allocator import kept_memory
from regtrack.machine.cores import cores
from regtrack.machine.threads import Task, Threads, wait_for
from regtrack.predict.copies import Scores
from regtrack.predict.reading import Strip
from regtrack.sweep.chunks import Chunk
from regtrack.sweep.computation import Computation
from regtrack.sweep.compute import Piece, Reading, predict, read
from regtrack.sweep.encoding import Encoding
from regtrack.sweep.plan import SweepPlan
from regtrack.sweep.shard import ShardHeader, write_shard
from regtrack.sweep.work import Work
from regtrack.tracks.bigwig.assemble import file_order
from regtrack.tracks.bigwig.encode import Encoded, join
from regtrack.tracks.bigwig.places import Places

_READ_AHEAD = 2  # batches read before they are needed
_ENCODE_QUEUE = 2  # pieces that wait to be encoded
# values encoded in one step, at least and at most, of several files if rows are short: a step costs
# as much as 20,000 values
_STEP = 1 << 18, 1 << 20
# a piece waits for others until it has so many values, of all files and of each
_ENOUGH = 4_000_000, 25_000
_WRITE_QUEUE = 2  # chunks that wait to be written; also the number of writing threads


@dataclass(frozen=True)
class Engine:
    """A sweep ready to run.

    Attributes:
        plan: which bases are read and emitted.
        reference: the sequence.
        computation: computes the values; its model is on its device and in evaluation mode.
        encoding: how values are stored.
        work: the folder for the shards.
        passes: number of concurrent forward passes.
    """

    plan: SweepPlan
    reference: Reference
    computation: Computation
    encoding: Encoding
    work: Work
    passes: int

    @cached_property
    def _encoders(self) -> int:
        """How many threads encode."""
        return cores()

    def make(self, chunks: Sequence[Chunk]) -> Iterator[Chunk]:
        """Make the shards of some chunks; each chunk is yielded when its shard is on disk.

        Raises:
            FastaError: the reference cannot be read, or was changed meanwhile.
            OutOfMemoryError: too little memory.
            TrackError: the model gives a value that is not finite.
            OutputError: the disk is full, or the work folder was removed.
        """
        with (
            kept_memory(),
            Threads(1) as reader,
            _pass_threads(self.computation.device, self.passes) as model,
            Threads(self._encoders) as encoder,
            Threads(_WRITE_QUEUE) as writer,
        ):
            batches = chain.from_iterable(map(self._batches, chunks))
            readings = reader.ahead(self._read, batches, self.passes + _READ_AHEAD)
            enough = max(_ENOUGH[0] // max(self.computation.count, 1), _ENOUGH[1])
            predicted = _together(model.ahead(self._predict, readings, self.passes), enough)
            encoding: deque[list[Task[list[Encoded]]]] = deque()
            writing: deque[Task[Chunk]] = deque()
            parts: list[list[Task[list[Encoded]]]] = []
            bases = 0
            for complete, piece in predicted:
                if piece.values is not None:
                    parts.append(self._encode(encoder, piece.strips, piece.values))
                    encoding.append(parts[-1])
                bases += piece.bases
                while len(encoding) > _ENCODE_QUEUE:
                    wait_for(encoding.popleft())
                if complete is None:
                    continue
                writing.append(writer.submit(self._write, complete, parts, bases))
                parts, bases = [], 0
                while len(writing) > _WRITE_QUEUE:
                    yield writing.popleft().result()
            while writing:
                yield writing.popleft().result()

    def _batches(self, chunk: Chunk) -> Iterator[tuple[Chunk | None, tuple[Strip, ...]]]:
        """The batches of a chunk, with the chunk itself if it is complete after them."""
        before: tuple[Strip, ...] | None = None
        for batch in self.plan.batches(chunk):
            if before is not None:
                yield None, before
            before = batch
        if before is not None:
            yield chunk, before

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """Each chromosome's number in the files."""
        order = file_order(self.reference.assembly)
        return {chrom: number for number, chrom in enumerate(order)}

    def _read(self, item: tuple[Chunk | None, tuple[Strip, ...]]) -> tuple[Chunk | None, Reading]:
        complete, batch = item
        return complete, read(self.plan, self.reference, batch)

    def _predict(self, item: tuple[Chunk | None, Reading]) -> tuple[Chunk | None, Piece]:
        complete, reading = item
        return complete, predict(reading, self.computation, self.encoding.finish)

    def _encode(
        self, encoder: Threads, strips: tuple[Strip, ...], values: Scores
    ) -> list[Task[list[Encoded]]]:
        places = Places(
            np.array([self._numbers[strip.chrom] for strip in strips]),
            np.array([strip.start for strip in strips]),
            np.array([strip.end for strip in strips]),
            self.encoding.resolution,
        ).joined()
        rows = self._rows_at_once(values.shape[1])
        return [
            encoder.submit(self.encoding, places, values[first : first + rows])
            for first in range(0, len(values), rows)
        ]

    def _rows_at_once(self, length: int) -> int:
        """How many files are encoded in one step.

        Each thread gets a few steps of a piece, unless they would be short.
        """
        least, most = (values // max(length, 1) for values in _STEP)
        return max(1, least, min(most, self.computation.count // (4 * self._encoders)))

    def _write(self, chunk: Chunk, parts: list[list[Task[list[Encoded]]]], bases: int) -> Chunk:
        nothing = Encoded.nothing(self.encoding.resolution)
        # the rows of each part, one after another
        done = [list(chain.from_iterable(one.result() for one in futures)) for futures in parts]
        tracks = [join(of_row) for of_row in zip(*done, strict=True)]
        tracks = tracks or [nothing] * self.computation.count
        header = ShardHeader(
            plan=self.work.digest,
            chunk=chunk,
            resolution=nothing.resolution,
            bases=bases,
            markers=len(tracks),
        )
        self.reference.check_unchanged()  # a shard of another sequence would be kept when resuming
        write_shard(self.work.shard(chunk), header, tracks)
        return chunk


def _together(
    predicted: Iterator[tuple[Chunk | None, Piece]], enough: int
) -> Iterator[tuple[Chunk | None, Piece]]:
    """The pieces of a chunk, joined until they are long; the chunk itself comes with the last.

    Args:
        predicted: the piece of each batch.
        enough: values per file that make a piece long.
    """
    waiting: list[Piece] = []
    for complete, piece in predicted:
        waiting.append(piece)
        length = sum(one.length for one in waiting)
        if complete is not None or length >= enough:
            yield complete, Piece.of(waiting)
            waiting = []


@contextmanager
def _pass_threads(device: torch.device, passes: int) -> Iterator[Threads]:
    """Threads for forward passes: they divide torch's threads, or have one stream each on a GPU."""
    threads = torch.get_num_threads()
    numbers = iter(range(passes))

    def prepare() -> None:
        if device.type == "cpu":
            torch.set_num_threads(max(1, threads // passes))
        elif device.type == "cuda":
            stream = _stream(device, next(numbers))
            stream.wait_stream(
                torch.cuda.default_stream(device)
            )  # which copied the model to the device
            torch.cuda.set_stream(stream)

    try:
        with Threads(passes, prepare) as found:
            yield found
    finally:
        torch.set_num_threads(threads)


@cache
def _stream(device: torch.device, _number: int) -> torch.cuda.Stream:
    """A stream of a GPU, always the same one, since freed memory stays with its stream."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
