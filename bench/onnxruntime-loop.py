"""
The tightest decoding loops of Python's onnxruntime, for onnxruntime.ts beside it: greedy, no text, no log-probabilities.
Reads a line for each answer (`returned`: the runtime allocates what it returns; `bound`: everything is bound to memory of
ours; `genai`: the loop is that of onnxruntime-genai) and writes the seconds of each step as a JSON list.
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort

graph, threads, answer = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
PROMPT = 24
options = ort.SessionOptions()
options.intra_op_num_threads = threads
options.inter_op_num_threads = 1
options.log_severity_level = 3
session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
inputs = {value.name: value for value in session.get_inputs()}
outputs = [value.name for value in session.get_outputs()]
past = [name for name in inputs if name.startswith("past_key_values")]
present = [name.replace("past_key_values", "present") for name in past]
heads, size = inputs[past[0]].shape[1], inputs[past[0]].shape[3]
half = inputs[past[0]].type == "tensor(float16)"
cache_type = np.float16 if half else np.float32
vocabulary = session.get_outputs()[0].shape[2]
positions = "position_ids" in inputs
# A graph that takes no positions here has GroupQueryAttention, which writes its cache in place.
shared = not positions
prompt = np.arange(10, 10 + PROMPT, dtype=np.int64)[None]


def returned():
    feeds = {name: np.zeros((1, heads, 0, size), cache_type) for name in past}
    feeds |= {"input_ids": prompt, "attention_mask": np.ones((1, PROMPT), np.int64)}
    if positions:
        feeds["position_ids"] = np.arange(PROMPT, dtype=np.int64)[None]
    names = ["logits", *present]
    results = session.run(names, feeds)
    steps, before = [], None
    for step in range(answer):
        token = int(results[0][0, -1].argmax())
        now = time.perf_counter()
        if before is not None:
            steps.append(now - before)
        before = now
        if step == answer - 1:
            return steps
        length = PROMPT + step + 1
        feeds = {"input_ids": np.array([[token]], np.int64), "attention_mask": np.ones((1, length), np.int64)}
        if positions:
            feeds["position_ids"] = np.array([[length - 1]], np.int64)
        feeds.update(zip(past, results[1:]))
        results = session.run(names, feeds)


def bound():
    binding = session.io_binding()
    capacity = PROMPT + answer
    ids, position = np.zeros((1, 1), np.int64), np.zeros((1, 1), np.int64)
    ones, places = np.ones((1, capacity), np.int64), np.arange(PROMPT, dtype=np.int64)
    first, row = np.zeros((1, PROMPT, vocabulary), np.float32), np.zeros((1, 1, vocabulary), np.float32)
    front = [np.zeros(heads * capacity * size, cache_type) for _ in past]
    back = front if shared else [np.zeros(heads * capacity * size, cache_type) for _ in past]

    def feed(name, array, shape, kind=np.int64):
        binding.bind_input(name, "cpu", 0, kind, shape, array.ctypes.data)

    def fetch(name, array, shape, kind=np.float32):
        binding.bind_output(name, "cpu", 0, kind, shape, array.ctypes.data)

    def bind_cache(length, count):
        held, grown = (capacity, capacity) if shared else (length, length + count)
        for source, target, old, new in zip(past, present, front, back):
            feed(source, old, (1, heads, held, size), cache_type)
            fetch(target, new, (1, heads, grown, size), cache_type)

    feed("input_ids", prompt, (1, PROMPT))
    feed("attention_mask", ones, (1, PROMPT))
    if positions:
        feed("position_ids", places, (1, PROMPT))
    fetch("logits", first, (1, PROMPT, vocabulary))
    bind_cache(0, PROMPT)
    session.run_with_iobinding(binding)
    feed("input_ids", ids, (1, 1))
    if positions:
        feed("position_ids", position, (1, 1))
    fetch("logits", row, (1, 1, vocabulary))
    logits = first[0, -1]
    steps, before = [], None
    for step in range(answer):
        token = int(logits.argmax())
        now = time.perf_counter()
        if before is not None:
            steps.append(now - before)
        before = now
        if step == answer - 1:
            return steps
        length = PROMPT + step
        ids[0, 0], position[0, 0] = token, length
        feed("attention_mask", ones, (1, length + 1))
        if not shared:
            front, back = back, front
        if not shared or step == 0:
            bind_cache(length, 1)
        session.run_with_iobinding(binding)
        logits = row[0, 0]


def genai():
    global generating
    if generating is None:
        import onnxruntime_genai

        # The graph is a link; where it leads, the configuration names a token that ends answers, which genai must have.
        parents = Path(graph).resolve().parents
        config = onnxruntime_genai.Config(str(next(p for p in parents if (p / "genai_config.json").exists())))
        on_threads = {"intra_op_num_threads": threads, "inter_op_num_threads": 1}
        config.overlay(json.dumps({"model": {"decoder": {"session_options": on_threads}}}))
        generating = onnxruntime_genai, onnxruntime_genai.Model(config)
    library, model = generating
    search = library.GeneratorParams(model)
    search.set_search_options(do_sample=False, min_length=PROMPT + answer, max_length=PROMPT + answer)
    generator = library.Generator(model, search)
    generator.append_tokens(prompt.astype(np.int32))
    times = []
    while not generator.is_done():
        generator.generate_next_token()
        times.append(time.perf_counter())
    return [after - before for before, after in zip(times, times[1:])]


generating = None
LOOPS = {"returned": returned, "bound": bound, "genai": genai}
for line in sys.stdin:
    print(json.dumps(LOOPS[line.strip()]()), flush=True)
