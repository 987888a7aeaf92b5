/** What must hold of every step, whatever its requests did: on random logs, with failures, timeouts, cuts and requests never sent. */
import { expect, test } from 'vitest';
import type { Condition } from '../../../src/core/definition/condition.js';
import { steadyRate } from '../../../src/core/definition/condition.js';
import type { RequestCounts } from '../../../src/core/load/figures.js';
import { parseObjective } from '../../../src/core/load/objective.js';
import type { StepRequest } from '../../../src/core/load/request.js';
import { analyseStep, type StepResult } from '../../../src/core/load/step.js';
import { isMissing } from '../../../src/core/quantity.js';
import { createRandom, type Random, shuffle } from '../../../src/core/stats/basics/random.js';
import { answered, HEALTHY, unanswered } from './requests.js';

const LOGS = 2_000;
const OBJECTIVES = ['ttft p95 <= 150 ms', 'tpot p95 <= 12 ms'].map(parseObjective);

/** A step of 45 to 75 requests; in one of three, some fail, time out, are cut or never sent. */
function randomStep(random: Random): { requests: StepRequest[]; condition: Condition } {
  const n = 45 + random.below(30);
  const gap = 0.01 + random.uniform() * 0.2;
  const [ttft, tpot] = [0.001 + random.uniform() * 0.2, 0.0005 + random.uniform() * 0.02];
  const bad = random.below(3) === 0 ? random.uniform() * 0.5 : 0;
  let due = 0;
  const requests = Array.from({ length: n }, (_, i) => {
    due += gap * -Math.log1p(-random.uniform());
    const sample = `s${i % 20}`;
    if (random.uniform() < bad) {
      const outcome = (['timed-out', 'failed', 'cut', 'unsent'] as const)[random.below(4)]!;
      const first = random.below(2) === 0 && outcome !== 'unsent' ? { first: due + ttft * random.uniform() } : {};
      return unanswered(outcome, due, { after: ttft + random.uniform(), sample, ...first });
    }
    const sent = due + random.uniform() * Math.min(0.002, ttft);
    const one = answered(due, {
      ttft: ttft * (0.5 + random.uniform()) + 0.002,
      tpot: tpot * (0.5 + random.uniform()),
      sent,
      sample,
    });
    return random.below(4) === 0 ? one : { ...one, score: random.below(2) };
  });
  const condition: Condition =
    random.below(2) === 0
      ? { kind: 'open', rate: steadyRate(1), arrivals: { kind: 'poisson' } }
      : { kind: 'users', users: 10, think: { kind: 'exp', mean: 1 } };
  return { requests, condition };
}

const analysed = (requests: readonly StepRequest[], condition: Condition) =>
  analyseStep(requests, { condition, objectives: OBJECTIVES, health: HEALTHY });

function addsUp({ due, completed, timedOut, failed, leftOut }: RequestCounts): boolean {
  return due === completed + timedOut + failed + leftOut;
}

/** What is wrong with the figures of a step. */
function faultsOf({ counts, window }: StepResult): string[] {
  if (isMissing(window)) return addsUp(counts) ? [] : ['counts'];
  const { underWay, metrics, attainment, goodput, right, requestRate } = window;
  const faults = [
    addsUp(counts) && addsUp(window.counts) && window.counts.due <= counts.due ? '' : 'counts',
    underWay.peak >= underWay.mean && underWay.mean >= 0 ? '' : 'under way',
    window.from <= window.to ? '' : 'window',
  ];
  for (const [name, found] of Object.entries(metrics)) {
    if (isMissing(found)) continue;
    const levels = [found.median, found.p90, found.p95, found.p99].flatMap((one) => (isMissing(one) ? [] : [one]));
    if (found.n > window.counts.due) faults.push(`${name}: n`);
    if (name !== 'decodeRate' && levels.some(({ value }) => !(value > 0))) faults.push(`${name}: not above 0`);
    const values = levels.map(({ value }) => (name === 'decodeRate' ? -value : value));
    if (name !== 'decodeRate' && values.some((value, i) => i > 0 && value < values[i - 1]!))
      faults.push(`${name}: order`);
    for (const { value, low, high } of levels) if (!(low <= value && value <= high)) faults.push(`${name}: interval`);
  }
  if (!isMissing(attainment)) {
    const { value, low, high } = attainment;
    if (!(low >= 0 && low <= value && value <= high && high <= 1)) faults.push('attainment');
    if (isMissing(goodput) || isMissing(requestRate)) faults.push('goodput');
    else if (goodput.value > requestRate.value + 1e-9) faults.push('goodput above the rate');
    if (!isMissing(right.goodput) && !isMissing(goodput) && right.goodput.value > goodput.value + 1e-9)
      faults.push('right answers in time above goodput');
  }
  return faults.filter((fault) => fault !== '');
}

test('holds on 2,000 random logs, and two or four clients give the same figures as one', () => {
  let shown = 0;
  for (let seed = 0; seed < LOGS; seed++) {
    const random = createRandom(seed, 'invariants');
    const { requests, condition } = randomStep(random);
    const one = analysed(requests, condition);
    expect(faultsOf(one), `seed ${seed}`).toEqual([]);
    if (!isMissing(one.window) && !isMissing(one.window.attainment)) shown++;
    // Each client reports its own requests, and the reports come in any order.
    const clients = 2 + 2 * random.below(2);
    const parts = Array.from({ length: clients }, (_, client) => requests.filter((_, i) => i % clients === client));
    if (seed % 4 === 0) expect(analysed(shuffle(parts, random).flat(), condition), `seed ${seed}`).toEqual(one);
  }
  // The figures of most are known, or nothing would be tested.
  expect(shown).toBeGreaterThan(LOGS / 10);
});
