import { describe, expect, it } from 'vitest';
import type { Demand } from '../../../../src/core/capacity/plan/demand.js';
import type { Engine } from '../../../../src/core/capacity/plan/engine.js';
import { busyAt, type LoadPlan, planBest } from '../../../../src/core/capacity/plan/load-plan.js';
import { type MoneyOptions, moneyOf } from '../../../../src/core/capacity/plan/money.js';
import type { Scheduler } from '../../../../src/core/capacity/simulate/scheduler.js';
import type { StepTimes } from '../../../../src/core/capacity/simulate/step-times.js';
import { parseObjective } from '../../../../src/core/load/objective.js';
import { isMissing, missing } from '../../../../src/core/quantity.js';
import { timesOf } from '../simulate/times.js';

const SURE = { low: 0, high: 0 };

function engine(times: StepTimes, scheduler: Partial<Scheduler> = {}, doubt = SURE): Engine {
  return {
    times,
    scheduler: {
      slots: 1,
      batchTokens: 2048,
      prompts: 'mixed',
      cache: { kind: 'divided', tokensOfSlot: 10_000 },
      ...scheduler,
    },
    memory: missing('not asked'),
    grounds: [{ kind: 'measured', answers: 50 }],
    doubts: { decode: doubt, batch: doubt, prefill: doubt },
  };
}

const demand = (change: Partial<Demand> = {}): Demand => ({
  kind: { kind: 'concurrency' },
  wanted: null,
  objectives: [parseObjective('ttft p95 <= 2.95 s')],
  lengths: [{ prompt: 10, output: 10 }],
  headroom: 0.2,
  seed: 1,
  ...change,
});

/** A request takes a second alone: ten steps of a tenth. */
const SECOND = timesOf({ pass: 0.1 });

const plan = (one: Engine, asked: Demand): LoadPlan => planBest([one], asked).plan;

function present<T>(value: T | { readonly missing: string }): T {
  if (typeof value === 'object' && value !== null && 'missing' in value) throw new Error(value.missing);
  return value as T;
}

describe('what one device holds', () => {
  it('is the number of requests at once whose wait is within the objective', () => {
    // The n-th of n waits n - 1 seconds, and a step: three wait 2.1 s, four 3.1 s.
    const found = plan(engine(SECOND), demand());
    expect(present(found.greatest)).toEqual({ value: 3, low: 3, high: 3 });
    expect(present(found.binding)).toEqual({ objective: 0, resource: 'slots' });
  });

  it('has an interval that the doubt about the times of steps makes wide', () => {
    const doubt = { low: Math.log(0.5), high: Math.log(2) };
    const found = present(plan(engine(SECOND, {}, doubt), demand()).greatest);
    expect(found.value).toBe(3);
    expect(found.low).toBeLessThanOrEqual(2);
    expect(found.high).toBeGreaterThanOrEqual(5);
  });

  it('is a rate near that of a queue with one server and fixed services', () => {
    // M/D/1 with a load of 0.5: the mean wait is half a service, and p95 is about 2.
    const asked = demand({
      kind: { kind: 'rate', arrivals: { kind: 'poisson' } },
      objectives: [parseObjective('ttft mean <= 600 ms')],
    });
    expect(present(plan(engine(SECOND), asked).greatest).value).toBeCloseTo(0.5, 1);
  });

  it('is nothing where not even one request is in time', () => {
    const asked = demand({ objectives: [parseObjective('ttft p95 <= 50 ms')], wanted: 10 });
    const found = plan(engine(SECOND), asked);
    expect(present(found.greatest).value).toBe(0);
    expect(found.devices).toEqual(missing('no load meets the objectives on this device'));
    expect(found.curve).toEqual([]);
    expect(present(found.binding)).toEqual({ objective: 0, resource: 'compute' });
  });

  it('has more draws where few of them leave it open whether an end has a bound', () => {
    // A first token takes a tenth of a second times a factor between 1 and 2 in 90 of 100 draws: 4% of all draws are slower than 209 ms, and 7% than 186 ms.
    const doubt = { low: 0, high: Math.log(2) };
    const within = (limit: string) =>
      plan(engine(SECOND, {}, doubt), demand({ objectives: [parseObjective(`ttft p95 <= ${limit}`)], wanted: 8 }));
    expect(present(within('209 ms').greatest)).toMatchObject({ value: 1, low: 1 });
    expect(present(within('209 ms').devices).high).toBe(10);
    expect(present(within('186 ms').greatest)).toMatchObject({ value: 1, low: 0 });
    expect(present(within('186 ms').devices).high).toBe(Number.POSITIVE_INFINITY);
  });

  it('is not known for users without an objective: they wait for their answers', () => {
    const found = plan(engine(SECOND), demand({ objectives: [] }));
    expect(found.greatest).toMatchObject({ missing: expect.stringContaining('there is no objective') });
  });

  it('is without an objective the rate at which no queue grows without end', () => {
    const asked = demand({ kind: { kind: 'rate', arrivals: { kind: 'poisson' } }, objectives: [] });
    const found = plan(engine(SECOND), asked);
    const { value, low, high } = present(found.greatest);
    // A request a second is all that it can answer.
    expect(value).toBeGreaterThan(0.93);
    expect(value).toBeLessThan(1.05);
    expect([low <= value, value <= high]).toEqual([true, true]);
    expect(present(found.binding)).toEqual({ objective: null, resource: 'slots' });
  });

  it('is no rate whose queue grows without end, though the objective does not see the wait', () => {
    const asked = demand({
      kind: { kind: 'rate', arrivals: { kind: 'poisson' } },
      objectives: [parseObjective('tpot p95 <= 1 s')],
    });
    expect(present(plan(engine(SECOND), asked).greatest).value).toBeLessThan(1.05);
  });

  it('is never less for a looser objective, and nor are the ends of its interval', () => {
    const asked = (limit: string) =>
      demand({
        kind: { kind: 'rate', arrivals: { kind: 'poisson' } },
        objectives: [parseObjective(`ttft p95 <= ${limit}`)],
        seed: 0,
      });
    const doubt = { low: Math.log(0.8), high: Math.log(1.25) };
    const one = engine(timesOf({ pass: 0.1, sequence: 0.01 }), { slots: 8 }, doubt);
    const found = ['2.5 s', '3 s', '5 s', '15 s', '20 s', '30 s'].map((limit) =>
      present(plan(one, asked(limit)).greatest),
    );
    for (const end of ['value', 'low', 'high'] as const) {
      const ends = found.map((figure) => figure[end]);
      expect(ends).toEqual(ends.toSorted((a, b) => a - b));
    }
  });

  it('takes without an objective the slots that hold the demand', () => {
    const kind = { kind: 'rate', arrivals: { kind: 'poisson' } } as const;
    const [few, many] = [engine(SECOND, { slots: 1 }), engine(SECOND, { slots: 4 })];
    const found = planBest([few, many], demand({ kind, objectives: [], wanted: 2 })).plan;
    expect(found.slots).toBe(4);
    expect(present(found.devices).value).toBe(1);
    expect(present(found.served).overloaded).toBe(false);

    // An objective that no load meets is no queue without end.
    const unmet = { kind, objectives: [parseObjective('ttft p95 <= 50 ms')], wanted: 2 };
    const late = planBest([few, many], demand(unmet)).plan;
    expect(late.slots).toBe(4);
    expect(present(late.greatest).value).toBe(0);
    expect(present(late.served).overloaded).toBe(false);

    const users = { kind: 'concurrency' } as const;
    expect(planBest([few, many], demand({ kind: users, objectives: [], wanted: 8 })).plan.slots).toBe(4);
  });

  it('takes the slots that hold most', () => {
    const few = engine(SECOND, { slots: 2 });
    const many = engine(SECOND, { slots: 8 });
    expect(planBest([few, many], demand()).plan.slots).toBe(8);

    expect(planBest([few, many], demand({ objectives: [] })).plan.slots).toBe(2);
  });

  it.each([
    [
      'memory',
      engine(SECOND, { slots: 64, cache: { kind: 'shared', tokens: 45, whenFull: 'preempt' } }),
      'ttft p95 <= 500 ms',
    ],
    ['compute', engine(timesOf({ sequence: 0.02 }), { slots: 64 }), 'tpot p95 <= 100 ms'],
    ['bandwidth', engine(timesOf({ cached: 0.001, pass: 0.001 }), { slots: 64 }), 'tpot p95 <= 100 ms'],
  ] as const)('is bound by %s', (resource, one, objective) => {
    const found = plan(one, demand({ objectives: [parseObjective(objective)] }));
    expect(present(found.binding).resource).toBe(resource);
  });

  it('is bound by requests that come in bunches while a device rests often', () => {
    const asked = demand({
      kind: { kind: 'rate', arrivals: { kind: 'gamma', cv: 4 } },
      objectives: [parseObjective('ttft p95 <= 200 ms')],
    });
    expect(present(plan(engine(SECOND, { slots: 1 }), asked).binding).resource).toBe('queue');
  });
});

describe('the devices for a demand', () => {
  it('keep their headroom', () => {
    // Each holds 3 x 0.8 = 2.4 requests at once.
    const found = plan(engine(SECOND), demand({ wanted: 10 }));
    expect(present(found.devices)).toEqual({ value: 5, low: 5, high: 5 });
    const served = present(found.served);
    expect([served.devices, served.load]).toEqual([5, 2]);
    expect(served.busy.value).toBeCloseTo(1, 2);
    expect(served.requests.value).toBeCloseTo(5, 1);
    expect(served.attainment.value).toBe(1);
  });

  it('are not enough when their queue grows without end', () => {
    const asked = demand({
      kind: { kind: 'rate', arrivals: { kind: 'poisson' } },
      objectives: [parseObjective('ttft p95 <= 50 ms')],
      wanted: 2,
    });
    const served = present(plan(engine(SECOND), asked).served);
    expect(served.overloaded).toBe(true);
    expect(served.ttft.p95).toEqual({
      value: Number.POSITIVE_INFINITY,
      low: Number.POSITIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
    });
    expect(present(plan(engine(SECOND), { ...asked, wanted: 0.5 }).served).overloaded).toBe(false);
  });
});

describe('what they cost', () => {
  const rented = { dollars: 2, per: 'hour', date: '2026-01-01', source: 'a test' } as const;
  const options = (change: Partial<MoneyOptions> = {}): MoneyOptions => ({
    device: { name: 'd', memory: 1, usable: 1, bandwidth: 1, price: rented },
    electricity: { dollars: 0.2, date: '2026-01-01', source: 'a test' },
    lengths: [{ prompt: 10, output: 10 }],
    quality: missing('no run'),
    api: missing('no API'),
    atWork: (rate) => busyAt(engine(SECOND), demand({ wanted: null }), rate),
    ...change,
  });
  const rates = new Map<number, LoadPlan>();
  const rate = (wanted: number): LoadPlan => {
    const known =
      rates.get(wanted) ??
      plan(
        engine(SECOND),
        demand({
          kind: { kind: 'rate', arrivals: { kind: 'constant' } },
          objectives: [parseObjective('ttft p95 <= 150 ms')],
          wanted,
        }),
      );
    rates.set(wanted, known);
    return known;
  };
  const money = (wanted: number, change: Partial<MoneyOptions> = {}) => present(moneyOf(rate(wanted), options(change)));

  it('is the price of hours, for tokens and for right answers', () => {
    // One device holds about one request a second of ten tokens; 0.8 of it with headroom.
    const found = money(0.5, { quality: { value: 0.5, low: 0.4, high: 0.8 } });
    expect(found.month.value).toBeCloseTo(2 * 730.5, 9);
    expect(found.energy).toEqual({ value: 0, low: 0, high: 0 });
    expect(found.millionTokens.value).toBeCloseTo((2 / 3600 / 5) * 1e6, 0);
    const right = present(found.thousandRight);
    expect(right.value).toBeCloseTo((2 / 3600 / 0.25) * 1000, 1);
    const { requests } = present(rate(0.5).served);
    expect(right.low / right.value).toBeCloseTo((0.5 * requests.value) / (0.8 * requests.high), 9);
    expect(right.high / right.value).toBeCloseTo((0.5 * requests.value) / (0.4 * requests.low), 9);
  });

  it('rests on the rate that was given, and not on the requests that a simulation happened to send', () => {
    const bursty: Demand['kind'] = { kind: 'rate', arrivals: { kind: 'gamma', cv: 8 } };
    const found = plan(engine(SECOND, { slots: 8 }), demand({ kind: bursty, wanted: 0.2 }));
    const exactly = (value: number) => ({ low: value, value, high: value });
    const { requests, goodput, tokens } = present(found.served);
    expect(requests).toEqual(exactly(0.2));
    // Each answer has ten tokens.
    expect(tokens).toEqual(exactly(2));
    expect(goodput.high).toBeLessThanOrEqual(0.2);
    const { month, millionTokens } = present(moneyOf(found, options()));
    const ofDollars = (dollars: number) => expect.closeTo((dollars / (2 * 730.5 * 3600)) * 1e6, 6);
    expect(millionTokens).toEqual({
      low: ofDollars(month.low),
      value: ofDollars(month.value),
      high: ofDollars(month.high),
    });
  });

  it('spreads what is bought over three years, and adds the energy of its work', () => {
    const bought = { ...options().device, watts: 100, price: { ...rented, dollars: 2630, per: 'device' as const } };
    const found = money(0.5, { device: bought });
    const energy = present(found.energy).value;
    expect(energy).toBeCloseTo(0.1 * 730.5 * 0.2 * 0.5, 1);
    expect(found.month.value).toBeCloseTo((2630 / 26_298) * 730.5 * (26_298 / 26_280) + energy, 1);
  });

  it('is not known where no load meets the objectives', () => {
    const asked = demand({ objectives: [parseObjective('ttft p95 <= 50 ms')], wanted: 2 });
    expect(moneyOf(plan(engine(SECOND), asked), options())).toEqual(
      missing('no load meets the objectives on this device'),
    );
  });

  it('has the doubt about devices, work and tokens in its interval', () => {
    const figure = (low: number, value: number, high: number) => ({ low, value, high });
    const served = {
      ...present(rate(0.5).served),
      devices: 3,
      busy: figure(0.2, 0.4, 0.5),
      tokens: figure(80, 100, 125),
      requests: figure(8, 10, 12.5),
    };
    const device = { ...options().device, watts: 1000, price: { ...rented, dollars: 26_280, per: 'device' as const } };
    const known = options({ device, quality: figure(0.5, 0.5, 0.5) });
    const found = present(moneyOf({ ...rate(0.5), devices: figure(2, 3, 5), served }, known));
    // A device is a dollar an hour, and 1 kW at work 0.2 dollars.
    const hours = 730.5;
    const month = [2 * (1 + 0.04), 3 * (1 + 0.08), 5 * (1 + 0.1)].map((dollars) => dollars * hours);
    expect(Object.values(present(found.energy)).map((one) => one / hours)).toEqual(
      [3 * 0.08, 2 * 0.04, 5 * 0.1].map((one) => expect.closeTo(one, 6)),
    );
    const order = ({ low, value, high }: { low: number; value: number; high: number }) => [low, value, high];
    expect(order(found.month)).toEqual(month.map((one) => expect.closeTo(one, 6)));
    const seconds = hours * 3600;
    expect(order(found.millionTokens)).toEqual(
      [125, 100, 80].map((tokens, i) => expect.closeTo((month[i]! / (tokens * seconds)) * 1e6, 9)),
    );
    expect(order(present(found.thousandRight))).toEqual(
      [12.5, 10, 8].map((requests, i) => expect.closeTo((month[i]! / (requests * seconds * 0.5)) * 1000, 9)),
    );
  });

  it('says from which rate a device is cheaper than an API, and whether it serves so many', () => {
    // 2 dollars an hour, and a request of 10 + 10 tokens at 100 dollars a million costs 0.002 dollars.
    const cheap = present(money(0.5, { api: { input: 100, output: 100 } }).breakEven);
    expect(cheap.rate).toBeCloseTo(2 / 0.002 / 3600, 9);
    expect(cheap.feasible).toBe('yes');
    const dear = present(money(0.5, { api: { input: 1, output: 1 } }).breakEven);
    expect(dear).toMatchObject({ feasible: 'no' });
  });

  it('is cheaper from one rate, whatever demand is asked', () => {
    const bought = { dollars: 2630, per: 'device', date: '2026-01-01', source: 'a test' } as const;
    const device = { ...options().device, watts: 300, price: bought };
    const [few, many] = [0.05, 0.6].map((wanted) =>
      present(money(wanted, { device, api: { input: 20, output: 20 } }).breakEven),
    );
    expect(few!.rate).toBe(many!.rate);
    // A dime an hour, and a request of 0.0004 dollars; each second of work costs 0.06 dollars / 3600.
    expect(few!.rate).toBeCloseTo(2630 / 26_280 / 3600 / (0.0004 - 0.06 / 3600), 3);
  });

  it('is not known without a price, and says so', () => {
    const device = { ...options().device, price: null };
    expect(moneyOf(rate(0.5), options({ device }))).toMatchObject({
      missing: expect.stringContaining('has no price for d'),
    });
    expect(isMissing(money(0.5).thousandRight)).toBe(true);
  });
});
