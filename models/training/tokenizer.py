"""The tokenizer: byte-level BPE with every digit a token of its own, and the chat template.

Digits apart, because `539` as one token hides its digits from arithmetic and from copying. The same merges go into
`tokenizer.json` (Hugging Face) and into GGUF, where the pair (`gpt2`, `smollm`) names this pre-tokenizer.
"""
import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

VOCABULARY = 1536
SPECIAL = ['<|pad|>', '<|system|>', '<|user|>', '<|assistant|>', '<|end|>']
PAD, END = SPECIAL.index('<|pad|>'), SPECIAL.index('<|end|>')
CHAT_TEMPLATE = (
    "{%- for m in messages -%}{{ '<|' + m['role'] + '|>' + m['content'] + '<|end|>' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|assistant|>' }}{%- endif -%}"
)


def train(samples: list[dict]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = (sample[field] for sample in samples for field in ('system', 'user', 'completion'))
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def system_turn(text: str) -> str:
    return f'<|system|>{text}<|end|>'


def user_turn(text: str) -> str:
    """Up to where the answer begins."""
    return f'<|user|>{text}<|end|><|assistant|>'


def prompt(sample: dict) -> str:
    """What the chat template renders of a sample."""
    return system_turn(sample['system']) + user_turn(sample['user'])


def save(tokenizer: Tokenizer, folder: Path) -> None:
    tokenizer.save(str(folder / 'tokenizer.json'))
    config = {
        'tokenizer_class': 'PreTrainedTokenizerFast',
        'clean_up_tokenization_spaces': False,
        'model_max_length': 1024,
        'bos_token': None,
        'eos_token': '<|end|>',
        'pad_token': '<|pad|>',
        'chat_template': CHAT_TEMPLATE,
    }
    (folder / 'tokenizer_config.json').write_text(json.dumps(config, indent=1) + '\n')


if __name__ == '__main__':
    import sys

    folder = Path(sys.argv[1])
    lines = (folder / 'train-first.jsonl').read_text().splitlines()[:40_000]
    save(train([json.loads(line) for line in lines]), folder)
