/** The use cases as a program calls them: without flags, a terminal or an exit code. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { check } from '../../src/run/check.js';
import { LISTING_NAMES, list } from '../../src/run/list.js';
import { power } from '../../src/run/power.js';
import { score } from '../../src/run/score.js';
import { ROOT } from '../support/cli.js';

const world = { cwd: ROOT };

describe('check', () => {
  test('counts the samples of a suite and says whether a model could run', async () => {
    const { suites, models } = await check({ ...world, suites: ['support-desk'], models: ['reference-slm:llama-cpp'] });
    expect(suites.map(({ name }) => name)).toEqual(['support-desk']);
    expect(suites[0]!.tasks.every(({ samples }) => samples! >= 20)).toBe(true);
    expect(models).toMatchObject([{ model: { id: 'reference-slm:llama-cpp' }, readiness: { ready: true } }]);
  });

  test('says in one sentence what is wrong', async () => {
    await expect(check({ ...world, suites: ['no-such-suite'] })).rejects.toThrow(UserError);
  });
});

describe('list', () => {
  test('gives the published models that capacity knows, with their figures and where those come from', async () => {
    const rows = await list('models', { ...world, published: true });
    expect(rows.find(({ id }) => id === 'gpt-oss-20b')).toEqual({
      id: 'gpt-oss-20b',
      hub: 'openai/gpt-oss-20b',
      parameters: 20_910_000_000,
      active: 3_610_000_000,
      context: 131_072,
      stored: 'mxfp4',
      licence: 'apache-2.0',
      source: 'the hub, as copied in llmfit 1.1.17',
      verified: '2026-11-30',
    });
    expect(rows.find(({ id }) => id === 'qwen3.5-4b')).toMatchObject({ active: 4_205_751_296, stored: 'bf16' });
    expect(rows.find(({ id }) => id === 'aquila-7b')).toMatchObject({ source: 'not verified', verified: null });
  });

  test.each(LISTING_NAMES)('gives rows of %s that all have the same fields', async (name) => {
    const rows = await list(name, world);
    expect(rows.length).toBeGreaterThan(3);
    for (const row of rows) expect(Object.keys(row)).toEqual(Object.keys(rows[0]!));
  });
});

describe('score', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'rightsize-score-')), 'outputs.jsonl');
  writeFileSync(file, '{"output":"Paris","target":"Paris"}\n{"output":"Rome","target":"Paris"}\n');

  test('tells the score of each line, and of all of them with an interval', async () => {
    const lines: string[] = [];
    const scored = await score(file, {
      scorer: 'exact',
      onScore: (row, result) => lines.push(`${row} ${result.state === 'scored' ? result.value : result.reason}`),
    });
    expect(lines).toEqual(['1 1', '2 0']);
    expect(scored).toMatchObject({ scorer: 'exact', scored: 2, unscored: [], quality: { value: 0.5, n: 2 } });
  });

  test('reads evidence that stands beside an output, and refuses what is none', async () => {
    const judged = join(mkdtempSync(join(tmpdir(), 'rightsize-score-')), 'judged.jsonl');
    writeFileSync(judged, '{"output":"x","target":"y","evidence":{"effect":"sandbox"}}\n');
    await expect(score(judged, { scorer: 'code' })).rejects.toThrow(/judged\.jsonl:1: evidence/);
  });
});

describe('power', () => {
  const question = { power: 0.8, samples: [100, 400], seed: 0, margin: 0.05, agreement: 0.9, comparisons: 1 };

  test('grows with the number of samples', async () => {
    const { cases } = await power(undefined, question);
    const [{ result }] = cases as [(typeof cases)[number]];
    if ('missing' in result) throw new Error(result.missing);
    const [few, many] = result.samples;
    expect(few!.samples).toBe(100);
    expect(many!.power).toBeGreaterThan(few!.power);
  });

  test('asks for what it cannot know', async () => {
    const { agreement, ...unknown } = question;
    await expect(power(undefined, unknown)).rejects.toThrow(UserError);
  });
});
