"""The same weights as an ONNX graph with a KV cache, built from operators: no tracer, and every name is the one that
transformers.js and ONNX Runtime GenAI look for.

    in   input_ids, attention_mask, position_ids, past_key_values.N.key / .value  (batch, key heads, past, head)
    out  logits, present.N.key / .value

Weights stay f16 on disk and are cast to f32 when the session is built, so the graph computes exactly what PyTorch does in
f32. `export` takes them from the safetensors file beside it; `export_int8` holds its own.
"""
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

import tokenizer as bpe
from model import Shape

Weights = dict[str, torch.Tensor]


class Graph:
    """Nodes and initializers as they are added; a call returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def op(self, kind: str, *inputs: str, name: str | None = None, domain: str = '', **attributes) -> str:
        output = name or f'{kind}_{len(self.nodes)}'
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def halves(self, x: str, size: int) -> tuple[str, str]:
        outputs = [f'half_{len(self.nodes)}_{i}' for i in range(2)]
        self.nodes.append(helper.make_node('Split', [x, self.integers(size, size)], outputs, axis=-1))
        return outputs[0], outputs[1]

    def array(self, value: np.ndarray, name: str | None = None) -> str:
        name = name or f'constant_{len(self.initializers)}'
        self.initializers.append(numpy_helper.from_array(value, name))
        return name

    def integers(self, *values: int) -> str:
        return self.array(np.array(values, np.int64))


class SharedWeights:
    """Initializers that point into a safetensors file: a length, a JSON header with offsets, then the raw tensors."""

    def __init__(self, graph: Graph, file: Path):
        self.graph = graph
        self.file = file
        with file.open('rb') as stream:
            size = int.from_bytes(stream.read(8), 'little')
            self.header = json.loads(stream.read(size))
        self.start = 8 + size

    def float32(self, name: str) -> str:
        entry = self.header[name]
        begin, end = entry['data_offsets']
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT16, dims=entry['shape'])
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (('location', self.file.name), ('offset', self.start + begin), ('length', end - begin)):
            tensor.external_data.add(key=key, value=str(value))
        self.graph.initializers.append(tensor)
        return self.graph.op('Cast', name, to=TensorProto.FLOAT)

    def matrix(self, name: str) -> str:
        return self.graph.op('Transpose', self.float32(name), perm=[1, 0])

    def embedding(self, name: str) -> tuple[str, str]:
        table = self.float32(name)
        return table, self.graph.op('Transpose', table, perm=[1, 0])


class OwnWeights:
    """Initializers in the graph, matrices in f32 and transposed, which is what the quantiser takes."""

    def __init__(self, graph: Graph, weights: Weights):
        self.graph = graph
        self.weights = weights

    def float32(self, name: str) -> str:
        return self.graph.array(self.weights[name].float().numpy(), name)

    def matrix(self, name: str) -> str:
        return self.graph.array(self.weights[name].float().numpy().T.copy(), name)

    def embedding(self, name: str) -> tuple[str, str]:
        table = self.graph.op('Cast', self.graph.array(self.weights[name].numpy(), f'{name}.f16'), to=TensorProto.FLOAT)
        return table, self.matrix(name)


def build(graph: Graph, weights: SharedWeights | OwnWeights, shape: Shape) -> onnx.ModelProto:
    norm = lambda x, name: graph.op(
        'SimplifiedLayerNormalization', x, weights.float32(name), axis=-1, epsilon=shape.epsilon, stash_type=1
    )
    shared = shape.heads // shape.key_heads
    angles = np.outer(np.arange(shape.positions), shape.theta ** -(np.arange(0, shape.head, 2) / shape.head))
    cosines = graph.array(np.cos(angles).astype(np.float32))
    sines = graph.array(np.sin(angles).astype(np.float32))
    heads_axis = graph.integers(1)
    to_heads = {h: graph.integers(0, 0, h, shape.head) for h in {shape.heads, shape.key_heads}}
    grouped = graph.integers(0, shape.key_heads, shared, -1, shape.head)
    merged = graph.integers(0, shape.heads, -1, shape.head)
    joined = graph.integers(0, 0, shape.heads * shape.head)
    scale = graph.array(np.array(shape.head**-0.5, np.float32))

    table, unembedding = weights.embedding('model.embed_tokens.weight')
    x = graph.op('Gather', table, 'input_ids')
    cos = graph.op('Unsqueeze', graph.op('Gather', cosines, 'position_ids'), heads_axis)
    sin = graph.op('Unsqueeze', graph.op('Gather', sines, 'position_ids'), heads_axis)
    mask = causal_mask(graph)

    def heads(y: str, count: int) -> str:
        return graph.op('Transpose', graph.op('Reshape', y, to_heads[count]), perm=[0, 2, 1, 3])

    def rotated(y: str) -> str:
        a, b = graph.halves(y, shape.head // 2)
        first = graph.op('Sub', graph.op('Mul', a, cos), graph.op('Mul', b, sin))
        second = graph.op('Add', graph.op('Mul', b, cos), graph.op('Mul', a, sin))
        return graph.op('Concat', first, second, axis=-1)

    for n in range(shape.layers):
        layer = f'model.layers.{n}'
        linear = lambda y, part: graph.op('MatMul', y, weights.matrix(f'{layer}.{part}_proj.weight'))
        y = norm(x, f'{layer}.input_layernorm.weight')
        q = rotated(heads(linear(y, 'self_attn.q'), shape.heads))
        k = rotated(heads(linear(y, 'self_attn.k'), shape.key_heads))
        v = heads(linear(y, 'self_attn.v'), shape.key_heads)
        k = graph.op('Concat', f'past_key_values.{n}.key', k, name=f'present.{n}.key', axis=2)
        v = graph.op('Concat', f'past_key_values.{n}.value', v, name=f'present.{n}.value', axis=2)
        q = graph.op('Reshape', q, grouped)
        k = graph.op('Transpose', graph.op('Unsqueeze', k, graph.integers(2)), perm=[0, 1, 2, 4, 3])
        v = graph.op('Unsqueeze', v, graph.integers(2))
        scores = graph.op('Add', graph.op('Mul', graph.op('MatMul', q, k), scale), mask)
        seen = graph.op('MatMul', graph.op('Softmax', scores, axis=-1), v)
        seen = graph.op('Transpose', graph.op('Reshape', seen, merged), perm=[0, 2, 1, 3])
        x = graph.op('Add', x, linear(graph.op('Reshape', seen, joined), 'self_attn.o'))
        y = norm(x, f'{layer}.post_attention_layernorm.weight')
        gate = linear(y, 'mlp.gate')
        gate = graph.op('Mul', gate, graph.op('Sigmoid', gate))
        x = graph.op('Add', x, linear(graph.op('Mul', gate, linear(y, 'mlp.up')), 'mlp.down'))
    graph.op('MatMul', norm(x, 'model.norm.weight'), unembedding, name='logits')
    return model_of(graph, shape)


def causal_mask(graph: Graph) -> str:
    """batch, 1, 1, tokens, total: 0 where a token may look, a large negative number where not."""
    zero, one = graph.array(np.array(0, np.int64)), graph.array(np.array(1, np.int64))
    length = lambda x: graph.op('Gather', graph.op('Shape', x), one)
    tokens, total = length('input_ids'), length('attention_mask')
    asking = graph.op('Unsqueeze', graph.op('Range', graph.op('Sub', total, tokens), total, one), graph.integers(1))
    seen = graph.op('Unsqueeze', graph.op('Range', zero, total, one), graph.integers(0))
    causal = graph.op('LessOrEqual', seen, asking)
    present = graph.op('Cast', 'attention_mask', to=TensorProto.BOOL)
    allowed = graph.op('And', graph.op('Unsqueeze', present, graph.integers(1, 2, 3)), causal)
    values = (graph.array(np.array(v, np.float32)) for v in (0, -1e9))
    return graph.op('Where', allowed, *values)


def model_of(graph: Graph, shape: Shape) -> onnx.ModelProto:
    ids = lambda name, length: helper.make_tensor_value_info(name, TensorProto.INT64, ['batch', length])
    cache = lambda name, length: helper.make_tensor_value_info(
        name, TensorProto.FLOAT, ['batch', shape.key_heads, length, shape.head]
    )
    caches = [(n, part) for n in range(shape.layers) for part in ('key', 'value')]
    inputs = [ids('input_ids', 'tokens'), ids('attention_mask', 'total'), ids('position_ids', 'tokens')]
    inputs += [cache(f'past_key_values.{n}.{part}', 'past') for n, part in caches]
    outputs = [helper.make_tensor_value_info('logits', TensorProto.FLOAT, ['batch', 'tokens', shape.vocabulary])]
    outputs += [cache(f'present.{n}.{part}', 'total') for n, part in caches]
    body = helper.make_graph(graph.nodes, 'llama', inputs, outputs, graph.initializers)
    return helper.make_model(body, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)


def export(shape: Shape, folder: Path) -> None:
    graph = Graph()
    model = build(graph, SharedWeights(graph, folder / 'onnx' / 'model.safetensors'), shape)
    (folder / 'onnx' / 'model.onnx').write_bytes(model.SerializeToString())


def export_int8(weights: Weights, shape: Shape, folder: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    graph = Graph()
    model = build(graph, OwnWeights(graph, weights), shape)
    with tempfile.NamedTemporaryFile(suffix='.onnx') as plain:
        onnx.save(model, plain.name)
        quantize_dynamic(
            plain.name,
            folder / 'onnx' / 'model_quantized.onnx',
            # Signed weights overflow on processors whose 8-bit products are summed in 16 bits (AVX2): five points of arithmetic.
            weight_type=QuantType.QUInt8,
            per_channel=True,
            op_types_to_quantize=['MatMul'],
            extra_options={'DefaultTensorType': TensorProto.FLOAT},
        )


def export_genai(shape: Shape, folder: Path) -> None:
    """`genai_config.json`: with it, the folder is an ONNX Runtime GenAI model as well."""
    decoder = {
        'session_options': {'provider_options': []},
        'filename': 'onnx/model.onnx',
        'head_size': shape.head,
        'hidden_size': shape.width,
        'num_attention_heads': shape.heads,
        'num_key_value_heads': shape.key_heads,
        'num_hidden_layers': shape.layers,
        'inputs': {
            'input_ids': 'input_ids',
            'attention_mask': 'attention_mask',
            'position_ids': 'position_ids',
            'past_key_names': 'past_key_values.%d.key',
            'past_value_names': 'past_key_values.%d.value',
        },
        'outputs': {
            'logits': 'logits',
            'present_key_names': 'present.%d.key',
            'present_value_names': 'present.%d.value',
        },
    }
    config = {
        'model': {
            'type': 'llama',
            'vocab_size': shape.vocabulary,
            'context_length': shape.positions,
            'bos_token_id': bpe.END,
            'eos_token_id': bpe.END,
            'pad_token_id': bpe.PAD,
            'decoder': decoder,
        },
        'search': {'do_sample': False, 'max_length': shape.positions, 'past_present_share_buffer': False},
    }
    (folder / 'genai_config.json').write_text(json.dumps(config, indent=1) + '\n')
