"""The same weights as GGUF, for llama.cpp: f16 and q8_0, and a LoRA adapter.

llama.cpp rotates neighbouring pairs of a head where Hugging Face rotates its two halves, so the rows of Q and K are put in
another order (`permute` in llama.cpp's convert_hf_to_gguf.py). Norms stay f32: the engine accepts nothing else.
"""
import json
from pathlib import Path

import gguf
import numpy as np
import torch

import tokenizer as bpe
from model import Shape

BLOCK = {
    'self_attn.q_proj': 'attn_q',
    'self_attn.k_proj': 'attn_k',
    'self_attn.v_proj': 'attn_v',
    'self_attn.o_proj': 'attn_output',
    'mlp.gate_proj': 'ffn_gate',
    'mlp.up_proj': 'ffn_up',
    'mlp.down_proj': 'ffn_down',
    'input_layernorm': 'attn_norm',
    'post_attention_layernorm': 'ffn_norm',
}
WHOLE = {'model.embed_tokens.weight': 'token_embd.weight', 'model.norm.weight': 'output_norm.weight'}


def tensor_name(name: str) -> str:
    """`model.layers.0.mlp.up_proj.weight` to `blk.0.ffn_up.weight`."""
    if name in WHOLE:
        return WHOLE[name]
    _, _, layer, *part, _ = name.split('.')
    return f"blk.{layer}.{BLOCK['.'.join(part)]}.weight"


def permute(rows: np.ndarray, heads: int) -> np.ndarray:
    """rows: heads * head, anything. Halves of each head to neighbouring pairs."""
    return rows.reshape(heads, 2, -1, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def heads_of(name: str, shape: Shape) -> int | None:
    return {'q_proj': shape.heads, 'k_proj': shape.key_heads}.get(name.split('.')[-2])


def export(weights: dict[str, torch.Tensor], shape: Shape, name: str, tokenizer_json: Path, path: Path, q8: bool) -> None:
    writer = gguf.GGUFWriter(path, 'llama')
    writer.add_name(name)
    writer.add_context_length(shape.positions)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.key_heads)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_rope_dimension_count(shape.head)
    writer.add_rope_freq_base(shape.theta)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0 if q8 else gguf.LlamaFileType.MOSTLY_F16)
    add_tokenizer(writer, json.loads(tokenizer_json.read_text()))
    for name, weight in weights.items():
        array = weight.numpy()
        heads = heads_of(name, shape)
        if heads:
            array = permute(array, heads)
        if array.ndim == 1:
            writer.add_tensor(tensor_name(name), array.astype(np.float32))
        elif q8:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(tensor_name(name), gguf.quants.quantize(array.astype(np.float32), kind), raw_dtype=kind)
        else:
            writer.add_tensor(tensor_name(name), array)
    finish(writer)


def add_tokenizer(writer: gguf.GGUFWriter, tokenizer: dict) -> None:
    vocabulary = sorted(tokenizer['model']['vocab'].items(), key=lambda entry: entry[1])
    tokens = [token for token, _ in vocabulary]
    kinds = [gguf.TokenType.CONTROL if token in bpe.SPECIAL else gguf.TokenType.NORMAL for token in tokens]
    merges = [merge if isinstance(merge, str) else ' '.join(merge) for merge in tokenizer['model']['merges']]
    writer.add_tokenizer_model('gpt2')
    writer.add_tokenizer_pre('smollm')
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(bpe.END)
    writer.add_eos_token_id(bpe.END)
    writer.add_pad_token_id(bpe.PAD)
    writer.add_add_bos_token(False)
    writer.add_chat_template(bpe.CHAT_TEMPLATE)


def export_adapter(pairs: dict[str, tuple[torch.Tensor, torch.Tensor]], shape: Shape, alpha: float, path: Path) -> None:
    """pairs: weight name -> (A: rank x in, B: out x rank)."""
    writer = gguf.GGUFWriter(path, 'llama')
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, 'lora')
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
    for name, (a, b) in pairs.items():
        up = b.numpy()
        heads = heads_of(name, shape)
        if heads:
            up = permute(up, heads)
        writer.add_tensor(f'{tensor_name(name)}.lora_a', a.numpy().astype(np.float16))
        writer.add_tensor(f'{tensor_name(name)}.lora_b', up.astype(np.float16))
    finish(writer)


def finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
