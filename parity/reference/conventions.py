"""What the released code of four papers reads in thousands of made-up answers: expected values of a differential test.

    git clone https://github.com/TIGER-AI-Lab/MMLU-Pro        (453c1d9)
    git clone https://github.com/kojima-takeshi188/zero_shot_cot (090c20f)
    git clone https://github.com/openai/grade-school-math     (2909d34)
    git clone https://github.com/microsoft/ToRA               (723a8f7)
    python parity/reference/conventions.py FOLDER test/fixtures/reference/conventions.json.gz

FOLDER holds the four. Nothing of them is copied: their functions are read from their files and run.
"""

import ast
import contextlib
import gzip
import io
import json
import random
import re
import sys
import types
from pathlib import Path

SEED = 15
COUNT = 1500
draw = random.Random(SEED)


def functions(path, *names):
    """The functions and constants of a file that have these names, without running the rest of it."""
    tree = ast.parse(path.read_text())
    named = lambda node: getattr(node, "name", None) or [target.id for target in getattr(node, "targets", [])]
    kept = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.Assign)) and (not names or set(names) & {*([named(node)] if isinstance(named(node), str) else named(node))})]
    space = {"re": re, "Any": None, "Dict": dict}
    exec(compile(ast.Module(kept, []), str(path), "exec"), space)  # noqa: S102
    return types.SimpleNamespace(**space)


folder, out = Path(sys.argv[1]), sys.argv[2]
mmlu_pro = functions(folder / "MMLU-Pro/compute_accuracy.py", "extract_answer", "extract_again", "extract_final")
kojima = functions(folder / "zero_shot_cot/utils.py", "answer_cleansing")
openai = functions(folder / "grade-school-math/grade_school_math/dataset.py", "ANS_RE", "INVALID_ANS", "extract_answer")
tora = functions(folder / "ToRA/src/utils/parser.py", "_fix_fracs", "_fix_a_slash_b", "_fix_sqrt", "strip_string", "extract_answer", "extract_program_output")
ZERO_SHOT = types.SimpleNamespace(method="zero_shot_cot", dataset="gsm8k")


def zero_shot_cot(answer):
    with contextlib.redirect_stdout(io.StringIO()):
        return kojima.answer_cleansing(ZERO_SHOT, answer) or None


def gsm8k(answer):
    found = openai.extract_answer(answer)
    return None if found == openai.INVALID_ANS else found


LETTERS = ["The answer is (", "The answer is ", "answer is: ", "Answer: ", "answer:\n", "A", "B", "C", "J", "K", ")", ". ", "\n", "Dès", "È", "É ", "ΔH", "因此B", "B是", "A_", "_C", "1D", "E2", "I think ", "option ", " ", "(", "F's", "Answer:**", "**", "\u00a0", "\u2028", "à", "A\u0301", "\x1c", "\ufeff", "G"]
NUMBERS = ["#### ", "####", "The answer is ", "1", "12", "1,234", "-5", "- 5", "3.", ".5", "0.50", "$", "$18", "18.00", "%", " ", "\n", "٣٤", "１２", "²", "x = ", ",", ".", "1.2.3", "--4", "+7", "so ", "\u00a05", "-", "#### -", "\u2212 6", "1 000", "5.,"]
FORMULAS = ["\\boxed{", "}", "boxed", "$", "the answer is ", "The answer is", "```output\n", "```", "1", "2.50", "3.0", "\\frac12", "\\frac{1}{2}", "1/2", "\\sqrt3", "\\text{ cm}", "50\\%", "50%", "x=", "k = 5", "inf", "infinity", "and", "j", "i", ".", "\n", ":", "/", " ", "\\left(", "\\right)", "^\\circ", "\\mbox{x}", "-4", ".5", "x\\in", "\\cdot", "\\$", "{.5}", "1,000", "\\tfrac34", "\\!", "\\ ", "\\\\", "12٣", "\\sqrt\u00e9", "7.00x", "+\\inity", "\u00a0"]


def cases(fragments, read):
    made = ["".join(draw.choice(fragments) for _ in range(draw.randint(1, 7))) for _ in range(COUNT)]
    return [[answer, read(answer)] for answer in made]


found = {
    "mmlu-pro": cases(LETTERS, lambda answer: mmlu_pro.extract_answer(answer, "l2")),
    "zero-shot-cot": cases(NUMBERS, zero_shot_cot),
    "gsm8k": cases(NUMBERS, gsm8k),
    "tora": cases(FORMULAS, tora.extract_answer),
}
with gzip.GzipFile(out, "wb", mtime=0) as file:
    file.write(json.dumps({"seed": SEED, "cases": found}, ensure_ascii=False).encode())
