"""What BFCL's own decoder and checker say of thousands of made-up answers: expected values of a differential test.

    pip install --no-deps bfcl-eval==2026.3.23; pip install tenacity python-dotenv tqdm requests filelock pydantic
    python parity/reference/bfcl.py test/fixtures/reference/bfcl.json.gz

The answers are made from a seed, by writing right values and wrong ones in many ways. Nothing of BFCL's data is in them.
"""

import gzip
import json
import random
import sys
import types
from importlib.metadata import version

# The checker asks one thing of the table of models, and the decoder needs no parser of Java and JavaScript.
config = types.ModuleType("bfcl_eval.constants.model_config")
config.MODEL_CONFIG_MAPPING = {"any": types.SimpleNamespace(underscore_to_dot=False)}
sys.modules[config.__name__] = config
for language in ("java", "javascript"):
    module = types.ModuleType(f"bfcl_eval.model_handler.parser.{language[:4] if language == 'java' else 'js'}_parser")
    setattr(module, f"parse_{language}_function_call", None)
    sys.modules[module.__name__] = module

from bfcl_eval.constants.enums import Language  # noqa: E402
from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker  # noqa: E402
from bfcl_eval.model_handler.utils import default_decode_ast_prompting  # noqa: E402
from bfcl_eval.utils import is_empty_output, is_function_calling_format_output  # noqa: E402

SEED = 15
COUNT = 4000
draw = random.Random(SEED)

VALUES = {
    "string": ["New York", "a-b_c", "it's", "x", "Ünïcode", "2024-01-02", "data['x']", "", "f(1)"],
    "integer": [5, 0, -3, 1000000, 7],
    "float": [0.5, -2.25, 3.0, 1e-3],
    "boolean": [True, False],
    "any": ["q", 4, 2.5],
}


def parameter(depth=0):
    kind = draw.choice(["string", "integer", "float", "boolean", "array", "dict", "tuple", "any"] if depth == 0 else list(VALUES))
    described = {"type": kind}
    if kind in ("array", "tuple"):
        described["items"] = {"type": draw.choice(["string", "integer", "float", "boolean"])}
    return described


def value_of(described):
    kind = described["type"]
    if kind in ("array", "tuple"):
        return [value_of(described["items"]) for _ in range(draw.randint(0, 3))]
    if kind == "dict":
        return {key: draw.choice(VALUES[draw.choice(["string", "integer", "boolean"])]) for key in draw.sample("pqr", draw.randint(1, 2))}
    return draw.choice(VALUES[kind])


def function(index):
    properties = {name: parameter() for name in draw.sample(["a", "b", "city", "unit_of", "n2"], draw.randint(1, 4))}
    required = [name for name in properties if draw.random() < 0.6]
    name = draw.choice(["f", "get_weather", "math.gcd", "a.b.c", f"tool_{index}"])
    return {"name": f"{name}{index}", "parameters": {"type": "dict", "properties": properties, "required": required}}


def possible(described, value):
    if isinstance(value, dict):
        return [{key: [one] + ([""] if draw.random() < 0.2 else []) for key, one in value.items()}]
    answers = [value] if draw.random() < 0.7 else [value, value_of(described)]
    return answers


def as_python(value):
    if isinstance(value, str) and draw.random() < 0.5:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value.is_integer() and draw.random() < 0.3:
        return str(int(value))
    if isinstance(value, int) and not isinstance(value, bool) and draw.random() < 0.15:
        return draw.choice([f"{value}.0", f"{value} + 0", f"{value} * 1", f"+{abs(value)}", f"({value})", hex(abs(value)), f"0{abs(value)}"])
    if isinstance(value, list):
        text = ", ".join(as_python(one) for one in value)
        return draw.choice([f"[{text}]", f"[{text}]", f"({text})" if len(value) > 1 else f"[{text}]"])
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {as_python(one)}" for key, one in value.items()) + "}"
    return repr(value)


ODD = ["true", "null", "x", "data['x']", 'data["k"]', "g(1)", "g(k=1)", "f'x'", "b'x'", "r'\\d'", "'a' 'b'", "a.b", "1 if x else 2",
       "[i for i in x]", "{1, 2}", "lambda: 1", "not True", "-x", "2 ** 3", "7 // 2", "7 % 4", "'a' + 'b'", "1_000", "007", "None", "*x"]


def call(described, values):
    written = [f"{name}={as_python(value)}" for name, value in values.items()]
    if draw.random() < 0.12:
        written.append(f"{draw.choice(list(described['parameters']['properties']))}={draw.choice(ODD)}")
    if draw.random() < 0.05:
        written.insert(0, "1")
    if draw.random() < 0.03:
        written.append("2")
    name = described["name"] if draw.random() < 0.95 else draw.choice(["other", described["name"] + "-x", described["name"].upper()])
    return f"{name}({draw.choice([', ', ',', ' , '])[0:].join(written)})"


def wrapped(text):
    return draw.choice([
        f"[{text}]", f"[{text}]", f"[{text}]", text, f"[{text}", f"{text}]", f"`[{text}]`", f"```\n[{text}]\n```", f"```python\n[{text}]\n```",
        f"'[{text}]'", f"Here: [{text}]", f"[{text}]\nDone.", f"[[{text}]]", f"[{text},]", f"[{text};]", f"[{text}", f" [ {text} ] ",
        f"[\"{text}\"]", f"[{text[:-1]}", f"[{text}, 1]", "[]", "{}", "I cannot do that.",
    ])


def mutated(described, values):
    changed = dict(values)
    name = draw.choice(list(described["parameters"]["properties"]))
    what = draw.random()
    if what < 0.25:
        changed.pop(name, None)
    elif what < 0.35:
        changed["extra"] = 1
    elif what < 0.7:
        changed[name] = value_of({"type": draw.choice(list(VALUES))})
    else:
        changed[name] = value_of(described["parameters"]["properties"][name])
    return changed


def verdict(decode, functions, truth):
    """As eval_runner.py: what cannot be decoded is wrong, and no call."""
    try:
        decoded = decode()
    except Exception:
        return (0, 1)
    no_call = 1 if is_empty_output(decoded) else 0
    if not is_function_calling_format_output(decoded):
        return (0, no_call)
    category = "parallel_multiple" if len(truth) > 1 else "multiple" if len(functions) > 1 else "simple"
    try:
        checked = ast_checker(functions, decoded, truth, Language.PYTHON, category, "any")
    except Exception:
        return (None, no_call)
    return (1 if checked["valid"] else 0, no_call)


def main():
    functions = [function(index) for index in range(40)]
    cases = []
    while len(cases) < COUNT:
        # Functions of one list have names of their own.
        chosen = draw.sample(range(len(functions)), draw.choice([1, 1, 1, 2, 3]))
        described = [functions[index] for index in chosen]
        called = [described[0]] if draw.random() < 0.7 else [draw.choice(described) for _ in range(2)]
        truth, values = [], []
        for one in called:
            properties = one["parameters"]["properties"]
            right = {name: value_of(properties[name]) for name in properties if name in one["parameters"]["required"] or draw.random() < 0.6}
            answers = {name: possible(properties[name], value) for name, value in right.items()}
            for name in properties:
                if name not in one["parameters"]["required"]:
                    answers.setdefault(name, [value_of(properties[name]), ""] if draw.random() < 0.5 else [""])
            truth.append({one["name"]: answers})
            values.append(right if draw.random() < 0.55 else mutated(one, right))
        if draw.random() < 0.3:
            calls = [{"name": one["name"], "arguments": given} for one, given in zip(called, values)]
            output = json.dumps(calls, ensure_ascii=False)
            right, none = verdict(lambda: [{made["name"]: made["arguments"]} for made in json.loads(output)], described, truth)
            kind = "json"
        else:
            output = wrapped(", ".join(call(one, given) for one, given in zip(called, values)))
            right, none = verdict(lambda: default_decode_ast_prompting(output), described, truth)
            kind = "python"
        # Where the checker itself fails it has no verdict. JSON cannot tell 3.0 from 3, so whole floats are not compared.
        if right is None or ".0" in json.dumps(truth):
            continue
        cases.append([chosen, json.loads(json.dumps(truth)), kind, output, right, none])
    document = {"source": f"bfcl-eval {version('bfcl_eval')}, ast_checker and default_decode_ast_prompting", "seed": SEED, "functions": functions, "cases": cases}
    with gzip.GzipFile(sys.argv[1], "wb", mtime=0) as file:
        file.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
    print(len(cases), sum(case[4] for case in cases), sum(case[5] for case in cases))


main()
