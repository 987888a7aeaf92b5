/** Answers judged by more than their words: programs run, a judge asked, meanings compared; what was found stays in the log. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LogRecord } from '../../src/core/log/log.js';
import { openSandbox } from '../../src/run/sandbox.js';
import { folderWith, rightsizeHere } from '../support/cli.js';

/** Pictures are not what these tests look at. */
const SUMMARY = ['--reports', 'summary'];

const model = (id: string, answers: Readonly<Record<string, string>>) => ({
  id,
  class: 'slm',
  backend: 'scripted',
  script: { answers },
});

const PROGRAMS = {
  'models.json': {
    default: ['coder'],
    models: [model('coder', { one: '    return 1', two: '```python\ndef two():\n    return 3\n```', '*': '' })],
  },
  'coding.yaml': {
    name: 'coding',
    tasks: [
      {
        name: 'functions',
        prompt: { user: '{{ entry_point }}' },
        samples: ['one', 'two'].map((name, i) => ({
          id: name,
          entry_point: name,
          prompt: `def ${name}():\n`,
          test: `def check(f):\n    assert f() == ${i + 1}\n`,
        })),
        repetitions: 2,
        scorer: { name: 'code', timeout: 30, k: [1, 2] },
      },
    ],
  },
};

function newestRun(cwd: string): string {
  return join(cwd, 'reports', readdirSync(join(cwd, 'reports')).at(-1)!);
}

function recordsOf(run: string): LogRecord[] {
  const lines = readFileSync(join(run, 'log.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as LogRecord);
}

function cellOf(run: string) {
  return JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')).suites[0].tasks[0].models[0];
}

function canConfine(): boolean {
  try {
    openSandbox();
    return true;
  } catch {
    process.stderr.write('--run-code: skipped: programs cannot be confined on this machine\n');
    return false;
  }
}

describe('--run-code', () => {
  test('is off unless it is asked for: programs are unscored, and the report says why', async () => {
    const cwd = folderWith(PROGRAMS);
    const { code, stderr } = await rightsizeHere(['run', '--suite', 'coding.yaml', '--quiet', ...SUMMARY], { cwd });
    expect(code).toBe(3);
    expect(stderr.trimEnd()).toMatch(
      /no verdict where more than 5% of the trials have no score: 4 of 4 trials of coder/,
    );
    expect(recordsOf(newestRun(cwd)).some(({ type }) => type === 'evidence')).toBe(false);
    expect(JSON.stringify(cellOf(newestRun(cwd)))).toContain('the program was not run; --run-code runs it');
  });

  test.runIf(canConfine())('runs them, keeps what came of it in the log, and pass@k follows', async () => {
    const cwd = folderWith(PROGRAMS);
    const { code, stderr } = await rightsizeHere(
      ['run', '--suite', 'coding.yaml', '--quiet', '--run-code', ...SUMMARY],
      {
        cwd,
      },
    );
    expect(code, stderr).toBe(0);
    const run = newestRun(cwd);
    const evidence = recordsOf(run).filter((record) => record.type === 'evidence');
    expect(evidence.map(({ trial, evidence }) => [trial, 'result' in evidence && evidence.result])).toEqual([
      ['coding/functions/one@coder#1', 'passed'],
      ['coding/functions/two@coder#1', 'failed'],
      ['coding/functions/one@coder#2', 'passed'],
      ['coding/functions/two@coder#2', 'failed'],
    ]);
    expect(cellOf(run).quality.value).toBe(0.5);
    expect(cellOf(run).aggregates).toMatchObject({ 'pass@1': { value: 0.5 }, 'pass@2': { value: 0.5 } });
  });
});

const JUDGED = {
  'models.json': {
    default: ['writer'],
    models: [model('writer', { '*': 'Dear customer, it comes today.' }), model('judge', { '*': 'Polite. [[5]]' })],
  },
  'letters.yaml': {
    name: 'letters',
    tasks: [
      {
        name: 'reply',
        prompt: { user: '{{ question }}' },
        samples: [{ id: 'a', question: 'Where is it?', human: true }],
        scorer: { name: 'judge', rubric: 'A good answer is polite.' },
      },
    ],
  },
};

describe('--judge', () => {
  test('asks a model of models.json, and a run made without a judge is judged when it is resumed', async () => {
    const cwd = folderWith(JUDGED);
    await rightsizeHere(['run', '--suite', 'letters.yaml', '--quiet', ...SUMMARY], { cwd });
    const run = newestRun(cwd);
    expect(JSON.stringify(cellOf(run))).toContain('no judge was asked; --judge names one');

    const { code, stderr } = await rightsizeHere(['run', '--resume', run, '--judge', 'judge', '--quiet', ...SUMMARY], {
      cwd,
    });
    expect(code, stderr).toBe(0);
    expect(recordsOf(run).filter(({ type }) => type === 'evidence')).toEqual([
      {
        type: 'evidence',
        trial: 'letters/reply/a@writer#1',
        model: 'writer',
        by: 'judge',
        evidence: { effect: 'judge', answers: ['Polite. [[5]]'] },
      },
    ]);
    expect(cellOf(run).quality.value).toBe(1);
    expect(cellOf(run).aggregates.agreement).toEqual({ value: 1 });

    const again = await rightsizeHere(['run', '--resume', run, '--judge', 'judge', '--quiet', ...SUMMARY], { cwd });
    expect(again.code, again.stderr).toBe(0);
    expect(recordsOf(run).filter(({ type }) => type === 'evidence')).toHaveLength(1);
  });

  test('a judge that is no model is refused before anything runs', async () => {
    const cwd = folderWith(JUDGED);
    const { code, stderr } = await rightsizeHere(['run', '--suite', 'letters.yaml', '--judge', 'nobody'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('nobody');
    expect(readdirSync(cwd)).not.toContain('reports');
  });
});

const EMBEDDINGS = process.env.RIGHTSIZE_EMBEDDINGS;
if (EMBEDDINGS === undefined)
  process.stderr.write(
    'similarity in a run: skipped: RIGHTSIZE_EMBEDDINGS names no embedding model (docs/scorers.md)\n',
  );

const COMPARED = {
  'models.json': {
    default: ['writer'],
    models: [
      model('writer', {
        happy: 'That is a happy person',
        sunny: 'Today is a sunny day',
        mute: '',
        either: 'The parcel will arrive tomorrow.',
      }),
    ],
  },
  'meaning.yaml': {
    name: 'meaning',
    tasks: [
      {
        name: 'cosine',
        prompt: { user: '{{ id }}' },
        samples: [
          { id: 'happy', target: 'That is a very happy person' },
          { id: 'sunny', target: 'That is a very happy person' },
          { id: 'mute', target: 'That is a very happy person' },
          { id: 'either', target: ['You get no refund.', 'Your package comes tomorrow.'] },
        ],
        scorer: { name: 'similarity', model: EMBEDDINGS },
      },
    ],
  },
};

describe('the similarity scorer', () => {
  test.runIf(EMBEDDINGS !== undefined)(
    'compares meanings in a run; the log keeps the embeddings, and a report needs no model',
    async () => {
      const SAMPLES = ['--reports', 'samples'];
      const cwd = folderWith(COMPARED);
      const { code, stderr } = await rightsizeHere(['run', '--suite', 'meaning.yaml', '--quiet', ...SAMPLES], { cwd });
      expect(code, stderr).toBe(0);
      const run = newestRun(cwd);
      const evidence = recordsOf(run).filter((record) => record.type === 'evidence');
      // An empty answer is wrong whatever the target means: nothing is computed for it.
      expect(evidence.map(({ trial }) => trial.split(/[/@]/)[2]).sort()).toEqual(['either', 'happy', 'sunny']);
      const scores = () => {
        const [header, ...rows] = readFileSync(join(run, 'samples.csv'), 'utf8').trim().split('\n');
        const [sample, score] = ['sample', 'score'].map((name) => header!.split(',').indexOf(name));
        return Object.fromEntries(rows.map((row) => [row.split(',')[sample!], Number(row.split(',')[score!])]));
      };
      // The mean over the tokens of the same graph, by Python's tokenizers and onnxruntime.
      const expected = { happy: 0.93314, sunny: 0.22938, either: 0.73837, mute: 0 };
      for (const [name, cosine] of Object.entries(expected)) expect(scores()[name], name).toBeCloseTo(cosine, 3);
      const before = scores();
      const again = await rightsizeHere(['report', run, ...SAMPLES], { cwd, env: { RIGHTSIZE_EMBEDDINGS: '' } });
      expect(again.code, again.stderr).toBe(0);
      expect(scores()).toEqual(before);
    },
  );
});
