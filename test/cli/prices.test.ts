/** Devices and electricity of one's own, from a file. */
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startAnalysis } from '../../src/core/analyse/analyse.js';
import { priceListSchema } from '../../src/core/definition/price-list.js';
import { optionsOf, recommend } from '../../src/core/recommend/recommend.js';
import type { SuiteRecommendation } from '../../src/core/recommend/recommendation.js';
import { folderWith, ROOT, rightsizeHere } from '../support/cli.js';
import { makeLog } from '../support/log.js';

const dated = { date: '2026-01-01', source: 'invoice' };
const PRICES = {
  electricity: { dollars: 0.3, ...dated },
  devices: [
    {
      name: 'workstation',
      thisMachine: true,
      memory: '64 GB',
      usable: 0.8,
      bandwidth: '80 GB',
      watts: 120,
      price: { dollars: 1200, per: 'device', ...dated },
    },
  ],
};

const SAMPLES = Array.from({ length: 30 }, (_, i) => ({ id: `s${i}`, q: `${i} plus ${i}?`, target: String(2 * i) }));
const scripted = (id: string, size: string) => ({
  id,
  class: size,
  backend: 'scripted',
  script: { answers: Object.fromEntries(SAMPLES.map(({ q, target }) => [q, target])) },
});
const CATALOGUE = {
  default: ['small', 'large'],
  models: [scripted('small', 'slm'), scripted('large', 'llm')],
};
const SUITE = {
  name: 'sums',
  tasks: [{ name: 'double', prompt: { user: '{{ q }}' }, samples: SAMPLES, scorer: 'exact' }],
};

function folder(prices: object): string {
  const cwd = folderWith({ 'prices.json': prices });
  copyFileSync(join(ROOT, 'test/golden/pair/log.jsonl'), join(cwd, 'log.jsonl'));
  return cwd;
}

test('a report reckons with the prices and devices of a file', async () => {
  const cwd = folder(PRICES);
  const { code, stderr } = await rightsizeHere(
    ['report', 'log.jsonl', '--prices', 'prices.json', '--out', 'out', '--reports', 'markdown'],
    { cwd },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const report = readFileSync(join(cwd, 'out/report.md'), 'utf8');
  expect(report).toMatch(/Energy \|.*kWh for a thousand requests at the rated 120 W/);
  expect(report).toMatch(/\| workstation \| phone, 8 GB/);
  const [suite] = JSON.parse(readFileSync(join(cwd, 'out/summary.json'), 'utf8')).suites;
  expect(suite.machineCosts).toMatchObject([{ model: 'reference-slm' }, { model: 'reference-llm' }]);
});

test('a run keeps them in its log, so that a report made from the log alone says the same', async () => {
  const cwd = folderWith({ 'prices.json': PRICES, 'pair.json': CATALOGUE, 'suite.json': SUITE });
  const ran = await rightsizeHere(
    [
      'run',
      '--suite',
      'suite.json',
      '--models',
      'pair.json',
      '--prices',
      'prices.json',
      '--out',
      'runs',
      '--reports',
      'summary',
      '--json',
    ],
    { cwd },
  );
  expect(ran.code).toBe(0);
  const folder = `runs/${readdirSync(join(cwd, 'runs'))[0]}`;
  expect(ran.stdout).toContain('"workstation"');
  const again = await rightsizeHere(['report', folder, '--out', 'again', '--reports', 'summary', '--json'], { cwd });
  expect(again.stdout).toBe(ran.stdout);
});

test('a file takes the place of what the log has', () => {
  const logged = startAnalysis();
  for (const record of makeLog({ tasks: [{ name: 'a', samples: 2 }], models: [{ id: 'small', quality: 1 }] })) {
    logged.add(record.type === 'run' ? { ...record, prices: priceListSchema.parse(PRICES) } : record);
  }
  const analysis = logged.finish();
  const namesIn = (suite: SuiteRecommendation) => suite.devices.map(({ name }) => name);
  expect(namesIn(recommend(analysis).suites[0]!)[0]).toBe('workstation');
  const other = optionsOf(priceListSchema.parse({ electricity: { dollars: 0.9, ...dated } }));
  const replaced = recommend(analysis, other).suites[0]!;
  expect(namesIn(replaced)).not.toContain('workstation');
  expect(replaced.electricity.dollars).toBe(0.9);
});

test('a price without its date is refused in one sentence', async () => {
  const { source } = dated;
  const cwd = folder({ electricity: { dollars: 0.3, source } });
  const { code, stderr } = await rightsizeHere(['report', 'log.jsonl', '--prices', 'prices.json'], { cwd });
  expect(code).toBe(2);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(/prices\.json:\d+: electricity.date: .*docs\/recommendation\.md/);
});

test('the example in the manual is as it has to be', () => {
  const manual = readFileSync(join(ROOT, 'docs/recommendation.md'), 'utf8');
  const [, example] = /```json\n([^`]+)```/.exec(manual)!;
  expect(priceListSchema.parse(JSON.parse(example!)).devices).toMatchObject([{ name: 'workstation', memory: 64e9 }]);
});
