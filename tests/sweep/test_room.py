"""What a sweep takes of the machine is found out beforehand."""

from __future__ import annotations

import shutil
from collections import namedtuple
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from regtrack.errors import OutputError, PlanError
from regtrack.genome.assembly import Assembly
from regtrack.sweep import room
from regtrack.sweep.chunks import VALUES
from regtrack.sweep.room import (
    bytes_a_file,
    bytes_a_value,
    check_disk,
    check_memory,
    choose_batch_size,
    cores,
    limits,
    memory_of,
    passes_at_once,
    quotas,
    results_of,
)
from regtrack.tracks.bigwig.assemble import create_bigwig
from regtrack.tracks.bigwig.rounding import round_mantissa

CPU = torch.device("cpu")


def test_auto_fills_250_kb_on_the_cpu_where_memory_allows() -> None:
    assert choose_batch_size("auto", window=25_000, markers=8, device=CPU) == 10
    assert choose_batch_size("auto", window=2_000_000, markers=8, device=CPU) == 1
    many = choose_batch_size("auto", window=25_000, markers=919, device=CPU)
    assert 1 <= many < 10
    assert memory_of(many * 25_000, 919) <= 2 << 30


def test_auto_takes_a_quarter_of_what_a_gpu_has_free_since_two_passes_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # a quarter of 3 + 1 GiB: what torch keeps for itself is free
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (3 << 30, 32 << 30))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 5 << 30)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 4 << 30)
    cuda = torch.device("cuda:0")
    many = choose_batch_size("auto", window=1_000, markers=919, device=cuda)
    assert memory_of(many * 1_000, 919) <= 1 << 30 < memory_of((many + 1) * 1_000, 919)


def test_auto_keeps_the_results_of_a_large_gpu_within_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (80 << 30, 80 << 30))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 0)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 0)
    cuda = torch.device("cuda:0")
    for markers, expected in ((1, 80), (8, 80), (33, 80), (64, 41), (919, 2)):
        chosen = choose_batch_size("auto", window=25_000, markers=markers, device=cuda)
        assert chosen == expected
        assert results_of(chosen * 25_000, markers) <= 8 * 4 * VALUES


def test_as_many_passes_run_as_threads_and_memory_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 16)
    monkeypatch.setattr(room, "_present", lambda: 32 << 30)
    assert [passes_at_once(CPU, taken << 30) for taken in (1, 2, 20)] == [16, 8, 1]
    assert passes_at_once(torch.device("cuda:0"), 1 << 30) == 2


def test_a_number_is_taken_as_it_is() -> None:
    assert choose_batch_size("3", window=25_000, markers=8, device=CPU) == 3
    for bad in ("0", -1, "2.5", ""):
        with pytest.raises(PlanError, match="expected a number from 1 to 1,000,000, or auto"):
            choose_batch_size(bad, window=25_000, markers=8, device=CPU)


def test_more_memory_than_the_machine_has() -> None:
    check_memory(1 << 20)
    with pytest.raises(PlanError, match="smaller --batch-size"):
        check_memory(1 << 60)


@pytest.mark.parametrize("keep_bits", [1, 4, 7, 8, 15, 23])
@pytest.mark.parametrize("resolution", [1, 10, 100])
def test_noise_takes_no_more_than_said(tmp_path: Path, keep_bits: int, resolution: int) -> None:
    noise = np.exp(np.random.default_rng(0).normal(size=200_000) * 5).astype(np.float32)
    round_mantissa(noise, keep_bits)
    assembly = Assembly(("c",), (len(noise) * resolution,))
    with create_bigwig(tmp_path / "t.bw", assembly, resolution=resolution) as file:
        file.write("c", 0, noise)
    bound = bytes_a_value(keep_bits, resolution) * len(noise)
    size = (tmp_path / "t.bw").stat().st_size
    assert 0.5 * bound < size <= bound + 4096


@pytest.mark.parametrize("chroms", [1, 25, 640])
@pytest.mark.parametrize("length", [10_000, 250_000_000])
def test_a_file_of_few_values_takes_no_more_than_said(
    tmp_path: Path, chroms: int, length: int
) -> None:
    assembly = Assembly(tuple(f"chr{n}" for n in range(chroms)), (length,) * chroms)
    with create_bigwig(tmp_path / "t.bw", assembly, resolution=1) as file:
        file.write("chr0", 0, np.ones(10, dtype=np.float32))
    bound = bytes_a_file(assembly, 1)
    assert 0.9 * bound < (tmp_path / "t.bw").stat().st_size <= bound + 10 * bytes_a_value(23, 1)


def test_a_disk_that_is_too_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**10, 0, 10**9))
    check_disk(tmp_path / "deep" / "out", 10**9)
    with pytest.raises(OutputError, match=r"about 2\.0 GB will be written .* 1\.0 GB free"):
        check_disk(tmp_path / "deep" / "out", 2 * 10**9)


def grouped(root: Path, files: Mapping[str, str]) -> None:
    """Control groups: a file each, by its path."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text}\n")


def test_memory_is_what_a_job_was_given(tmp_path: Path) -> None:
    told, root = tmp_path / "cgroup", tmp_path / "groups"
    job = {"slurm/job_7/memory.max": "8000000000", "slurm/job_7/step/memory.max": "max"}
    grouped(root, job)
    told.write_text("0::/slurm/job_7/step\n")
    assert list(limits(told, root)) == [8_000_000_000]
    grouped(root, {"memory/docker/memory.limit_in_bytes": "4000000000"})
    told.write_text("5:cpu:/docker\n4:memory:/docker\n")
    assert list(limits(told, root)) == [4_000_000_000]
    assert list(limits(tmp_path / "nowhere", root)) == []


def test_cores_are_what_a_job_was_given_time_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, root = tmp_path / "cgroup", tmp_path / "groups"
    job = {"slurm/job_7/cpu.max": "250000 100000", "slurm/job_7/step/cpu.max": "max 100000"}
    grouped(root, job)
    told.write_text("0::/slurm/job_7/step\n")
    assert list(quotas(told, root)) == [2.5]
    for name, quota in (("docker", "150000"), ("free", "-1")):
        group = f"cpu,cpuacct/{name}/cpu.cfs"
        grouped(root, {f"{group}_quota_us": quota, f"{group}_period_us": "100000"})
    told.write_text("5:cpuset:/docker\n4:cpu,cpuacct:/docker\n3:cpu,cpuacct:/free\n")
    assert list(quotas(told, root)) == [1.5]
    for given, expected in (([2.5], 3), ([0.5, 2.5], 1), ([], 64)):
        monkeypatch.setattr(room, "quotas", lambda given=given: iter(given))
        monkeypatch.setattr(room.os, "sched_getaffinity", lambda _: range(64))
        assert cores() == expected
