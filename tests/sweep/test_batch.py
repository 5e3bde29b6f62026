"""The batch size of a sweep, and the number of concurrent passes."""

from __future__ import annotations

import pytest
import torch

from regtrack.predict.capacity import memory_of
from regtrack.sweep import batch
from regtrack.sweep.batch import choose_batch_size, passes_at_once, results_of
from regtrack.sweep.chunks import VALUES

CPU = torch.device("cpu")


def test_auto_fills_250_kb_on_the_cpu_where_memory_allows() -> None:
    assert choose_batch_size("auto", window=25_000, markers=8, device=CPU) == 10
    assert choose_batch_size("auto", window=2_000_000, markers=8, device=CPU) == 1
    many = choose_batch_size("auto", window=25_000, markers=919, device=CPU)
    assert 1 <= many < 10
    assert memory_of(many * 25_000, 919) <= 2 << 30


def test_auto_fills_a_quarter_of_the_free_memory_of_a_gpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # a quarter of 3 + 1 GiB: what torch keeps for itself is free
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (3 << 30, 32 << 30))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 5 << 30)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 4 << 30)
    cuda = torch.device("cuda:0")
    many = choose_batch_size("auto", window=1_000, markers=919, device=cuda)
    assert memory_of(many * 1_000, 919) <= 1 << 30 < memory_of((many + 1) * 1_000, 919)


def test_auto_limits_the_results_of_a_large_gpu(
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
    monkeypatch.setattr(batch, "usable_memory", lambda: 32 << 30)
    assert [passes_at_once(CPU, taken << 30) for taken in (1, 2, 20)] == [16, 8, 1]
    assert passes_at_once(torch.device("cuda:0"), 1 << 30) == 2


def test_a_number_is_used_unchanged() -> None:
    assert choose_batch_size(3, window=25_000, markers=8, device=CPU) == 3
