import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { summarise } from '../../../src/core/report/summary.js';
import { summaryJsonSchema } from '../../../src/core/report/summary-schema.js';
import { ROOT } from '../../support/cli.js';
import { randomAnalysis } from '../../support/random-analysis.js';

const isValid = new Ajv2020({ strict: false }).compile(summaryJsonSchema());
const golden = () => JSON.parse(readFileSync(`${ROOT}/test/golden/pair/expected/summary.json`, 'utf8'));

describe('the schema of summary.json', () => {
  it('on the disk is what the code would write (npm run schemas)', () => {
    const written = JSON.parse(readFileSync(`${ROOT}/schemas/summary.schema.json`, 'utf8'));
    expect(written).toEqual(JSON.parse(JSON.stringify(summaryJsonSchema())));
  });

  it.each(['pair', 'troubled'])('accepts the golden summary %s', (name) => {
    const summary = JSON.parse(readFileSync(`${ROOT}/test/golden/${name}/expected/summary.json`, 'utf8'));
    expect(isValid(summary), JSON.stringify(isValid.errors?.slice(0, 3))).toBe(true);
  });

  it('accepts the summaries of analyses at random', () => {
    for (let seed = 0; seed < 12; seed++) {
      const analysis = randomAnalysis(seed);
      const summary = JSON.parse(JSON.stringify(summarise(analysis, recommend(analysis))));
      expect(isValid(summary), `${seed}: ${JSON.stringify(isValid.errors?.slice(0, 3))}`).toBe(true);
    }
  });

  const DAMAGES: Readonly<Record<string, (summary: ReturnType<typeof golden>) => void>> = {
    'a number without its interval': ({ suites }) => delete suites[0].overall[0].quality.low,
    'an unknown verdict': ({ suites }) => {
      suites[0].verdict.kind = 'maybe';
    },
    'a verdict without its model': ({ suites }) => delete suites[0].tasks[1].verdict.model,
    'a limit in no state': ({ suites }) => {
      suites[0].tasks[0].checks[0].checks[0].state = 'fine';
    },
    'a metric that is not there': ({ suites }) => delete suites[0].tasks[0].models[0].metrics.ttft,
    'no answer': (summary) => delete summary.answer,
  };

  it.each(Object.entries(DAMAGES))('refuses %s', (_, damage) => {
    const summary = golden();
    damage(summary);
    expect(isValid(summary)).toBe(false);
  });
});
