"""Samples to rows of tokens. Several samples share a row of 256; a block-diagonal mask keeps them apart."""
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from tokenizer import END, PAD, prompt

ROW = 256


@dataclass
class Example:
    ids: np.ndarray
    """Where the answer begins in `ids`; the loss looks at what follows."""
    answer: int


@dataclass
class Batch:
    ids: Tensor
    positions: Tensor
    mask: Tensor
    """batch, tokens: the next token where it belongs to an answer, else -1."""
    targets: Tensor
    tokens: int

    def to(self, device: str) -> 'Batch':
        moved = (x.to(device) for x in (self.ids, self.positions, self.mask, self.targets))
        return Batch(*moved, tokens=self.tokens)


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def encode(tokenizer: Tokenizer, samples: list[dict]) -> list[Example]:
    prompts = tokenizer.encode_batch_fast([prompt(sample) for sample in samples])
    answers = tokenizer.encode_batch_fast([sample['completion'] for sample in samples])
    return [Example(np.array(p.ids + a.ids + [END], np.int16), len(p.ids)) for p, a in zip(prompts, answers)]


def rows(examples: list[Example], open_rows: int = 64) -> Iterator[list[Example]]:
    """Best fit into a few open rows: about 2% of the row stays empty, and the order of examples is nearly kept."""
    pending: list[tuple[int, list[Example]]] = []
    for example in examples:
        size = len(example.ids)
        fits = [(free, i) for i, (free, _) in enumerate(pending) if free >= size]
        if fits:
            free, i = min(fits)
            pending[i] = (free - size, pending[i][1] + [example])
        else:
            pending.append((ROW - size, [example]))
        if len(pending) > open_rows:
            fullest = min(range(len(pending)), key=lambda i: pending[i][0])
            yield pending.pop(fullest)[1]
    yield from (row for _, row in pending)


def batch(packed: list[list[Example]]) -> Batch:
    ids = np.full((len(packed), ROW), PAD, np.int64)
    positions = np.zeros((len(packed), ROW), np.int64)
    targets = np.full((len(packed), ROW), -1, np.int64)
    owner = np.full((len(packed), ROW), -1, np.int64)
    for r, row in enumerate(packed):
        start = 0
        for k, example in enumerate(row):
            end = start + len(example.ids)
            ids[r, start:end] = example.ids
            positions[r, start:end] = np.arange(end - start)
            targets[r, start + example.answer - 1 : end - 1] = example.ids[example.answer :]
            owner[r, start:end] = k
            start = end
    same = torch.from_numpy(owner[:, None, :, None] == owner[:, None, None, :])
    mask = same & torch.ones(ROW, ROW, dtype=torch.bool).tril()
    tokens = int((owner >= 0).sum())
    return Batch(torch.from_numpy(ids), torch.from_numpy(positions), mask, torch.from_numpy(targets), tokens)


def batches(examples: list[Example], size: int) -> Iterator[Batch]:
    packed: list[list[Example]] = []
    for row in rows(examples):
        packed.append(row)
        if len(packed) == size:
            yield batch(packed)
            packed = []
