import { describe, expect, test } from 'vitest';
import { runVirtually, type ServerLaw } from '../../../bench/load-virtual.js';
import { type Condition, parseCondition } from '../../../src/core/definition/condition.js';
import { percentileFloor, type WindowFigures } from '../../../src/core/load/figures.js';
import type { Objective } from '../../../src/core/load/objective.js';
import type { ClientHealth, StepRequest } from '../../../src/core/load/request.js';
import { isHopeless, saturationOf } from '../../../src/core/load/saturation.js';
import { analyseStep } from '../../../src/core/load/step.js';
import type { Price } from '../../../src/core/measure/metric.js';
import { isMissing, known, missing } from '../../../src/core/quantity.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import { answered, every, HEALTHY, unanswered } from './requests.js';

const TTFT: Objective = { metric: 'ttft', level: 'p95', bound: 0.5 };
const OPEN = parseCondition('open 10 constant');
const QUEUE: ServerLaw = { kind: 'slots', slots: 6, service: { kind: 'exponential', mean: 0.1 } };

function analyse(requests: readonly StepRequest[], condition: Condition = OPEN, health = HEALTHY) {
  return analyseStep(requests, { condition, objectives: [TTFT], health });
}

function figures(requests: readonly StepRequest[], condition: Condition = OPEN, health = HEALTHY): WindowFigures {
  const { window } = analyse(requests, condition, health);
  if (isMissing(window)) throw new Error(window.missing);
  return window;
}

/** Requests ten a second, with times to first token that scatter a little. */
function steady(
  count: number,
  change: (at: number, i: number) => Partial<StepRequest> & { ttft?: number } = () => ({}),
) {
  const random = createRandom(1);
  return every(0.1, count, (due, i) => answered(due, { ttft: 0.1 + 0.02 * random.uniform(), ...change(due, i) }));
}

describe('the window of a step', () => {
  test('leaves out the first requests of a closed loop, which begin all at once, and those that run while it drains', () => {
    const condition = parseCondition('closed 12');
    const sent = runVirtually(QUEUE, { condition, seed: 1, requests: 400, seconds: 1e6 });
    const { from, to, counts } = figures(sent, condition);
    expect(from).toBeGreaterThanOrEqual(sent[12]!.due);
    expect(to).toBeLessThan(sent.at(-1)!.due);
    expect(counts.due).toBeGreaterThan(300);
  });

  test('begins after a warm-up that is found', () => {
    const warming = steady(400, (due) => (due < 8 ? { ttft: 0.4 - 0.03 * due } : {}));
    const { from } = figures(warming);
    expect(from).toBeGreaterThan(6);
    expect(from).toBeLessThan(11);
  });

  test('begins soon when there is no warm-up, and never after the middle', () => {
    expect(figures(steady(400)).from).toBeLessThan(3);
    const { window } = analyse(steady(400, (due) => ({ ttft: 0.1 + 0.02 * due })));
    expect(isMissing(window) ? Number.NaN : window.from).toBeLessThan(21);
  });

  test('is missing when nothing was answered, or all was sent at once', () => {
    expect(analyse(every(0.1, 50, (due) => unanswered('failed', due))).window).toEqual(
      missing('no request was answered'),
    );
    expect(analyse(every(0, 50, () => answered(0))).window).toEqual(
      missing(expect.stringMatching(/^its requests came for 0 s, and no steady part is left of them/)),
    );
    expect(analyse([]).window).toEqual(missing('no request was answered'));
  });

  test.each([
    // Each of 60 requests in 6 s takes 9 s.
    ['open 10 constant', 'for 9.1 s (a median e2e)'],
    ['users 20 think exp:2s', 'for 11.1 s (a think time and a median e2e)'],
    ['closed 60', 'with its first 60 requests'],
  ])(
    'under %s is missing with its times where the answers of a busy server take longer than the step',
    (text, filling) => {
      const late = every(0.1, 60, (due) => answered(due, { ttft: 9 }));
      expect(analyse(late, parseCondition(text)).window).toEqual(
        missing(
          `its requests came for 5.9 s, and no steady part is left of them: the server fills ${filling} and drains for 9.1 s (a median e2e)`,
        ),
      );
    },
  );
});

describe('a step', () => {
  test('that settled has percentiles above their floors, and says what the others need', () => {
    const { metrics, settled, attainment, requestRate, throughput } = figures(steady(400));
    expect(settled).toEqual({ state: 'steady' });
    if (isMissing(metrics.ttft)) throw new Error(metrics.ttft.missing);
    const { n, p95, p99 } = metrics.ttft;
    expect(p95).toMatchObject({ n, method: 'order-statistics' });
    expect(p99).toEqual(missing(`it needs ${662 - n} more requests`));
    expect([0.5, 0.75, 0.8, 0.9, 0.95, 0.97, 0.99].map(percentileFloor)).toEqual([11, 24, 31, 64, 130, 219, 662]);
    expect(attainment).toMatchObject({ value: 1, n });
    expect(requestRate).toMatchObject({ value: expect.closeTo(10, 0) });
    expect(throughput).toMatchObject({ value: expect.closeTo(110, -1) });
  });

  test.each([
    ['open 20 poisson', 20],
    ['closed 12', 60],
  ])('under %s has a throughput and a goodput whose intervals cover the truth', (text, perSecond) => {
    const condition = parseCondition(text);
    const covered = { throughput: 0, goodput: 0 };
    for (let seed = 0; seed < 100; seed++) {
      const sent = runVirtually(QUEUE, { condition, seed, requests: 500, seconds: 1e6 });
      const { throughput, goodput } = figures(sent, condition);
      if (isMissing(throughput) || isMissing(goodput)) throw new Error('expected figures');
      const [{ outputTokens }] = sent as [StepRequest];
      const tokens = isMissing(outputTokens) ? Number.NaN : perSecond * outputTokens.value;
      if (throughput.low <= tokens && tokens <= throughput.high) covered.throughput++;
      // Every request meets the objective, so only the arrivals are left to chance.
      if (goodput.low <= perSecond && perSecond <= goodput.high) covered.goodput++;
    }
    for (const times of Object.values(covered)) {
      expect(times).toBeGreaterThanOrEqual(90);
      expect(times).toBeLessThan(100);
    }
  });

  test('that drifts gives no number and no evidence', () => {
    const { window, objectives } = analyse(steady(600, (due) => ({ ttft: 0.1 + 0.003 * due })));
    if (isMissing(window)) throw new Error(window.missing);
    expect(window.settled).toMatchObject({ state: 'drifting', direction: 'rises' });
    expect(window.metrics.ttft).toEqual(
      missing(expect.stringMatching(/^the step has not settled: TTFT rises by \d+% over/)),
    );
    expect(window.attainment).toHaveProperty('missing');
    expect(objectives[0]!.tally).toHaveProperty('missing');
  });

  test('that is too short says how many requests it needs', () => {
    const { settled, metrics } = figures(steady(30));
    expect(settled).toMatchObject({ state: 'too short', more: expect.any(Number) });
    expect(metrics.ttft).toEqual(
      missing(expect.stringMatching(/^it needs \d+ more requests: its window has \d+ answers/)),
    );
  });

  // A longer step may find its warm-up some requests later.
  const FEW = 0.15;

  test.each([
    ['answers', 30, 0.1],
    ['seconds', 80, 0.02],
    ['answers and seconds', 36, 0.02],
  ])('that lacks %s has its figures once it has the requests that it asks for', (_, count, gap) => {
    const begin = (length: number) => every(gap, length, (due) => answered(due, { ttft: 0.3, tpot: 0.001 }));
    const condition = parseCondition(`open ${1 / gap} constant`);
    const { settled } = figures(begin(count), condition);
    if (settled.state !== 'too short') throw new Error(settled.state);
    const enough = count + settled.more;
    expect(figures(begin(Math.floor(enough * (1 - FEW))), condition).settled.state).toBe('too short');
    expect(figures(begin(Math.ceil(enough * (1 + FEW))), condition).settled.state).toBe('steady');
  });

  test('has a percentile once it has the requests that the percentile asks for', () => {
    const p99 = (count: number) => {
      const { ttft } = figures(steady(Math.round(count))).metrics;
      if (isMissing(ttft)) throw new Error(ttft.missing);
      return ttft.p99;
    };
    const short = p99(400);
    if (!isMissing(short)) throw new Error('expected too few requests');
    const enough = 400 + Number(/\d+/.exec(short.missing)![0]);
    expect(p99(enough * 0.96)).toHaveProperty('missing');
    expect(p99(enough * 1.04)).toHaveProperty('value');
  });

  test('that is shorter than five times its slowest answers is too short', () => {
    const slow = every(0.02, 200, (due) => answered(due, { ttft: 0.5, tpot: 0.02 }));
    expect(figures(slow, parseCondition('open 50 constant')).settled).toMatchObject({
      state: 'too short',
      reason: expect.stringMatching(/shorter than 5 times the p99 of e2e, 3.5 s$/),
    });
  });

  test('with a stall meets its objective less, from the moment when requests were due', () => {
    // For 3 s nothing is answered: who was due first waits longest.
    const stall = steady(400, (due) => (due >= 20 && due < 23 ? { ttft: 23.1 - due } : {}));
    const { attainment, counts } = figures(stall);
    const late = stall.filter(({ due, first }) => first! - due > TTFT.bound).length;
    expect(late).toBeGreaterThan(20);
    expect(attainment).toMatchObject({ value: 1 - late / counts.due });
  });

  test('with a ramp, a drift and a stall of a virtual server is called what it is', () => {
    const condition = parseCondition('open 20 poisson');
    const held = (seed: number, order: Partial<Parameters<typeof runVirtually>[1]>) => {
      const step = { condition, seed, requests: 1_600, seconds: 1e6, ...order };
      return analyse(runVirtually(QUEUE, step), step.condition);
    };
    const seeds = Array.from({ length: 10 }, (_, seed) => seed);
    const count = (order: Parameters<typeof held>[1], is: (result: ReturnType<typeof held>) => boolean) =>
      seeds.filter((seed) => is(held(seed, order))).length;
    const isSteady = ({ window }: ReturnType<typeof held>) => !isMissing(window) && window.settled.state === 'steady';
    const isRising = ({ window }: ReturnType<typeof held>) =>
      !isMissing(window) && window.settled.state === 'drifting' && window.settled.direction === 'rises';
    expect(count({}, isSteady)).toBeGreaterThanOrEqual(9);
    // In the end, its service takes two and a half times as long.
    expect(count({ slowness: (at) => 1 + at / 50 }, isRising)).toBeGreaterThanOrEqual(9);
    // From a third of what it can take to more than that.
    const ramp = parseCondition('open 20..100:20s,100 poisson');
    expect(count({ condition: ramp }, ({ saturation }) => saturation === 'overloaded')).toBeGreaterThanOrEqual(9);
    // Three seconds in which answers take thirty times as long: late requests, and no drift.
    const stalled = { slowness: (at: number) => (at > 40 && at < 43 ? 30 : 1) };
    const isStalled = (result: ReturnType<typeof held>) =>
      isSteady(result) && !isMissing(result.window) && result.slowest > 3;
    expect(count(stalled, isStalled)).toBeGreaterThanOrEqual(9);
  });

  test('knows no attainment where the answers do not tell an objective, and still what misses another', () => {
    const untold = { tokensAfterFirst: missing('16 tokens in 4 pieces') };
    const objectives: Objective[] = [TTFT, { metric: 'tpot', level: 'p95', bound: 0.005 }];
    const some = every(0.1, 400, (due) => answered(due, untold));
    const found = analyseStep(some, { condition: parseCondition('open 10 constant'), objectives, health: HEALTHY });
    const window = found.window;
    if (isMissing(window)) throw new Error(window.missing);
    expect(window.attainment).toMatchObject({ missing: expect.stringContaining('16 tokens in 4 pieces') });
    expect(window.goodput).toEqual(window.attainment);
    expect(window.right.goodput).toHaveProperty('missing');
    expect(window.metrics.tpot).toEqual(missing('16 tokens in 4 pieces'));
    expect(found.objectives[1]).toMatchObject({ met: 'open', unknown: { missing: expect.stringContaining('TPOT') } });
    const late = every(0.1, 400, (due) => answered(due, { ...untold, ttft: 3 }));
    const missed = analyseStep(late, { condition: parseCondition('open 10 constant'), objectives, health: HEALTHY });
    expect(isMissing(missed.window) || missed.window.attainment).toMatchObject({ value: 0 });
  });

  test('says how many gaps a percentile of gaps still needs, and how many requests have them', () => {
    const gaps = { between: 'pieces' as const, seconds: [0.04, 0.05, 0.06] };
    const { gaps: found } = figures(every(0.2, 160, (due) => answered(due, { gaps })));
    if (isMissing(found.pieces)) throw new Error(found.pieces.missing);
    const gapsLeft = percentileFloor(0.99) - found.pieces.n;
    const told = `it needs ${gapsLeft} more gaps, those of about ${Math.ceil(gapsLeft / 3)} more requests`;
    expect(found.pieces.p99).toEqual(missing(told));
  });

  test('judges a limit on a mean by the mean, which no single request meets', () => {
    const mean: Objective = { metric: 'ttft', level: 'mean', bound: 0.11 };
    const random = createRandom(1, 'mean');
    const sent = every(0.1, 800, (due) => answered(due, { ttft: -0.1 * Math.log(1 - random.uniform()) }));
    const found = (objectives: readonly Objective[]) => {
      const step = analyseStep(sent, { condition: parseCondition('open 10 constant'), objectives, health: HEALTHY });
      if (isMissing(step.window)) throw new Error(step.window.missing);
      return { ...step, window: step.window };
    };
    const alone = found([mean]);
    expect(alone.objectives[0]!.mean).toMatchObject({ value: expect.closeTo(0.1, 2), low: expect.any(Number) });
    expect(alone.objectives[0]!.met).toBe('met');
    expect(found([{ ...mean, bound: 0.08 }]).objectives[0]!.met).toBe('missed');
    expect(alone.window.attainment).toHaveProperty('missing');
    expect(alone.window.goodput).toEqual(alone.window.attainment);
    expect(alone.window.right.goodput).toHaveProperty('missing');
    // Beside it, the other objectives are met by each request.
    expect(found([mean, { ...TTFT, bound: 10 }]).window.attainment).toMatchObject({ value: 1 });
    expect(found([{ ...TTFT, bound: 10 }]).objectives[0]).not.toHaveProperty('mean');
  });

  test('counts failed and timed-out requests in attainment, and leaves out what we cut', () => {
    const mixed = every(0.1, 400, (due, i) => {
      if (i % 40 === 1) return unanswered('failed', due);
      if (i % 40 === 2) return unanswered('timed-out', due, { after: 2 });
      return i % 40 === 3 ? unanswered('cut', due) : answered(due, { ttft: 0.1 + (i % 7) / 1000 });
    });
    const { attainment, counts } = figures(mixed);
    if (isMissing(attainment)) throw new Error(attainment.missing);
    expect(attainment.n).toBe(counts.due - counts.leftOut);
    expect(attainment.value).toBeCloseTo(counts.completed / (counts.due - counts.leftOut), 9);
    expect(counts.leftOut).toBeGreaterThan(5);
  });

  test('keeps its peak of requests under way above their mean, and the parts of its counts add up', () => {
    for (let seed = 0; seed < 40; seed++) {
      const condition = parseCondition(['closed 9', 'open 40 poisson', 'users 60 think exp:1s'][seed % 3]!);
      const requests = runVirtually(QUEUE, { condition, seed, requests: 300, seconds: 60 });
      const { underWay, counts, metrics } = figures(requests, condition);
      expect(underWay.peak).toBeGreaterThanOrEqual(underWay.mean);
      expect(counts.completed + counts.timedOut + counts.failed + counts.leftOut).toBe(counts.due);
      if (!isMissing(metrics.ttft) && !isMissing(metrics.ttft.median))
        expect(metrics.ttft.median.value).toBeGreaterThan(0);
    }
  });

  test('has the same figures from any order of its requests', () => {
    const requests = steady(300);
    expect(analyse([...requests].reverse())).toEqual(analyse(requests));
  });
});

describe('right answers', () => {
  const price: Price = { input: 1, output: 2 };
  const scored = every(0.1, 400, (due, i) =>
    i % 20 === 0
      ? unanswered('failed', due, { sample: `s${i % 30}` })
      : answered(due, { sample: `s${i % 30}`, score: i % 30 < 20 ? 1 : 0 }),
  );

  test('are clustered by sample, and a failure is wrong', () => {
    const step = analyseStep(scored, { condition: OPEN, objectives: [TTFT], health: HEALTHY, price });
    if (isMissing(step.window)) throw new Error(step.window.missing);
    const { quality, samples, costOfThousand, goodput } = step.window.right;
    if (isMissing(quality) || isMissing(costOfThousand) || isMissing(goodput)) throw new Error('expected figures');
    expect(samples).toBe(30);
    expect(quality.clusters).toBe(30);
    expect(quality.value).toBeLessThan(0.66);
    // A request costs (100 x 1 + 11 x 2) / 1e6 dollars, and 95% of them were charged.
    expect(costOfThousand.value).toBeCloseTo((0.122 * 0.95) / quality.value, 2);
    // What 95% of a thousand right answers cost at most is what they cost where the fewest are right, and each ratio is clustered too.
    expect(costOfThousand.low).toBeCloseTo((0.122 * 0.95) / quality.high, 1);
    expect(costOfThousand.high).toBeCloseTo((0.122 * 0.95) / quality.low, 1);
    expect(costOfThousand).toMatchObject({ n: quality.n, clusters: 30 });
    expect(goodput.value).toBeCloseTo(10 * quality.value, 0);
    expect(goodput.low).toBeLessThan(goodput.value);
    expect(goodput.high).toBeGreaterThan(goodput.value);
  });

  test('cost nothing where nothing is paid, and nothing known where hardly one is right', () => {
    const cost = (requests: readonly StepRequest[], price: Price) => {
      const { window } = analyseStep(requests, { condition: OPEN, objectives: [TTFT], health: HEALTHY, price });
      return isMissing(window) ? window : window.right.costOfThousand;
    };
    expect(cost(scored, { input: 0, output: 0 })).toMatchObject({ value: 0, low: 0, high: 0 });
    const one = scored.map((request, i) => ({ ...request, score: i === 201 ? 1 : 0 }));
    expect(cost(one, price)).toEqual(missing('too few answers were right to say what a thousand cost at most'));
  });

  test('have no known cost where a request timed out, for its server was at work all the same', () => {
    const requests = scored.map((request, i) => (i === 200 ? { ...request, outcome: 'timed-out' as const } : request));
    const step = analyseStep(requests, { condition: OPEN, objectives: [TTFT], health: HEALTHY, price });
    if (isMissing(step.window)) throw new Error(step.window.missing);
    const { right, counts } = step.window;
    expect(right.costOfThousand).toEqual(missing(`what 1 of ${counts.due} requests cost that timed out is not known`));
  });

  test('are missing when more than 5% of the answers have no score, and cost nothing known without a price', () => {
    const unscored = scored.map((request, i) => {
      const { score: _score, ...rest } = request;
      return i % 5 === 1 ? rest : request;
    });
    expect(figures(unscored).right.quality).toEqual(
      missing(expect.stringMatching(/^\d+ of \d+ answers have no score$/)),
    );
    expect(figures(scored).right.costOfThousand).toEqual(missing('the model has no price'));
    expect(figures(steady(200)).right.quality).toEqual(missing('the answers were not scored'));
  });
});

describe('validity', () => {
  const state = (requests: readonly StepRequest[], check: string, condition = OPEN, health = HEALTHY) => {
    const { validity } = figures(requests, condition, health);
    return [validity.valid, validity.checks.find((one) => one.check === check)!.state];
  };

  test('holds for a client that does nothing wrong', () => {
    expect(figures(steady(300)).validity).toMatchObject({ valid: true });
  });

  test('breaks when more than 1% of the requests were sent late, by more than 5% of the smallest latency objective', () => {
    const late = (by: number) => steady(300, (due, i) => (i % 25 === 0 ? { sent: due + by } : {}));
    expect(state(late(0.03), 'lateness')).toEqual([false, 'broken']);
    expect(state(late(0.02), 'lateness')).toEqual([true, 'kept']);
  });

  test('does not take the wait for a ceiling for lateness', () => {
    const held = steady(300, (due) => ({ released: due + 1, sent: due + 1.001 }));
    expect(state(held, 'lateness')).toEqual([true, 'kept']);
  });

  test('breaks when requests were never sent, which are left out of attainment', () => {
    const unsent = every(0.1, 300, (due, i) =>
      i % 30 === 0 ? unanswered('unsent', due) : answered(due, { ttft: 0.1 + (i % 9) / 1000 }),
    );
    expect(state(unsent, 'sent')).toEqual([false, 'broken']);
  });

  test('breaks when a closed loop had fewer requests under way than asked', () => {
    const condition = parseCondition('closed 12');
    const asked = parseCondition('closed 15');
    const sent = runVirtually(QUEUE, { condition, seed: 1, requests: 400, seconds: 1e6 });
    expect(state(sent, 'underWay', condition)).toEqual([true, 'kept']);
    expect(state(sent, 'underWay', asked)).toEqual([false, 'broken']);
    expect(state(steady(300), 'underWay')).toEqual([true, 'does not apply']);
  });

  test.each([
    ['loopDelay', { ...HEALTHY, loopDelay: known(0.03) }, 'broken'],
    ['loopDelay', { ...HEALTHY, loopDelay: missing('it was not read') }, 'unknown'],
    ['sockets', { ...HEALTHY, socketWaits: 1 }, 'broken'],
  ])('breaks by %s', (check, health, expected) => {
    expect(state(steady(300), check, OPEN, health)).toEqual([false, expected]);
    expect(figures(steady(300), OPEN, health).metrics.ttft).toEqual(
      missing('the client did not keep its schedule, so the step is invalid'),
    );
  });
});

describe('a step of users that is too short', () => {
  const users = parseCondition('users 20 think exp:10s');
  const late = every(0.1, 20, (due) => answered(due, { ttft: 3 }));

  test('may show a miss, and never that an objective holds', () => {
    const [shown] = analyse(late, users).objectives;
    expect(shown).toMatchObject({ met: 'open', early: { late: 20, n: 20 } });
    expect(isMissing(shown!.tally)).toBe(true);
  });

  test('shows none if its client was late, also where it has no window', () => {
    const slow = late.map((request) => ({ ...request, sent: request.due + 2 }));
    expect(isMissing(analyse(slow, users).window)).toBe(true);
    expect(analyse(slow, users).objectives[0]).not.toHaveProperty('early');
    const busy: ClientHealth = { ...HEALTHY, loopDelay: known(0.5) };
    expect(analyse(late, users, busy).objectives[0]).not.toHaveProperty('early');
  });
});

describe('validity of several machines', () => {
  const part = { ...HEALTHY, name: 'desk', session: 'a' };
  const health: ClientHealth = { ...HEALTHY, machines: [part, { ...part, name: 'pi', session: 'b' }] };
  const sentBy = (late: (i: number) => number) =>
    every(0.1, 300, (due, i) =>
      answered(due, { session: i % 2 ? 'b' : 'a', sent: due + late(i), ttft: 0.1 + (i % 9) / 1000 }),
    );
  const check = (requests: readonly StepRequest[], name: string, of = health) => {
    const { validity } = figures(requests, OPEN, of);
    return [validity.valid, validity.checks.find((one) => one.check === name)];
  };

  test('is that of the worst machine, by its own requests', () => {
    // Three late sends of 300 are not in the p99 of all, and they are in that of the half that pi sent.
    const late = sentBy((i) => ([101, 141, 181].includes(i) ? 0.05 : 0.001));
    expect(check(late, 'lateness', HEALTHY)).toMatchObject([true, { state: 'kept' }]);
    expect(check(late, 'lateness')).toMatchObject([false, { state: 'broken', machine: 'pi' }]);
    expect(
      check(
        sentBy(() => 0.001),
        'lateness',
      ),
    ).toMatchObject([true, { state: 'kept' }]);
  });

  test('takes what each machine observed of itself', () => {
    const slow = { ...health, machines: [part, { ...part, name: 'pi', session: 'b', loopDelay: known(0.03) }] };
    expect(
      check(
        sentBy(() => 0),
        'loopDelay',
        slow,
      ),
    ).toMatchObject([false, { state: 'broken', machine: 'pi' }]);
    const silent = {
      ...health,
      machines: [{ ...part, loopDelay: missing('it was not read') }, ...health.machines!.slice(1)],
    };
    expect(
      check(
        sentBy(() => 0),
        'loopDelay',
        silent,
      ),
    ).toMatchObject([false, { state: 'unknown', machine: 'desk' }]);
    // A machine that sent nothing spoilt nothing.
    const idle = {
      ...health,
      machines: [...health.machines!, { ...part, name: 'idle', session: 'c', loopDelay: known(1) }],
    };
    expect(
      check(
        sentBy(() => 0),
        'loopDelay',
        idle,
      ),
    ).toMatchObject([true, { state: 'kept' }]);
  });
});

describe('saturation', () => {
  const run = (text: string, seed: number, requests = 1_500) =>
    runVirtually(QUEUE, { condition: parseCondition(text), seed, requests, seconds: 1e6 });

  test('tells a server that falls behind from one that keeps up', () => {
    // Six slots of 100 ms answer 60 a second.
    const called = (text: string) => Array.from({ length: 20 }, (_, seed) => saturationOf(run(text, seed)));
    expect(called('open 75 poisson').filter((one) => one === 'overloaded').length).toBeGreaterThanOrEqual(19);
    expect(called('open 30 poisson').filter((one) => one === 'overloaded')).toEqual([]);
  });

  test('is no overload where users wait: their queue fills from empty, and grows no further', () => {
    const condition = parseCondition('users 66 think exp:1s');
    const steps = Array.from({ length: 40 }, (_, seed) => run('users 66 think exp:1s', seed, 250));
    expect(steps.filter((sent) => saturationOf(sent) === 'overloaded').length).toBeGreaterThan(0);
    expect(steps.filter((sent) => analyse(sent, condition).saturation === 'overloaded')).toEqual([]);
  });

  test('is no matter of the first seconds, while a server fills whose first tokens come later the more are under way', () => {
    // Two hundred a second, each under way for 0.4 s: the eightieth waits three times as long for its first token as the first.
    const filling = Array.from({ length: 220 }, (_, i) => {
      const due = i / 200;
      const first = due + 0.05 * (1 + Math.min(i, 80) / 40) + 0.003 * (i % 7);
      return { due, sent: due, first, end: due + 0.4 };
    });
    expect(saturationOf(filling.slice(0, 120))).not.toBe('overloaded');
    expect(saturationOf(filling)).toBe('stable');
  });

  test('is seen while the step runs, from the requests before the first without a token', () => {
    const sent = run('open 120 poisson', 1);
    const now = 8;
    const waiting = sent.find(({ first }) => first! > now)!.due;
    const settled = sent.filter(({ due }) => due < waiting);
    expect(settled.length).toBeLessThan(600);
    expect(saturationOf(settled, now)).toBe('overloaded');
  });

  test('of a spike ends no step before someone has waited longer than the objectives allow', () => {
    const going = (text: string, seed = 1) => {
      const sent = run(text, seed, 1_000);
      const [seconds, condition] = [14, parseCondition(text)];
      const waiting = sent.find(({ end }) => end > seconds)!.due;
      return { condition, seconds, requests: sent.filter(({ end }) => end <= seconds), settled: waiting };
    };
    const spike = going('open 10:10s,90:5s,10 poisson');
    const waited = spike.seconds - spike.settled;
    expect(
      saturationOf(
        spike.requests.filter(({ due }) => due < spike.settled),
        spike.seconds,
      ),
    ).toBe('overloaded');
    expect(isHopeless(spike, waited + 0.1)).toBe(false);
    expect(isHopeless(spike, waited - 0.1)).toBe(true);
    // Without a limit on waiting, no wait is too long.
    expect(isHopeless(spike, 0)).toBe(false);
    // At a rate that goes on, the queue grows for ever.
    expect(isHopeless(going('open 90 poisson'), 100)).toBe(true);
    expect(isHopeless({ ...spike, condition: parseCondition('closed 4') }, 0.1)).toBe(false);
  });

  test('is seen within seconds where far more is asked than the server answers', () => {
    // Four slots of a second answer 4 a second, and 32 are asked.
    const law: ServerLaw = { kind: 'slots', slots: 4, service: { kind: 'fixed', seconds: 1 } };
    const sent = runVirtually(law, {
      condition: parseCondition('open 32 poisson'),
      seed: 1,
      requests: 800,
      seconds: 1e6,
    });
    const now = 25;
    expect(
      saturationOf(
        sent.filter(({ end }) => end < now),
        now,
      ),
    ).toBe('overloaded');
  });

  test('of a closed loop is stable: it never sends more than the server answers', () => {
    const condition = parseCondition('closed 200');
    const sent = runVirtually(QUEUE, { condition, seed: 1, requests: 600, seconds: 1e6 });
    expect(analyse(sent, condition).saturation).toBe('stable');
  });
});
