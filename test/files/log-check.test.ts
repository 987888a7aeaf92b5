/** Logs from anywhere: a record fits its schema, or one sentence says the line, the rule, the value and the remedy. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/core/analyse/analyse.js';
import { CONDITION_RULE } from '../../src/core/definition/condition.js';
import { UserError } from '../../src/core/errors.js';
import { type LogRecord, RECORDS, type RecordType } from '../../src/core/log/log.js';
import { createRandom } from '../../src/core/stats/basics/random.js';
import { readLog, recordsOf } from '../../src/files/log.js';
import { checkRecord, Misfit } from '../../src/files/log-check.js';
import { folderWith } from '../support/cli.js';
import { makeLog } from '../support/log.js';

const LOG = makeLog({
  tasks: [{ name: 'route', samples: 12 }],
  models: [{ id: 'small', class: 'slm', quality: 0.8 }],
});
const recordOf = (type: RecordType) => LOG.find((record) => record.type === type)!;
const read = (record: unknown) => recordsOf(JSON.stringify(record), () => 'log.jsonl:7: ');

/** A copy with the value at a path replaced, or removed. */
function changed(record: LogRecord, path: readonly string[], value?: unknown): unknown {
  const copy = structuredClone(record) as unknown as Record<string, unknown>;
  const parent = path.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, copy);
  if (value === undefined) delete parent[path.at(-1)!];
  else parent[path.at(-1)!] = value;
  return copy;
}

const REMEDY = 'restore the file, or remove this line and lose its record';

describe('a record that does not fit', () => {
  test.each<[RecordType, readonly string[], unknown, string]>([
    ['measurement', ['outcome', 'timing'], undefined, 'outcome.timing: expected a mapping, found nothing'],
    [
      'measurement',
      ['outcome', 'timing', 'pieces'],
      ['0.1'],
      'outcome.timing.pieces[0]: expected a number, found "0.1"',
    ],
    [
      'measurement',
      ['outcome', 'timing', 'pieces'],
      [0.2, 0.1],
      'outcome.timing.pieces: expected times that never go back, found a list',
    ],
    ['measurement', ['outcome', 'timing', 'end'], -1, 'outcome.timing.end: expected a number of at least 0, found -1'],
    [
      'measurement',
      ['outcome', 'state'],
      'won',
      'outcome.state: expected one of completed, ranked, failed, found "won"',
    ],
    ['measurement', ['at'], 1e300, 'at: expected a number of at most 1000000000000000, found 1e+300'],
    ['measurement', ['session'], null, 'session: expected a string, found null'],
    ['measurement', ['condition'], 'crowd 4', `condition: ${CONDITION_RULE}, found "crowd 4"`],
    ['sample', ['fields'], [], 'fields: expected a mapping, found an empty list'],
    ['sample', ['prompt'], {}, 'prompt.messages: expected a list, found nothing'],
    [
      'session',
      ['memory', 'loaded', 'resident'],
      { value: 1, missing: 'x' },
      'memory.loaded.resident.missing: unknown field "missing"',
    ],
    ['session-end', ['memory'], [], 'memory: expected a mapping, found an empty list'],
    ['run', ['settings', 'seed'], 'x', 'settings.seed: expected a number, found "x"'],
    ['run', ['suites'], {}, 'suites: expected a list, found a mapping'],
    ['machine', ['environment', 'cpu'], undefined, 'environment.cpu: expected a mapping, found nothing'],
    ['end', ['complete'], 'yes', 'complete: expected a boolean, found "yes"'],
  ])('%s %j = %j', (type, path, value, says) => {
    const broken = changed(recordOf(type), path, value);
    expect(() => read(broken)).toThrow(UserError);
    expect(() => read(broken)).toThrow(`log.jsonl:7: ${says}; ${REMEDY}`);
  });

  test('of no known type is refused by its name', () => {
    for (const type of ['toString', '__proto__', 'steps', '']) {
      expect(() => read({ type })).toThrow(
        /^log\.jsonl:7: type: expected one of run, resume, .*; read it with the version/,
      );
    }
  });

  test.each([['null'], ['[]'], ['"run"'], ['{"type":3}'], ['{}']])('%s is no record', (line) => {
    expect(() => recordsOf(line, () => 'log.jsonl:7: ')).toThrow(
      /^log\.jsonl:7: expected a record with a type, found none/,
    );
  });

  test('is named by its line of the file', async () => {
    const lines = LOG.map((record) => JSON.stringify(record));
    const broken = JSON.stringify(changed(recordOf('measurement'), ['outcome', 'timing']));
    const file = join(folderWith({ 'log.jsonl': `${[...lines, broken, lines.at(-1)].join('\n')}\n` }), 'log.jsonl');
    const reading = async () => {
      for await (const _ of readLog(file));
    };
    await expect(reading()).rejects.toThrow(
      `log.jsonl:${lines.length + 1}: outcome.timing: expected a mapping, found nothing`,
    );
  });
});

describe('a hostile log', () => {
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

  test.each([300, 100_000])('nested %d levels deep is refused in a sentence', (levels) => {
    for (const type of ['sample', 'run', 'machine', 'evidence'] as const) {
      expect(() => recordsOf(`{"type":"${type}","fields":${deep(levels)}}`, () => 'log.jsonl:7: ')).toThrow(UserError);
    }
    expect(() => recordsOf(`{"type":"measurement","outcome":${deep(levels)}}`, () => '')).toThrow(UserError);
  });

  test('with the keys of prototypes changes nothing', () => {
    const text = JSON.stringify(recordOf('sample')).replace(
      '"fields":{',
      '"__proto__":{"type":"run"},"fields":{"__proto__":{"target":"x"},',
    );
    const [record] = recordsOf(text, () => '');
    expect(record).toMatchObject({ type: 'sample', target: 'answer 0' });
    expect(({} as Record<string, unknown>).target).toBeUndefined();
    expect(() => analyse([...LOG, record!])).not.toThrow();
  });

  test('that is damaged at random is refused in a sentence, or analysed', () => {
    const random = createRandom(0, 'damage');
    const values = ['null', '-1', '1e999', '"x"', '[]', '{}', 'true', '1e15', '{"missing":3}', '0.5'];
    for (let n = 0; n < 400; n++) {
      const lines = LOG.map((record) => JSON.stringify(record));
      const i = Math.floor(random.uniform() * lines.length);
      const places = [...lines[i]!.matchAll(/:(?:"[^"]*"|-?[\d.]+|\{\}|\[\])/g)];
      const place = places[Math.floor(random.uniform() * places.length)]!;
      const value = values[Math.floor(random.uniform() * values.length)]!;
      lines[i] = `${lines[i]!.slice(0, place.index)}:${value}${lines[i]!.slice(place.index + place[0].length)}`;
      try {
        const analysis = analyse(lines.flatMap((line) => recordsOf(line, () => 'log.jsonl:1: ')));
        expect(JSON.stringify(analysis), lines[i]).not.toMatch(/NaN|Infinity/);
      } catch (error) {
        expect(error, `${lines[i]}\n${(error as Error).stack}`).toBeInstanceOf(UserError);
      }
    }
  });
});

test('the compiled check of a record and its schema agree', () => {
  const random = createRandom(1, 'damage');
  const values = [null, -1, 1e300, 'x', [], {}, true, 0.5, { missing: 'x' }, { value: 1 }, [1, 0], undefined];
  for (const type of ['sample', 'measurement'] as const) {
    for (let n = 0; n < 500; n++) {
      const copy = structuredClone(recordOf(type)) as unknown as Record<string, unknown>;
      let parent = copy;
      for (;;) {
        const keys = Object.keys(parent);
        const key = keys[Math.floor(random.uniform() * keys.length)]!;
        const child = parent[key];
        if (typeof child === 'object' && child !== null && Object.keys(child).length > 0 && random.uniform() < 0.7) {
          parent = child as Record<string, unknown>;
          continue;
        }
        parent[key] = values[Math.floor(random.uniform() * values.length)];
        break;
      }
      const record: unknown = JSON.parse(JSON.stringify(copy));
      if ((record as LogRecord).type !== type) continue;
      // A record that the compiled check refuses and zod accepts would be read slowly; the other way round would be a hole.
      expect(!(checkRecord(type, record) instanceof Misfit), JSON.stringify(record)).toBe(
        RECORDS[type].safeParse(record).success,
      );
    }
  }
});

test('a log may name a scorer that has been removed since: its answers are unscored', () => {
  const lines = LOG.map((record) => JSON.stringify(record).replaceAll('"exact"', '"gone"'));
  const [cell] = analyse(lines.flatMap((line) => recordsOf(line, () => ''))).suites[0]!.tasks[0]!.cells;
  expect(cell!.quality).toEqual({ missing: 'no answer could be scored: there is no scorer gone' });
});

test('every record of a log of today is read as it was written', () => {
  const golden = readFileSync(new URL('../golden/pair/log.jsonl', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  for (const line of golden) expect(recordsOf(line, () => '')).toEqual([JSON.parse(line)]);
});
