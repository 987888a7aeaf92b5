/** Devices and electricity of one's own, from a file. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { priceListSchema } from '../../src/core/definition/price-list.js';
import { folderWith, ROOT, rightsize } from '../support/cli.js';

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

function folder(prices: object): string {
  const cwd = folderWith({ 'prices.json': prices });
  copyFileSync(join(ROOT, 'test/golden/pair/log.jsonl'), join(cwd, 'log.jsonl'));
  return cwd;
}

test('a report reckons with the prices and devices of a file', async () => {
  const cwd = folder(PRICES);
  const { code, stderr } = await rightsize(['report', 'log.jsonl', '--prices', 'prices.json', '--out', 'out'], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const report = readFileSync(join(cwd, 'out/report.md'), 'utf8');
  expect(report).toMatch(/Energy \|.*kWh for a thousand requests at the rated 120 W/);
  expect(report).toMatch(/\| workstation \| phone, 8 GB/);
  const [suite] = JSON.parse(readFileSync(join(cwd, 'out/summary.json'), 'utf8')).suites;
  expect(suite.machineCosts).toMatchObject([{ model: 'reference-slm' }, { model: 'reference-llm' }]);
});

test('a price without its date is refused in one sentence', async () => {
  const { source } = dated;
  const cwd = folder({ electricity: { dollars: 0.3, source } });
  const { code, stderr } = await rightsize(['report', 'log.jsonl', '--prices', 'prices.json'], { cwd });
  expect(code).toBe(2);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(/prices\.json:\d+: electricity.date: .*docs\/recommendation\.md/);
});

test('the example in the manual is as it has to be', () => {
  const manual = readFileSync(join(ROOT, 'docs/recommendation.md'), 'utf8');
  const [, example] = /```json\n([^`]+)```/.exec(manual)!;
  expect(priceListSchema.parse(JSON.parse(example!)).devices).toMatchObject([{ name: 'workstation', memory: 64e9 }]);
});
