import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { observe } from '../../simulate/observe.js';
import { continueRow, readRows } from '../../simulate/rows.js';
import { ERRORS, POWERS } from '../../simulate/scenarios.js';
import { rowOf } from '../../simulate/table.js';

const scenario = ERRORS.find(({ name }) => name === '0/1, 100 samples, margin 3, losses only')!;

describe('the rows of a long simulation', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rows-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const go = (suites: number, code = 'one') =>
    continueRow(scenario, { file: join(folder, 'rows.json'), code, seed: 1, suites });

  it('go on where they stopped, with the suites that a run without a stop would have drawn', () => {
    go(100);
    expect(go(200)).toEqual({ ...observe(scenario, { suites: 200, seed: 1 }), code: 'one' });
    // What is known is not drawn again.
    expect(go(100).suites).toBe(200);
  });

  it('start afresh if other code judged them, and leave the rows of others', () => {
    const file = join(folder, 'rows.json');
    const other = { ...observe(scenario, { suites: 1, seed: 1 }), code: 'one' };
    writeFileSync(file, JSON.stringify({ another: other }));
    go(100);
    expect(go(100, 'two')).toMatchObject({ suites: 100, code: 'two' });
    expect(readRows(file)).toMatchObject({ another: other });
  });
});

describe('the table of docs/statistics.md', () => {
  it('has the rows that were simulated, and a row for every scenario', () => {
    const page = readFileSync('docs/statistics.md', 'utf8');
    const rows = readRows('simulate/rows.json');
    for (const { name } of [...ERRORS, ...POWERS]) {
      expect(Object.keys(rows)).toContain(name);
      expect(page).toContain(rowOf(name, rows[name]!));
    }
  });

  it('keeps every error at 5.5% or less', () => {
    for (const { name, suites, falseFits, falseNeeded } of Object.entries(readRows('simulate/rows.json')).map(
      ([name, row]) => ({ name, ...row }),
    )) {
      // A search looks at many shapes with few suites each, so its worst are high by chance.
      if (name.startsWith('search: ')) continue;
      expect(falseFits / suites, name).toBeLessThanOrEqual(0.055);
      expect(falseNeeded / suites, name).toBeLessThanOrEqual(0.055);
    }
  });
});
