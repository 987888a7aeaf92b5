"""A LoRA adapter for the small model: the same tickets under another company's department names.

Low-rank pairs beside every projection, W + (alpha / rank) B A, trained on a few hundred examples while W stays. Writes
`models/reference-slm/lora-queues.gguf` and prints the share right on the test split before and after.
"""
import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

import data
import to_gguf
from model import SHAPES, Llama
from train import exact_match

ROOT = Path(__file__).parent.parent.parent
NAME = 'reference-slm'
RANK = 8
ALPHA = 16.0


class Adapted(nn.Module):
    def __init__(self, linear: nn.Linear):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.a = nn.Parameter(torch.randn(RANK, linear.in_features) * linear.in_features**-0.5)
        self.b = nn.Parameter(torch.zeros(linear.out_features, RANK))

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x) + (ALPHA / RANK) * (x @ self.a.T @ self.b.T)


def adapt(model: Llama) -> dict[str, Adapted]:
    """Puts a pair beside every projection; returns them by the name of the weight they adapt."""
    model.requires_grad_(False)
    pairs = {}
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear):
            parent, attribute = name.rsplit('.', 1)
            pairs[f'{name}.weight'] = Adapted(module)
            setattr(model.get_submodule(parent), attribute, pairs[f'{name}.weight'])
    return pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build', type=Path, default=Path(__file__).parent / 'build')
    parser.add_argument('--models', type=Path, default=ROOT / 'models')
    parser.add_argument('--epochs', type=int, default=14)
    parser.add_argument('--rate', type=float, default=0.003)
    options = parser.parse_args()

    torch.manual_seed(1)
    torch.set_num_threads(1)
    folder = options.models / NAME
    tokenizer = Tokenizer.from_file(str(folder / 'tokenizer.json'))
    encoder = data.Encoder(tokenizer)
    train = encoder.encode(data.read(options.build / 'train-new-queues.jsonl'))
    test = data.read(ROOT / 'suites' / 'data' / 'support-desk' / 'route-new-queues.jsonl')
    held_out = encoder.encode(test)

    model = Llama(SHAPES[NAME])
    model.load_state_dict({k: w.float() for k, w in load_file(folder / 'onnx' / 'model.safetensors').items()})
    print('before', exact_match(model, test, held_out, 'cpu'))
    pairs = adapt(model)
    trainable = [p for p in model.parameters() if p.requires_grad]
    stepper = torch.optim.AdamW(trainable, lr=options.rate, weight_decay=0.0)
    schedule = [
        batch
        for epoch in range(options.epochs)
        for order in [torch.randperm(len(train), generator=torch.Generator().manual_seed(epoch)).tolist()]
        for batch in data.batches([train[i] for i in order], 4)
    ]
    for step, batch in enumerate(schedule):
        stepper.param_groups[0]['lr'] = options.rate * (1 - step / len(schedule))
        hidden = model.model(batch.ids, batch.positions, batch.mask)
        answers = batch.targets >= 0
        F.cross_entropy(model.logits(hidden[answers]), batch.targets[answers]).backward()
        stepper.step()
        stepper.zero_grad()
    print('after', exact_match(model, test, held_out, 'cpu'), f'{len(schedule)} steps')
    weights = {name: (pair.a.detach(), pair.b.detach()) for name, pair in pairs.items()}
    to_gguf.export_adapter(weights, SHAPES[NAME], ALPHA, folder / 'lora-queues.gguf')


if __name__ == '__main__':
    main()
