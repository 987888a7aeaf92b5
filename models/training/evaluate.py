"""Scores exported models on the test split, and compares the formats: `python evaluate.py reference-slm [--limit 60]`.

The ONNX graphs generate greedily and PyTorch is asked, token by token, whether it would have written the same. Prints, per task, the share right with a Wilson 95%
interval, how often each graph's tokens are PyTorch's, and every divergence with the gap between the two likeliest tokens:
a gap under 1e-3 is a tie that rounding may break either way. (rightsize itself scores with the same rules; this is the
check that stands before it.)
"""
import argparse
import json
import re
from pathlib import Path
from typing import Callable

import numpy as np
import onnxruntime
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

import data
import tokenizer as bpe
from model import SHAPES, Llama, Shape

ROOT = Path(__file__).parent.parent.parent
SUITE = ROOT / 'suites' / 'data' / 'support-desk'
MAX_TOKENS = 96

# From token ids to the logits after each of those that are new to the engine; the last row is the next token's.
Engine = Callable[[list[int]], np.ndarray]


def is_right(task: str, sample: dict, output: str) -> bool:
    """The suite's scorers, in one line each."""
    target = sample['target']
    match task:
        case 'arithmetic':
            return (found := re.search(r'#\s*(-?\d+)', output)) is not None and found[1] == target
        case 'policy':
            return (found := re.search(r'#(yes|no: \w+)', output)) is not None and found[1] == target
        case 'extract':
            try:
                return json.loads(output) == json.loads(target)
            except json.JSONDecodeError:
                return False
        case 'reply' | 'privacy':
            mentions = target if isinstance(target, list) else [target]
            return all(mention in output for mention in mentions)
        case _:
            return output == target


def wilson(hits: int, n: int) -> tuple[float, float]:
    z, p = 1.96, hits / n
    centre, spread = p + z * z / (2 * n), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    return (centre - spread) / (1 + z * z / n), (centre + spread) / (1 + z * z / n)


def torch_engine(folder: Path, shape: Shape) -> Engine:
    model = Llama(shape)
    model.load_state_dict({k: w.float() for k, w in load_file(folder / 'onnx' / 'model.safetensors').items()})

    @torch.no_grad()
    def run(ids: list[int]) -> np.ndarray:
        length = len(ids)
        mask = torch.ones(1, 1, length, length, dtype=torch.bool).tril()
        return model.logits(model.model(torch.tensor([ids]), torch.arange(length)[None], mask)[0]).numpy()

    return run


def onnx_engine(path: Path, shape: Shape) -> Engine:
    """Feeds what is new to the cache; ids that do not continue the last ones start afresh."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])
    names = [f'past_key_values.{n}.{part}' for n in range(shape.layers) for part in ('key', 'value')]
    empty = [np.zeros((1, shape.key_heads, 0, shape.head), np.float32)] * len(names)
    cached: list[int] = []
    cache = empty

    def run(ids: list[int]) -> np.ndarray:
        nonlocal cached, cache
        if ids[: len(cached)] != cached or len(ids) == len(cached):
            cached, cache = [], empty
        past = len(cached)
        feed = {
            'input_ids': np.array([ids[past:]], np.int64),
            'attention_mask': np.ones((1, len(ids)), np.int64),
            'position_ids': np.arange(past, len(ids), dtype=np.int64)[None],
            **dict(zip(names, cache)),
        }
        logits, *cache = session.run(None, feed)
        cached = list(ids)
        return logits[0]

    return run


def generate(engine: Engine, prompt: list[int]) -> list[int]:
    """Greedy, up to and with the end token."""
    ids = list(prompt)
    while len(ids) - len(prompt) < MAX_TOKENS:
        ids.append(int(engine(ids)[-1].argmax()))
        if ids[-1] == bpe.END:
            break
    return ids[len(prompt) :]


def gap_where_parting(engine: Engine, prompt: list[int], output: list[int]) -> float | None:
    """How far apart the engine's two likeliest tokens are where its choice first differs from `output`; one pass decides."""
    logits = engine(prompt + output)[len(prompt) - 1 : -1]
    parting = np.flatnonzero(logits.argmax(-1) != output)
    if len(parting) == 0:
        return None
    second, first = np.sort(logits[parting[0]])[-2:]
    return float(first - second)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('name', choices=SHAPES)
    parser.add_argument('--models', type=Path, default=ROOT / 'models')
    parser.add_argument('--limit', type=int, default=10**9, help='samples a task')
    parser.add_argument('--tasks', nargs='*', default=['route', 'extract', 'arithmetic', 'policy', 'reply', 'privacy'])
    parser.add_argument('--graphs', nargs='*', default=['model.onnx', 'model_quantized.onnx'])
    options = parser.parse_args()

    torch.set_num_threads(1)
    folder, shape = options.models / options.name, SHAPES[options.name]
    tokenizer = Tokenizer.from_file(str(folder / 'tokenizer.json'))
    reference = torch_engine(folder, shape)
    for task in options.tasks:
        samples = data.read(SUITE / f'{task}.jsonl')[: options.limit]
        for graph in options.graphs:
            engine = onnx_engine(folder / 'onnx' / graph, shape)
            right, same = 0, 0
            for sample in samples:
                prompt = tokenizer.encode(bpe.prompt(sample)).ids
                output = generate(engine, prompt)
                right += is_right(task, sample, tokenizer.decode(output))
                gap = gap_where_parting(reference, prompt, output)
                same += gap is None
                if gap is not None and graph == 'model.onnx':
                    print(f"  {sample['id']}: PyTorch would go on otherwise, by {gap:.2e}")
            n = len(samples)
            low, high = wilson(right, n)
            print(f'{task:18} {graph:22} {right / n:.3f} [{low:.3f}, {high:.3f}] n={n}  as PyTorch {same}/{n}', flush=True)


if __name__ == '__main__':
    main()
