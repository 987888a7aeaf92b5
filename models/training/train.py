"""Trains one model: `python train.py reference-slm --tokens 12e6`.

Muon moves the matrices and AdamW the embeddings and norms. The learning rate warms up, stays, and falls to zero over the last
part of the plan (warm-up, stable, decay), so that a checkpoint of the stable part can be continued under a longer plan:
`--resume` takes the weights up again (optimiser state is small beside what it costs to store, and warms up anew).
A validation split of its own guides choices; the test split is never read here.
"""
import argparse
import time
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch.nn import functional as F

import data
import tokenizer as bpe
from model import SHAPES, Llama
from muon import Muon

BUILD = Path(__file__).parent / 'build'
WARM_UP = 0.02
LESSONS = ((32, 1.1e6), (64, 0.6e6))


def learning_rate(progress: float, decay: float) -> float:
    """The factor on the peak, from progress in 0..1."""
    return min(1.0, progress / WARM_UP, (1 - progress) / decay)


def optimisers(model: Llama, muon: float, adam: float, half: bool) -> list[torch.optim.Optimizer]:
    matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and 'embed' not in n]
    others = [p for n, p in model.named_parameters() if p.dim() == 1 or 'embed' in n]
    return [
        Muon(matrices, lr=muon, dtype=torch.bfloat16 if half else torch.float32),
        torch.optim.AdamW(others, lr=adam, betas=(0.9, 0.98), weight_decay=0.0),
    ]


@torch.no_grad()
def exact_match(model: Llama, samples: list[dict], examples: list[data.Example], device: str) -> dict[str, float]:
    """The share whose whole target is the greedy output, by task. Teacher forcing decides it without generating: greedy
    output equals the target exactly where every token of the target is the likeliest after those before it."""
    hits: dict[str, list[bool]] = {}
    for start in range(0, len(examples), 32):
        chosen = examples[start : start + 32]
        batch = data.batch([[example] for example in chosen], max(map(len, chosen))).to(device)
        guesses = model.logits(model.model(batch.ids, batch.positions, batch.mask)).argmax(-1)
        right = ((guesses == batch.targets) | (batch.targets < 0)).all(-1)
        for sample, hit in zip(samples[start : start + 32], right.tolist()):
            hits.setdefault(sample['id'].rsplit('-', 1)[0], []).append(hit)
    return {task: sum(h) / len(h) for task, h in hits.items()}


@torch.no_grad()
def copying_accuracy(model: Llama, device: str) -> float:
    """The share of random tokens copied right."""
    batch = data.copying(16, np.random.default_rng(0), data.COPYING_BLOCK).to(device)
    answers = batch.targets >= 0
    guesses = model.logits(model.model(batch.ids, batch.positions, batch.mask)[answers]).argmax(-1)
    return (guesses == batch.targets[answers]).float().mean().item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('name', choices=SHAPES)
    parser.add_argument('--tokens', type=float, default=12e6, help='the plan: tokens until the rate reaches zero')
    parser.add_argument('--minutes', type=float, default=1e9, help='ends the plan early by the clock')
    parser.add_argument('--decay', type=float, default=0.5, help='the share of the plan over which the rate falls')
    parser.add_argument('--rows', type=int, default=16, help='rows of 256 tokens a step')
    parser.add_argument('--copies', type=int, default=2, help='how many of these rows only copy random tokens')
    parser.add_argument('--muon', type=float, default=0.0025)
    parser.add_argument('--adam', type=float, default=0.003)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--evaluate', type=float, default=400, help='seconds between checkpoints')
    parser.add_argument('--resume', type=Path, help='a safetensors checkpoint to start from')
    parser.add_argument('--stage', choices=('first', 'second'), default='first')
    parser.add_argument('--data', type=Path, default=BUILD)
    parser.add_argument('--snapshot', type=float, default=1e18, help='tokens after which to keep NAME-snapshot.safetensors')
    parser.add_argument('--out', type=Path, default=BUILD)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    # Without vector instructions for it, bf16 is slower than f32.
    half = device == 'cuda' or torch.backends.cpu.get_cpu_capability() != 'AVX2'
    tokenizer = Tokenizer.from_file(str(options.data / 'tokenizer.json'))
    encoder = data.Encoder(tokenizer)
    validation = data.read(options.data / 'validation.jsonl')
    held_out = encoder.encode(validation)

    model = Llama(SHAPES[options.name]).to(device)
    if options.resume:
        model.load_state_dict(load_file(options.resume))
    body = torch.compile(model.model)
    steppers = optimisers(model, options.muon, options.adam, half)
    peaks = [stepper.param_groups[0]['lr'] for stepper in steppers]
    print(f'{options.name}: {sum(p.numel() for p in model.parameters()):,} parameters on {device}', flush=True)

    def checkpoint() -> None:
        scores = exact_match(model, validation, held_out, device)
        scores['copying'] = copying_accuracy(model, device)
        print('  validation ' + '  '.join(f'{task} {share:.3f}' for task, share in scores.items()), flush=True)
        save_file(model.state_dict(), options.out / f'{options.name}.safetensors')

    begun = saved = time.monotonic()
    seen, step, running = 0, 0, None
    lessons = () if options.resume else data.school(LESSONS, options.rows, options.seed)
    taught = data.batches(encoder.stream(options.data / f'train-{options.stage}.jsonl', options.seed), options.rows, options.copies, options.seed)
    for batch in chain(lessons, taught):
        progress = max(seen / options.tokens, (time.monotonic() - begun) / (60 * options.minutes))
        if progress >= 1:
            break
        # Found before the batch goes to the device, which would have to be waited for.
        answers = (batch.targets >= 0).flatten().nonzero()[:, 0].to(device)
        batch = batch.to(device)
        for stepper, peak in zip(steppers, peaks):
            stepper.param_groups[0]['lr'] = peak * max(0.01, learning_rate(progress, options.decay))
        with torch.autocast(device, torch.bfloat16, enabled=half):
            hidden = body(batch.ids, batch.positions, batch.mask)
            logits = model.logits(hidden.flatten(0, 1)[answers])
        losses = F.cross_entropy(logits.float(), batch.targets.flatten()[answers], reduction='none')
        weights = batch.weights.flatten()[answers]
        loss = (losses * weights).sum() / weights.sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
            stepper.zero_grad(set_to_none=True)
        step, seen = step + 1, seen + batch.tokens
        if seen - batch.tokens < options.snapshot <= seen:
            save_file(model.state_dict(), options.out / f'{options.name}-snapshot.safetensors')
        running = loss.detach() if running is None else running.lerp(loss.detach(), 0.02)
        now = time.monotonic()
        if step % 50 == 0:
            print(f'step {step}  {seen / 1e6:.2f} M tokens  {now - begun:.0f} s  {seen / (now - begun):.0f} tokens/s'
                  f'  loss {running.item():.4f}', flush=True)
        if now - saved > options.evaluate:
            checkpoint()
            saved = time.monotonic()
    checkpoint()
    print(f'done: {seen / 1e6:.2f} M tokens, {step} steps, {time.monotonic() - begun:.0f} s', flush=True)


if __name__ == '__main__':
    main()
