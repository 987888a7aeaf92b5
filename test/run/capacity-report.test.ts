/** The section of capacity in the report of a run or a load test, which `rightsize report` writes where somebody asks. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import { summaryJsonSchema } from '../../src/core/report/summary-schema.js';
import { type CapacityAsked, capacity, reportOf } from '../../src/run/capacity.js';
import { type Rendered, render } from '../../src/run/render.js';
import { loadLog, SEARCH, searchedSteps } from '../support/load-log.js';

const folder = mkdtempSync(join(tmpdir(), 'rightsize-capacity-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

const RUN = join(import.meta.dirname, '../golden/pair/log.jsonl');
const RATE: CapacityAsked = {
  models: ['reference-slm'],
  devices: ['pi-5'],
  slots: 4,
  load: { kind: { kind: 'rate', arrivals: { kind: 'poisson' } }, wanted: 5, headroom: 0.2 },
};

const REPORTS = ['markdown', 'summary'] as const;

const contentOf = ({ artifacts }: Rendered, name: string) =>
  String(artifacts.find(({ path }) => path === name)?.content);
const summaryOf = (rendered: Rendered) => JSON.parse(contentOf(rendered, 'summary.json'));

describe('the report of a run', () => {
  const asked = render([RUN], { capacity: RATE, reports: REPORTS });

  it('says what `rightsize capacity` says of the same run, with the limits of the run', async () => {
    const answer = reportOf(await capacity({ ...RATE, run: RUN }, { cwd: folder }));
    const { capacity: written } = summaryOf(await asked);
    expect(written).toMatchObject(JSON.parse(JSON.stringify(answer)));
    expect(written).toMatchObject({ objectivesFrom: 'run', objectives: [{ metric: 'ttft' }] });
  });

  it('fits the schema of its summary', async () => {
    const isValid = new Ajv2020({ strict: false }).compile(summaryJsonSchema());
    const summary = summaryOf(await asked);
    expect(isValid(summary), JSON.stringify(isValid.errors?.slice(0, 3))).toBe(true);
    delete summary.capacity.predictions[0].load.plan.greatest;
    expect(isValid(summary)).toBe(false);
  });

  it('names the command that asks the same, and no longer says that load is not drawn', async () => {
    const text = contentOf(await asked, 'report.md');
    expect(text).toMatch(
      /rightsize report reports\/\S+ --model reference-slm --device pi-5 --rate 5 --arrivals poisson --headroom 0.2 --slots 4\n/,
    );
    expect(text).toContain('What devices do under load, and what they cost: Capacity');
    expect(text).not.toContain('it is not drawn here');
  });

  it('is the same again, byte for byte', async () => {
    const again = await render([RUN], { capacity: RATE, reports: REPORTS });
    for (const { path, content } of again.artifacts)
      expect(String(content) === contentOf(await asked, path), path).toBe(true);
  });

  it('keeps the sentence with the command where no load is asked', async () => {
    const alone = await render([RUN], {
      capacity: { models: [], devices: ['pi-5'] },
      reports: ['markdown', 'summary'],
    });
    expect(contentOf(alone, 'report.md')).toContain('it is not drawn here');
    expect(contentOf(alone, 'report.md')).toContain('<summary>Capacity</summary>');
    expect(summaryOf(alone).capacity).not.toHaveProperty('wanted');
  });

  it('has none of it where nobody asks', async () => {
    const plain = await render([RUN], { reports: ['markdown', 'summary'] });
    expect(contentOf(plain, 'report.md')).not.toContain('<summary>Capacity</summary>');
    expect(summaryOf(plain)).not.toHaveProperty('capacity');
  });

  it('refuses to ask for several runs', async () => {
    await expect(render([RUN, RUN], { capacity: RATE })).rejects.toThrow(
      'expected one run beside flags that ask about capacity, found 2; report each run by itself',
    );
  });
});

describe('a report rests on the log and the flags', () => {
  const changed = (name: string, change: (record: { [field: string]: unknown }) => void) => {
    const file = join(folder, name);
    const lines = readFileSync(RUN, 'utf8').trim().split('\n');
    const records = lines.map((line) => JSON.parse(line));
    for (const record of records) change(record);
    writeFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    return file;
  };

  it('so it reads no files of a model whose layers the log does not tell', async () => {
    const run = changed('shapeless.jsonl', (record) => {
      if (record.type === 'session') record.facts = { ...(record.facts as object), shape: undefined };
    });
    const asked = { models: ['reference-slm'], devices: ['pi-5'] };
    await expect(render([run], { capacity: asked, reports: ['summary'] })).rejects.toThrow(
      '--model reference-slm: the log does not tell its layers, and no published model has its name; say which weights it has, as in --model reference-slm=qwen3-4b:q8_0',
    );
    const named = { ...asked, models: ['reference-slm=qwen3-0.6b:q8_0'] };
    const found = await render([run], { capacity: named, reports: ['summary'] });
    expect(summaryOf(found).capacity.predictions[1]).toMatchObject({ inPlaceOf: 'reference-slm', device: 'pi-5' });
  });

  it("so it knows the devices of the user that the log has, as the run's own table does", async () => {
    const price = { dollars: 99, per: 'device', date: '2026-11-30', source: 'a bill' };
    const own = {
      name: 'ours',
      kind: 'board',
      memory: 8e9,
      usable: 0.8,
      bandwidth: 17e9,
      compute: { f16: 150e9 },
      price,
    };
    const run = changed('prices.jsonl', (record) => {
      if (record.type === 'run') record.prices = { devices: [own] };
    });
    const { predictions } = await capacity({ ...RATE, run, devices: ['ours'] }, { cwd: folder });
    expect(predictions[1]).toMatchObject({ device: 'ours', load: { money: { price: { dollars: 99 } } } });
  });
});

it('the report of a load test has the section too', async () => {
  const run = join(folder, 'load.jsonl');
  writeFileSync(
    run,
    loadLog(searchedSteps(), SEARCH)
      .map((record) => `${JSON.stringify(record)}\n`)
      .join(''),
  );
  const asked = { models: ['small=qwen3-0.6b:q8_0'], devices: ['l4'] };
  const found = await render([run], { capacity: asked, reports: ['markdown', 'summary'] });
  expect(contentOf(found, 'report.md')).toContain('<summary>Capacity</summary>');
  expect(summaryOf(found).capacity.predictions[1]).toMatchObject({ device: 'l4', engine: 'llama.cpp-cuda' });
});
