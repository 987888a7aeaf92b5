"""A checkpoint as a Hugging Face folder: weights rounded to f16 once, here, so that every other format holds the same numbers.

The weights lie in `onnx/model.safetensors`, because the ONNX graph beside them reads the very same bytes as its external
data; the index in the folder's root leads `transformers` there.
"""
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

import tokenizer as bpe
from model import Shape


def export(checkpoint: Path, shape: Shape, tokenizer_folder: Path, folder: Path) -> dict[str, torch.Tensor]:
    """Returns the weights as stored."""
    weights = {name: w.half().contiguous() for name, w in sorted(load_file(checkpoint).items())}
    (folder / 'onnx').mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / 'onnx' / 'model.safetensors', metadata={'format': 'pt'})
    for file in ('tokenizer.json', 'tokenizer_config.json'):
        shutil.copy(tokenizer_folder / file, folder / file)
    write(folder / 'special_tokens_map.json', {'eos_token': '<|end|>', 'pad_token': '<|pad|>'})
    write(folder / 'config.json', configuration(shape))
    write(folder / 'generation_config.json', {'eos_token_id': bpe.END, 'pad_token_id': bpe.PAD, 'do_sample': False})
    index = {
        'metadata': {'total_size': sum(w.numel() * 2 for w in weights.values())},
        'weight_map': {name: 'onnx/model.safetensors' for name in weights},
    }
    write(folder / 'model.safetensors.index.json', index)
    return weights


def configuration(shape: Shape) -> dict:
    return {
        'architectures': ['LlamaForCausalLM'],
        'model_type': 'llama',
        'vocab_size': shape.vocabulary,
        'hidden_size': shape.width,
        'intermediate_size': shape.hidden,
        'num_hidden_layers': shape.layers,
        'num_attention_heads': shape.heads,
        'num_key_value_heads': shape.key_heads,
        'head_dim': shape.head,
        'hidden_act': 'silu',
        'max_position_embeddings': shape.positions,
        'rms_norm_eps': shape.epsilon,
        'rope_theta': shape.theta,
        'tie_word_embeddings': True,
        'attention_bias': False,
        'mlp_bias': False,
        'bos_token_id': bpe.END,
        'eos_token_id': bpe.END,
        'pad_token_id': bpe.PAD,
        'torch_dtype': 'float16',
        'use_cache': True,
    }


def write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1) + '\n')
