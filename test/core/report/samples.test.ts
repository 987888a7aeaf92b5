import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import { samplesReport } from '../../../src/core/report/samples.js';
import { makeLog } from '../../support/log.js';

const analysis = analyse(
  makeLog({
    tasks: [{ name: 'route', samples: 3 }],
    models: [
      { id: 'small', class: 'slm', quality: 0.9 },
      { id: 'nobody', quality: 0.9 },
    ],
  }),
);
const rowsOf = (content: string) => parse(content, { columns: true, bom: true }) as Record<string, string>[];

describe('samples.csv', () => {
  const [plain] = samplesReport(analysis);
  const rows = rowsOf(String(plain!.content));

  it('has the class of the model and the prompt in every row', () => {
    expect(rows).toHaveLength(6);
    expect(rows[0]).toMatchObject({ sample: 'route-0001', model: 'small', class: 'slm', prompt: 'question 0' });
    expect(rows[1]).toMatchObject({ sample: 'route-0001', model: 'nobody', class: '', prompt: 'question 0' });
  });

  it('has no digits that no clock gives', () => {
    for (const { ttft } of rows) expect(ttft!.replace('0.', '').replace(/^0+/, '').length).toBeLessThanOrEqual(9);
  });

  it('begins with a byte order mark only on request', () => {
    const [marked] = samplesReport(analysis, 'byte order mark');
    expect(String(plain!.content).startsWith('suite,')).toBe(true);
    expect(marked!.content).toBe(`\ufeff${plain!.content}`);
  });
});
