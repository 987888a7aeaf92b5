"""
Renders chat templates with Jinja as transformers sets it up, and writes what came, for test/core/definition/jinja.test.ts:

    pip install jinja2==3.1.6
    python parity/chat-templates.py FOLDER test/fixtures/chat-templates.json.gz

FOLDER holds `*.jinja`, as models/templates of llama.cpp does; a file that was written so gives its templates again, and `-`
as target is the standard output (npm run parity -- chat-templates). Where transformers is installed, it compiles the
templates itself. The clock stands still, as src/core/definition/jinja/clock.ts says.
The environment is that of transformers/utils/chat_template_utils.py (_cached_compile_jinja_template).
"""
import datetime
import glob
import gzip
import json
import os
import sys

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime.datetime(2024, 7, 26)
HERE = os.path.dirname(os.path.abspath(__file__))


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_keep"), [], [], body).set_lineno(line)

    def _keep(self, caller):
        return caller()


def environment():
    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = NOW.strftime
    return made


try:
    import transformers
    from transformers.utils.chat_template_utils import _compile_jinja_template
except ImportError:
    transformers = None


def compiled(source):
    if transformers is None:
        return environment().from_string(source)
    template = _compile_jinja_template(source)
    template.globals["strftime_now"] = NOW.strftime
    return template


def render(source, variables):
    try:
        return {"text": compiled(source).render(**variables)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


SYSTEM = {"role": "system", "content": "Be brief."}


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


CONVERSATIONS = [
    [user("Hi {{ 7 * 7 }}")],
    [SYSTEM, user("Where is my parcel?")],
    [user("One"), assistant("Two"), user("Three")],
    [SYSTEM, user("One"), assistant("Two"), user("Three")],
    [user("  spaces around \n")],
    [SYSTEM, user('naïve 漢字 🙂 "quoted" <b>&</b>')],
    [user("One"), assistant("<think>\nhm\n</think>\n\nTwo"), user("Three")],
    [{"role": "system", "content": ""}, user("")],
    [user("line\n\nline\n")],
    [SYSTEM, user("a"), assistant("b"), user("c"), assistant("d"), user("e")],
    [user("<|im_end|> [INST] </s>")],
    [{"role": "system", "content": "x " * 50}, user("y " * 50)],
]
VARIABLES = [{}, {"enable_thinking": False}]
TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
GIVEN = {"x": [3, 1, 2], "d": {"b": 1, "a": 2}, "s": "Hello world", "n": None}

with open(os.path.join(HERE, "jinja-features.json"), encoding="utf8") as file:
    FEATURES = json.load(file)


def sources(place):
    if place.endswith(".json.gz"):
        with gzip.open(place, "rt", encoding="utf8") as file:
            yield from ((each["name"], each["template"]) for each in json.load(file)["templates"])
        return
    for path in sorted(glob.glob(os.path.join(place, "*.jinja"))):
        with open(path, encoding="utf8") as file:
            yield os.path.basename(path), file.read()


def main(place, target):
    templates = []
    for name, source in sources(place):
        expected = [
            render(source, {"messages": messages, "add_generation_prompt": True, **TOKENS, **variables})
            for messages in CONVERSATIONS
            for variables in VARIABLES
        ]
        templates.append({"name": name, "template": source, "expected": expected})
    features = [{"template": source, "expected": render(source, {"messages": CONVERSATIONS[3], **GIVEN})} for source in FEATURES]
    found = {
        "jinja": jinja2.__version__,
        "conversations": CONVERSATIONS,
        "variables": VARIABLES,
        "tokens": TOKENS,
        "given": GIVEN,
        "templates": templates,
        "features": features,
    }
    if target == "-":
        found["transformers"] = None if transformers is None else transformers.__version__
        sys.stdout.write(json.dumps(found))
        return
    with gzip.GzipFile(target, "wb", mtime=0) as file:
        file.write(json.dumps(found, ensure_ascii=False).encode("utf8"))


main(*sys.argv[1:])
