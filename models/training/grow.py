"""A large model that begins as the small one: `python grow.py small.safetensors large.safetensors`.

What both have to learn first (to copy, to read digits, which task is asked) is learnt in the small model at a quarter of the
cost, and carried over. The grown model computes the same function (Net2Net, Chen et al. 2016; bert2BERT, Chen et al. 2022):

    width 128 -> 256     every channel twice; a matrix that reads a channel splits its weight at random over the two copies
    heads 4 -> 8         every head twice, likewise split where the output projection reads them
    hidden 352 -> 512    the first 160 units twice
    layers 3 -> 5        the new ones add nothing at first: their output projections are zero

The random splits let the copies drift apart as training goes on.
"""
import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from model import SHAPES, Llama

SMALL, LARGE = SHAPES['reference-slm'], SHAPES['reference-llm']


def copies(size: int, grown: int) -> Tensor:
    """Which old index each new one copies; the first are the old ones in their order."""
    return torch.arange(grown) % size


def split_columns(weight: Tensor, source: Tensor) -> Tensor:
    """Reads copied inputs: each old column is shared out at random among its copies, summing to the old one."""
    size = weight.shape[1]
    shares = torch.rand(weight.shape[0], len(source)) + 0.5
    totals = torch.zeros(weight.shape[0], size).index_add_(1, source, shares)
    return weight[:, source] * shares / totals[:, source]


def head_rows(heads: int, grown: int, head: int) -> Tensor:
    return (copies(heads, grown)[:, None] * head + torch.arange(head)).flatten()


def grow(small: dict[str, Tensor]) -> dict[str, Tensor]:
    grown = Llama(LARGE).state_dict()
    channels = copies(SMALL.width, LARGE.width)
    queries = head_rows(SMALL.heads, LARGE.heads, SMALL.head)
    keys = head_rows(SMALL.key_heads, LARGE.key_heads, SMALL.head)
    hidden = copies(SMALL.hidden, LARGE.hidden)
    # Weight -> which old rows its rows copy, and which old columns its columns share.
    reshaped = {
        'q_proj': (queries, channels),
        'k_proj': (keys, channels),
        'v_proj': (keys, channels),
        'o_proj': (channels, queries),
        'gate_proj': (hidden, channels),
        'up_proj': (hidden, channels),
        'down_proj': (channels, hidden),
    }
    # New layers stand between the old ones: 0 . 1 . 2
    place = {old: old * 2 for old in range(SMALL.layers)}
    for n in range(LARGE.layers):
        for part in ('self_attn.o_proj', 'mlp.down_proj'):
            grown[f'model.layers.{n}.{part}.weight'].zero_()
    for name, weight in small.items():
        parts = name.split('.')
        if parts[1] == 'embed_tokens':
            grown[name] = weight[:, channels]
        elif parts[1] == 'norm':
            # The logits read every channel twice, through the same tied embedding.
            grown[name] = weight[channels] * SMALL.width / LARGE.width
        else:
            parts[2] = str(place[int(parts[2])])
            if parts[-2] in reshaped:
                rows, columns = reshaped[parts[-2]]
                weight = split_columns(weight[rows], columns)
            else:
                weight = weight[channels]
            grown['.'.join(parts)] = weight
    return grown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('small', type=Path)
    parser.add_argument('large', type=Path)
    options = parser.parse_args()
    torch.manual_seed(1)
    save_file({name: w.contiguous() for name, w in grow(load_file(options.small)).items()}, options.large)


if __name__ == '__main__':
    main()
