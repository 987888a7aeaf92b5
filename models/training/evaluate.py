"""Scores exported models on the test split, and compares the formats: `python evaluate.py reference-slm [--limit 60]`.

PyTorch and the ONNX graphs generate greedily from the same prompts. Prints, per task, the share right with a Wilson 95%
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

# From token ids to the logits of the next one.
Step = Callable[[list[int]], np.ndarray]


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


def torch_step(folder: Path, shape: Shape) -> Step:
    model = Llama(shape)
    model.load_state_dict({k: w.float() for k, w in load_file(folder / 'onnx' / 'model.safetensors').items()})

    @torch.no_grad()
    def step(ids: list[int]) -> np.ndarray:
        length = len(ids)
        mask = torch.ones(1, 1, length, length, dtype=torch.bool).tril()
        hidden = model.model(torch.tensor([ids]), torch.arange(length)[None], mask)
        return model.logits(hidden[0, -1]).numpy()

    return step


def onnx_step(path: Path, shape: Shape) -> Step:
    """Feeds what is new to the cache, as an engine does; a prompt that does not continue the last one starts afresh."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])
    names = [f'{n}.{part}' for n in range(shape.layers) for part in ('key', 'value')]
    empty = np.zeros((1, shape.key_heads, 0, shape.head), np.float32)
    cached: list[int] = []
    cache: list[np.ndarray] = []

    def step(ids: list[int]) -> np.ndarray:
        nonlocal cached, cache
        if not cached or ids[: len(cached)] != cached:
            cached, cache = [], [empty] * len(names)
        past = len(cached)
        feed = {
            'input_ids': np.array([ids[past:]], np.int64),
            'attention_mask': np.ones((1, len(ids)), np.int64),
            'position_ids': np.arange(past, len(ids), dtype=np.int64)[None],
            **{f'past_key_values.{name}': value for name, value in zip(names, cache)},
        }
        logits, *cache = session.run(None, feed)
        cached = list(ids)
        return logits[0, -1]

    return step


def generate(step: Step, prompt: list[int]) -> list[int]:
    ids = list(prompt)
    while len(ids) - len(prompt) < MAX_TOKENS:
        token = int(step(ids).argmax())
        if token == bpe.END:
            break
        ids.append(token)
    return ids[len(prompt) :]


def gap_at_divergence(step: Step, prompt: list[int], ours: list[int], theirs: list[int]) -> float:
    """How far apart the two likeliest tokens are where two outputs part."""
    shared = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
    second, first = np.sort(step(prompt + ours[:shared]))[-2:]
    return float(first - second)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('name', choices=SHAPES)
    parser.add_argument('--models', type=Path, default=ROOT / 'models')
    parser.add_argument('--limit', type=int, default=10**9, help='samples a task')
    parser.add_argument('--tasks', nargs='*', default=['route', 'extract', 'arithmetic', 'policy', 'reply', 'privacy'])
    options = parser.parse_args()

    torch.set_num_threads(1)
    folder, shape = options.models / options.name, SHAPES[options.name]
    tokenizer = Tokenizer.from_file(str(folder / 'tokenizer.json'))
    reference = torch_step(folder, shape)
    graphs = {file: onnx_step(folder / 'onnx' / file, shape) for file in ('model.onnx', 'model_quantized.onnx')}
    for task in options.tasks:
        samples = data.read(SUITE / f'{task}.jsonl')[: options.limit]
        right = {file: 0 for file in graphs}
        same = {file: 0 for file in graphs}
        for sample in samples:
            prompt = tokenizer.encode(bpe.prompt(sample)).ids
            outputs = {file: generate(step, prompt) for file, step in graphs.items()}
            # Checking PyTorch's choice at each position of the output costs one pass where generating costs many.
            for file, output in outputs.items():
                right[file] += is_right(task, sample, tokenizer.decode(output))
            expected = outputs['model.onnx'] if agrees(reference, prompt, outputs['model.onnx']) else generate(reference, prompt)
            for file, output in outputs.items():
                same[file] += output == expected
                if file == 'model.onnx' and output != expected:
                    print(f"  {sample['id']}: gap {gap_at_divergence(reference, prompt, expected, output):.2e}")
        for file in graphs:
            n = len(samples)
            low, high = wilson(right[file], n)
            print(f'{task:18} {file:22} {right[file] / n:.3f} [{low:.3f}, {high:.3f}] n={n}  as PyTorch {same[file]}/{n}', flush=True)


def agrees(step: Step, prompt: list[int], output: list[int]) -> bool:
    return all(
        int(step(prompt + output[:i]).argmax()) == (output[i] if i < len(output) else bpe.END)
        for i in range(min(len(output) + 1, MAX_TOKENS))
    )


if __name__ == '__main__':
    main()
