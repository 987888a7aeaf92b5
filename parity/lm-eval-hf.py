"""lm-evaluation-harness with its `hf` model, as a process that answers one question after another:

    lm-eval-hf.py MODEL THREADS
    <- {"task": "piqa", "file": "piqa.jsonl", "split": "validation", "limit": 200, "batch": 1}
    -> {"seconds": 3.1, "processor": 3.0, "documents": [{"loglikelihoods": [-41.2, -40.7], "acc": 0, "acc_norm": 1}, ...]}

The tasks are its own definitions; only the place of their rows is another. `seconds` are those of `HFLM.loglikelihood`: from
requests to likelihoods, the model loaded and the prompts rendered; `processor` those of all its threads together.
"""
import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ['HF_HUB_OFFLINE'] = '1'
answers, sys.stdout = sys.stdout, sys.stderr

import lm_eval
import torch
import transformers
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

DEFINITIONS = {'arc_easy': 'arc/arc_easy.yaml', 'piqa': 'piqa/piqa.yaml', 'boolq': 'super_glue/boolq/default.yaml'}

LOCAL = """include: {definition}
task: {task}_local
tag: null
dataset_path: json
dataset_name: null
dataset_kwargs: {{data_files: {{{split}: {file}}}}}
training_split: null
validation_split: {validation}
test_split: {test}
"""


class Timed(HFLM):
    seconds = 0.0
    processor = 0.0

    def loglikelihood(self, requests, disable_tqdm=True):
        start, busy = time.perf_counter(), time.process_time()
        found = super().loglikelihood(requests, disable_tqdm=True)
        self.seconds, self.processor = time.perf_counter() - start, time.process_time() - busy
        return found


def write_task(folder: Path, task: str, file: str, split: str) -> str:
    definition = Path(lm_eval.__file__).parent / 'tasks' / DEFINITIONS[task]
    splits = {'validation': 'null', 'test': 'null', split: split}
    path = folder / f'{task}.yaml'
    path.write_text(LOCAL.format(definition=definition, task=task, split=split, file=file, **splits))
    return str(path)


def main(model: str, threads: str) -> None:
    torch.set_num_threads(int(threads))
    lm = Timed(pretrained=model, device='cpu', dtype='float32', batch_size=1)
    reply({'version': lm_eval.__version__, 'engine': f'torch {torch.__version__}, transformers {transformers.__version__}'})
    manager = TaskManager(include_defaults=False)
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            asked = json.loads(line)
            lm.batch_size_per_gpu = asked['batch']
            path = write_task(Path(folder), asked['task'], asked['file'], asked['split'])
            result = lm_eval.simple_evaluate(
                lm, tasks=[path], limit=asked['limit'], bootstrap_iters=0, log_samples=True, task_manager=manager
            )
            (samples,) = result['samples'].values()
            samples.sort(key=lambda sample: sample['doc_id'])
            documents = [
                {
                    'loglikelihoods': [found[0][0] for found in sample['resps']],
                    **{name: sample[name] for name in ('acc', 'acc_norm') if name in sample},
                }
                for sample in samples
            ]
            reply({'seconds': lm.seconds, 'processor': lm.processor, 'documents': documents})


def reply(value: dict) -> None:
    print(json.dumps(value), file=answers, flush=True)


main(*sys.argv[1:])
