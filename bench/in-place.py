"""
A reference model with the attention of ONNX Runtime's own model builder (GroupQueryAttention): keys and values are written in
place, and nothing is copied as a text grows. `in-place.py models/reference-slm FOLDER` makes the folder; needs numpy and onnx.
"""
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

source, target = Path(sys.argv[1]), Path(sys.argv[2])
config = json.loads((source / "config.json").read_text())
heads, key_heads, size = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
layers, positions = config["num_hidden_layers"], config["max_position_embeddings"]

with (source / "onnx/model.safetensors").open("rb") as stream:
    length = int.from_bytes(stream.read(8), "little")
    header = json.loads(stream.read(length))
    raw = stream.read()

nodes, constants = [], []


def op(kind, *inputs, outputs=1, domain="", name=None, **attributes):
    names = [name or f"{kind}_{len(nodes)}_{i}" for i in range(outputs)] if isinstance(outputs, int) else outputs
    nodes.append(helper.make_node(kind, inputs, names, domain=domain, **attributes))
    return names[0]


def constant(array):
    constants.append(numpy_helper.from_array(array, f"constant_{len(constants)}"))
    return constants[-1].name


def weight(name, transposed=False):
    entry = header[name]
    begin, end = entry["data_offsets"]
    array = np.frombuffer(raw[begin:end], np.float16).reshape(entry["shape"]).astype(np.float32)
    return constant(np.ascontiguousarray(array.T) if transposed else array)


def norm(x, name):
    return op(
        "SimplifiedLayerNormalization", x, weight(name), axis=-1, epsilon=config["rms_norm_eps"], stash_type=1
    )


angles = np.outer(np.arange(positions), config["rope_theta"] ** -(np.arange(0, size, 2) / size))
cosines, sines = constant(np.cos(angles).astype(np.float32)), constant(np.sin(angles).astype(np.float32))
one = constant(np.array([1], np.int64))
seen = op("Sub", op("ReduceSum", "attention_mask", one, keepdims=0), one)
seen = op("Cast", seen, to=TensorProto.INT32)
total = op("Gather", op("Shape", "attention_mask"), constant(np.array(1, np.int64)), axis=0)
total = op("Cast", total, to=TensorProto.INT32)

x = op("Gather", weight("model.embed_tokens.weight"), "input_ids")
for n in range(layers):
    layer = f"model.layers.{n}"

    def linear(y, part):
        return op("MatMul", y, weight(f"{layer}.{part}_proj.weight", transposed=True))

    y = norm(x, f"{layer}.input_layernorm.weight")
    q, k, v = (linear(y, f"self_attn.{part}") for part in "qkv")
    past = [f"past_key_values.{n}.key", f"past_key_values.{n}.value"]
    attended = op(
        "GroupQueryAttention",
        *(q, k, v, *past, seen, total, cosines, sines),
        outputs=[f"attended_{n}", f"present.{n}.key", f"present.{n}.value"],
        domain="com.microsoft",
        num_heads=heads,
        kv_num_heads=key_heads,
        do_rotary=1,
    )
    x = op("Add", x, linear(attended, "self_attn.o"))
    y = norm(x, f"{layer}.post_attention_layernorm.weight")
    gate = linear(y, "mlp.gate")
    gate = op("Mul", gate, op("Sigmoid", gate))
    x = op("Add", x, linear(op("Mul", gate, linear(y, "mlp.up")), "mlp.down"))
op("MatMul", norm(x, "model.norm.weight"), weight("model.embed_tokens.weight", transposed=True), name="logits")


def integers(name, length):
    return helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", length])


def cache(name, length):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", key_heads, length, size])


caches = [f"{n}.{part}" for n in range(layers) for part in ("key", "value")]
inputs = [integers("input_ids", "tokens"), integers("attention_mask", "total")]
inputs += [cache(f"past_key_values.{name}", "past") for name in caches]
outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "tokens", config["vocab_size"]])]
outputs += [cache(f"present.{name}", "total") for name in caches]
opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
graph = helper.make_graph(nodes, "llama", inputs, outputs, constants)

(target / "onnx").mkdir(parents=True)
onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), target / "onnx/model.onnx")
for name in ("config", "generation_config", "tokenizer", "tokenizer_config", "special_tokens_map"):
    shutil.copy(source / f"{name}.json", target)
genai = json.loads((source / "genai_config.json").read_text())
del genai["model"]["decoder"]["inputs"]["position_ids"]
genai["search"]["past_present_share_buffer"] = True
(target / "genai_config.json").write_text(json.dumps(genai, indent=1))
