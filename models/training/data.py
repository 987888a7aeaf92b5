"""Samples to rows of tokens. Samples of one task share a row of 256 and its system prompt, which is computed once:

    <|system|>Work out …<|end|> | <|user|>Ida bought …<|assistant|>3*24=… #67<|end|> | <|user|>Otto … | …

A mask lets each sample see the system prompt and itself, and its positions continue those of the system prompt, so that
it is computed as if it stood alone.
"""
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Iterator

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from tokenizer import END, PAD, SPECIAL, VOCABULARY, system_turn, user_turn

ROW = 256
COPYING_WEIGHT = 0.1
COPYING_BLOCK = 64


@dataclass
class Example:
    system: np.ndarray
    """The user's turn and the answer."""
    ids: np.ndarray
    """Where the answer begins in `ids`; the loss looks at what follows."""
    answer: int

    def __len__(self) -> int:
        return len(self.system) + len(self.ids)


@dataclass
class Batch:
    ids: Tensor
    positions: Tensor
    mask: Tensor
    """batch, tokens: the next token where it belongs to an answer, else -1."""
    targets: Tensor
    """batch, tokens: what a target weighs; an answer of n tokens weighs sqrt(n), so that one-word answers count."""
    weights: Tensor
    tokens: int

    def to(self, device: str) -> 'Batch':
        moved = (x.to(device) for x in (self.ids, self.positions, self.mask, self.targets, self.weights))
        return Batch(*moved, tokens=self.tokens)


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


class Encoder:
    """Samples to examples. Those with one system prompt hold the same array of it, which is how rows tell."""

    def __init__(self, tokenizer: Tokenizer):
        self.tokenizer = tokenizer
        self.systems: dict[str, np.ndarray] = {}

    def system(self, text: str) -> np.ndarray:
        if text not in self.systems:
            self.systems[text] = np.array(self.tokenizer.encode(system_turn(text)).ids, np.int16)
        return self.systems[text]

    def encode(self, samples: list[dict]) -> list[Example]:
        users = self.tokenizer.encode_batch_fast([user_turn(sample['user']) for sample in samples])
        answers = self.tokenizer.encode_batch_fast([sample['completion'] for sample in samples])
        return [
            Example(self.system(sample['system']), np.array(user.ids + answer.ids + [END], np.int16), len(user.ids))
            for sample, user, answer in zip(samples, users, answers)
        ]

    def stream(self, path: Path, seed: int, chunk: int = 2000) -> Iterator[Example]:
        """The file's examples in a shuffled order, and again in another, without end."""
        lines = path.read_text().splitlines()
        generator = torch.Generator().manual_seed(seed)
        while True:
            order = torch.randperm(len(lines), generator=generator).tolist()
            for start in range(0, len(order), chunk):
                yield from self.encode([json.loads(lines[i]) for i in order[start : start + chunk]])


def rows(examples: Iterable[Example], open_rows: int = 64) -> Iterator[list[Example]]:
    """Best fit into a few open rows: little of a row stays empty, and the order of examples is nearly kept."""
    pending: list[tuple[int, list[Example]]] = []
    for example in examples:
        size = len(example.ids)
        fits = [(free, i) for i, (free, row) in enumerate(pending) if free >= size and row[0].system is example.system]
        if fits:
            free, i = min(fits)
            pending[i] = (free - size, pending[i][1] + [example])
        else:
            pending.append((ROW - len(example), [example]))
        if len(pending) > open_rows:
            fullest = min(range(len(pending)), key=lambda i: pending[i][0])
            yield pending.pop(fullest)[1]
    yield from (row for _, row in pending)


def batch(packed: list[list[Example]], length: int = ROW) -> Batch:
    ids = np.full((len(packed), length), PAD, np.int64)
    positions = np.zeros((len(packed), length), np.int64)
    targets = np.full((len(packed), length), -1, np.int64)
    weights = np.zeros((len(packed), length), np.float32)
    # Whose a token is: -1 nobody's, 0 the system prompt's, then the samples in their order.
    owner = np.full((len(packed), length), -1, np.int64)
    for r, row in enumerate(packed):
        start = shared = len(row[0].system)
        ids[r, :shared] = row[0].system
        positions[r, :shared] = np.arange(shared)
        owner[r, :shared] = 0
        for k, example in enumerate(row, 1):
            end = start + len(example.ids)
            answer = slice(start + example.answer - 1, end - 1)
            ids[r, start:end] = example.ids
            positions[r, start:end] = np.arange(shared, shared + end - start)
            targets[r, answer] = example.ids[example.answer :]
            weights[r, answer] = (len(example.ids) - example.answer) ** -0.5
            owner[r, start:end] = k
            start = end
    asking, seen = torch.from_numpy(owner[:, None, :, None]), torch.from_numpy(owner[:, None, None, :])
    own_or_shared = (asking == seen) | ((seen == 0) & (asking > 0))
    mask = own_or_shared & torch.ones(length, length, dtype=torch.bool).tril()
    tensors = (torch.from_numpy(x) for x in (ids, positions))
    return Batch(*tensors, mask, torch.from_numpy(targets), torch.from_numpy(weights), tokens=int((owner >= 0).sum()))


def copying(count: int, random: np.random.Generator, block: int) -> Batch:
    """Rows of blocks that do not see each other. A block is a phrase of tokens drawn at random, written again and again: after
    its first time it can only be copied. It teaches what no wording can teach by heart, to go on as it went on before (the
    induction heads of Olsson et al. 2022), for every token of the vocabulary alike."""
    ids = np.empty((count, ROW // block, block), np.int64)
    targets = np.full(ids.shape, -1, np.int64)
    for here, wanted in zip(ids.reshape(-1, block), targets.reshape(-1, block)):
        phrase = random.integers(len(SPECIAL), VOCABULARY, random.integers(4, block * 2 // 5))
        here[:] = np.resize(phrase, block)
        wanted[len(phrase) : -1] = here[len(phrase) + 1 :]
    positions = np.broadcast_to(np.arange(block), ids.shape).reshape(count, ROW).copy()
    owner = torch.arange(ROW) // block
    mask = ((owner[:, None] == owner) & torch.ones(ROW, ROW, dtype=torch.bool).tril()).expand(count, 1, ROW, ROW)
    tensors = (torch.from_numpy(x) for x in (ids.reshape(count, ROW), positions))
    weights = torch.full((count, ROW), COPYING_WEIGHT)
    return Batch(*tensors, mask, torch.from_numpy(targets.reshape(count, ROW)), weights, tokens=count * ROW)


def school(lessons: Iterable[tuple[int, float]], size: int, seed: int) -> Iterator[Batch]:
    """What a model sees first: nothing but copying, in growing blocks, so many tokens of each. Among 30 tokens the one to look
    at is found soon; among 250, hardly ever."""
    random = np.random.default_rng(seed)
    for block, tokens in lessons:
        for _ in range(int(tokens / (size * ROW))):
            yield copying(size, random, block)


def joined(a: Batch, b: Batch) -> Batch:
    pairs = zip((a.ids, a.positions, a.mask, a.targets, a.weights), (b.ids, b.positions, b.mask, b.targets, b.weights))
    return Batch(*(torch.cat(pair) for pair in pairs), tokens=a.tokens + b.tokens)


def batches(examples: Iterable[Example], size: int, copies: int = 0, seed: int = 1) -> Iterator[Batch]:
    """Batches of `size` rows, of which `copies` are rows of copying."""
    random = np.random.default_rng(seed)
    packed: list[list[Example]] = []
    for row in rows(examples):
        packed.append(row)
        if len(packed) == size - copies:
            yield joined(batch(packed), copying(copies, random, COPYING_BLOCK)) if copies else batch(packed)
            packed = []
