"""What scikit-learn, scipy and seqeval say of thousands of made-up answers: expected values of differential tests.

    pip install scikit-learn==1.9.1 scipy==1.17.1 seqeval==1.2.2
    python parity/reference/reports.py test/fixtures/reference/reports.json.gz
"""

import gzip
import json
import random
import sys
import warnings
from importlib.metadata import version

import numpy as np
from scipy.stats import spearmanr
from seqeval.metrics import classification_report as seqeval_report
from seqeval.metrics import f1_score as seqeval_f1
from seqeval.metrics import precision_score as seqeval_precision
from seqeval.metrics import recall_score as seqeval_recall
from sklearn.metrics import accuracy_score, classification_report, cohen_kappa_score, f1_score, jaccard_score, mean_absolute_error, precision_score, recall_score
from sklearn.preprocessing import MultiLabelBinarizer

warnings.simplefilter("ignore")
SEED = 15
draw = random.Random(SEED)
LABELS = ["billing", "delivery", "returns", "technical", "other"]


def labels():
    n = draw.randint(20, 200)
    truth = [draw.choice(LABELS) for _ in range(n)]
    given = [one if draw.random() < 0.6 else draw.choice(LABELS) for one in truth]
    report = classification_report(truth, given, labels=LABELS, output_dict=True, zero_division=0)
    return {
        "truth": truth,
        "given": given,
        "accuracy": accuracy_score(truth, given),
        "kappa": cohen_kappa_score(truth, given),
        "f1": {label: report[label]["f1-score"] for label in LABELS},
        "macroF1": f1_score(truth, given, average="macro"),
        "weightedF1": report["weighted avg"]["f1-score"],
    }


def several():
    n = draw.randint(10, 100)
    truth = [sorted(draw.sample(LABELS, draw.randint(0, 3))) for _ in range(n)]
    given = [sorted(set(one) ^ set(draw.sample(LABELS, draw.choice([0, 0, 1, 2])))) for one in truth]
    binary = MultiLabelBinarizer(classes=LABELS)
    a, b = binary.fit_transform(truth), binary.transform(given)
    return {
        "truth": truth,
        "given": given,
        "microF1": f1_score(a, b, average="micro", zero_division=0),
        "macroF1": f1_score(a, b, average="macro", zero_division=0),
        "weightedF1": f1_score(a, b, average="weighted", zero_division=0),
        # Of two empty sets both are 1 here and there.
        "samplesF1": f1_score(a, b, average="samples", zero_division=1),
        "jaccard": jaccard_score(a, b, average="samples", zero_division=1),
        "exactMatch": accuracy_score(a, b),
        "f1": dict(zip(LABELS, f1_score(a, b, average=None, zero_division=0))),
    }


def grades():
    n = draw.randint(10, 200)
    truth = [draw.randint(1, 5) for _ in range(n)]
    given = [min(5, max(1, one + draw.choice([0, 0, 0, -1, 1, 2]))) for one in truth]
    return {
        "truth": truth,
        "given": given,
        "mae": mean_absolute_error(truth, given),
        "quadraticKappa": cohen_kappa_score(truth, given, labels=[1, 2, 3, 4, 5], weights="quadratic"),
        "spearman": spearmanr(truth, given).statistic,
    }


def tags():
    kinds = ["PER", "LOC", "ORG"]
    prefixes = draw.choice(["BI", "BIES"])
    tag = lambda: "O" if draw.random() < 0.5 else f"{draw.choice(prefixes)}-{draw.choice(kinds)}"  # noqa: E731
    truth = [[tag() for _ in range(draw.randint(1, 12))] for _ in range(draw.randint(5, 30))]
    given = [[one if draw.random() < 0.75 else tag() for one in sentence] for sentence in truth]
    report = seqeval_report(truth, given, output_dict=True, zero_division=0)
    return {
        "truth": truth,
        "given": given,
        "microF1": report["micro avg"]["f1-score"],
        "microPrecision": report["micro avg"]["precision"],
        "macroF1": report["macro avg"]["f1-score"],
        "f1": {kind: report[kind]["f1-score"] for kind in kinds if kind in report},
    }


def nearly_none(n):
    """Sets in which labels never occur, or nothing does: precision and recall of 0/0 are not known (NaN)."""
    pick = lambda: sorted(draw.sample(LABELS[:3], draw.choice([0, 0, 0, 1])))  # noqa: E731
    truth, given = [pick() for _ in range(n)], [pick() for _ in range(n)]
    binary = MultiLabelBinarizer(classes=LABELS)
    a, b = binary.fit_transform(truth), binary.transform(given)
    each = lambda score: dict(zip(LABELS, score(a, b, average=None, zero_division=np.nan)))  # noqa: E731
    return {
        "truth": truth,
        "given": given,
        "microPrecision": precision_score(a, b, average="micro", zero_division=np.nan),
        "microRecall": recall_score(a, b, average="micro", zero_division=np.nan),
        "microF1": f1_score(a, b, average="micro", zero_division=np.nan),
        "precision": each(precision_score),
        "recall": each(recall_score),
    }


def nearly_no_tags(n):
    tag = lambda: draw.choice(["O", "O", "O", "O", "B-PER", "B-LOC"])  # noqa: E731
    truth = [[tag() for _ in range(draw.randint(1, 3))] for _ in range(n)]
    given = [[tag() for _ in sentence] for sentence in truth]
    score = lambda metric: metric(truth, given, zero_division=0)  # noqa: E731
    return {
        "truth": truth,
        "given": given,
        "microPrecision": score(seqeval_precision),
        "microRecall": score(seqeval_recall),
        "microF1": score(seqeval_f1),
    }


def plain(value):
    return value.item() if isinstance(value, np.generic) else value


def known(value):
    """NaN, which JSON does not have, is null."""
    if isinstance(value, dict):
        return {key: known(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [known(inner) for inner in value]
    return None if isinstance(value, float) and value != value else value


document = {
    "source": f"scikit-learn {version('scikit-learn')}, scipy {version('scipy')}, seqeval {version('seqeval')}",
    "seed": SEED,
    "labels": [labels() for _ in range(60)],
    "several": [several() for _ in range(60)],
    "grades": [grades() for _ in range(60)],
    "tags": [tags() for _ in range(120)],
    "nearlyNone": [nearly_none(draw.randint(1, 4)) for _ in range(100)],
    "nearlyNoTags": [nearly_no_tags(draw.randint(1, 3)) for _ in range(100)],
}
with gzip.GzipFile(sys.argv[1], "wb", mtime=0) as file:
    file.write(json.dumps(known(document), default=plain, separators=(",", ":")).encode())
