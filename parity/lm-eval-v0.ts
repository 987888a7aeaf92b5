/**
 * Prompt fidelity: lm-evaluation-harness v0 published, for each task, the SHA-256 of its zero-shot requests (test documents in
 * the order of `random.Random(42).shuffle`, each as [context, continuation], as `json.dumps` writes the list), and the
 * metrics of a fake model that answers request i with `-random.random()` after `random.seed(42)`. Here the same tasks are
 * written as definitions of ours, and go through the same reader, renderer and scorer as any suite.
 */
import { createHash } from 'node:crypto';
import { sampleReader } from '../src/core/definition/sample.js';
import { type Task, taskSchema } from '../src/core/definition/suite.js';
import { isChat, type Sample } from '../src/core/message.js';
import type { Evidence } from '../src/core/score/score.js';
import { multipleChoice } from '../src/core/score/scorers/multiple-choice.js';
import { perplexity } from '../src/core/score/scorers/perplexity.js';
import { type Check, type Figure, type Folder, figure } from './check.js';
import { TASKS, type V0Task } from './lm-eval-v0-tasks.js';
import { PythonRandom } from './python-random.js';
import { judgeWith } from './scoring.js';

interface Fixture {
  readonly hash: Readonly<Record<string, string>>;
  readonly results: Readonly<Record<string, number>>;
}

export const lmEvalV0: Check = {
  folder: 'lm-eval-v0-fixtures',
  title: 'lm-evaluation-harness v0: prompts by SHA-256, and the scores of a seeded fake model',
  *run(data) {
    const fixtures = JSON.parse(data.text('fixtures.json')) as Record<string, Record<string, Fixture>>;
    for (const one of TASKS) {
      yield* compareTask(one, fixtures[one.task]![one.version]!, data);
    }
  },
};

/** The hash of a task's requests, and the metrics of the fake model, beside the published ones. */
export function* compareTask(one: V0Task, { hash, results }: Fixture, data: Folder): Iterable<Figure> {
  const name = `${one.task} v${one.version}`;
  const task = taskSchema.parse({
    name: 't',
    samples: { file: one.file, fields: one.fields },
    scorer: 'exact',
    ...one.definition,
  });
  const reader = sampleReader(task, [], sha256);
  const samples = new PythonRandom(42).shuffle([...data.rows(one.file)]).map((row) => reader.read(row));
  const requests = samples.flatMap((sample) => {
    const once = requestsOf(task, sample);
    return one.twice ? once.flatMap((request) => [request, request]) : once;
  });
  const published = hash[task.ask === 'generate' ? 'greedy_until' : 'loglikelihood']!;
  yield { what: `${name}, SHA-256 of ${requests.length} requests`, published, found: sha256(pythonJson(requests)) };
  if (task.ask !== 'choices') return;
  const metrics = one.twice ? fakeModelOnWords(samples) : fakeModel(samples);
  for (const [metric, found] of Object.entries(metrics)) {
    const score = results[metric];
    if (score !== undefined) yield figure(`${name}, ${metric}`, score, found);
  }
}

/** As v0 hands them to a model: [context, continuation], or [context, texts at which the answer ends]. */
function requestsOf(task: Task, { prompt, continuations }: Sample): readonly unknown[] {
  if (continuations !== undefined) return continuations.map(({ context, text }) => [context, text]);
  if (isChat(prompt)) throw new TypeError('expected a plain text');
  return [[prompt.text, task.generation.stop]];
}

function fakeModel(samples: readonly Sample[]) {
  const random = new PythonRandom(42);
  const judge = judgeWith(multipleChoice);
  for (const { target, continuations = [] } of samples) {
    const conditional = continuations.map(() => -random.random());
    const evidence: Evidence = { effect: 'loglikelihoods', conditional };
    judge({ output: '', target, fields: { choices: continuations.map(({ choice }) => choice) }, evidence });
  }
  return { acc: judge.metric('acc'), acc_norm: judge.metric('acc_norm') };
}

/** Its answer to the second request of each word is drawn too, and not looked at: it is never greedy. */
function fakeModelOnWords(samples: readonly Sample[]) {
  const random = new PythonRandom(42);
  const judge = judgeWith(perplexity, { value: 'greedy' });
  for (const { target, continuations = [] } of samples) {
    const conditional = [-random.random()];
    random.random();
    const evidence: Evidence = { effect: 'loglikelihoods', conditional, greedy: [false] };
    judge({ output: '', target, fields: { choices: continuations.map(({ choice }) => choice) }, evidence });
  }
  return { acc: judge.metric('greedy'), ppl: judge.metric('perplexity') };
}

/** What Python's `json.dumps` writes: a blank after commas, and ASCII alone. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  return JSON.stringify(value).replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
