/**
 * What one device serves within the objectives, how many devices a demand takes, and what its users see then. Everything is simulated; each
 * figure has an interval that comes from the doubt about the times of steps.
 */

import type { Condition } from '../../definition/condition.js';
import { itemsInTurn } from '../../load/schedule.js';
import { isMissing, type Missing, missing } from '../../quantity.js';
import { once } from '../../stats/basics/once.js';
import type { Seed } from '../../stats/basics/random.js';
import { conditionOf, type GreatestLoad, greatestLoad, holds, leastLoad } from '../simulate/greatest-load.js';
import { type Scenario, type Simulated, simulate } from '../simulate/simulate.js';
import { type StepTimes, scaled } from '../simulate/step-times.js';
import { type Binding, bindingOf } from './binding.js';
import { type Demand, usualLengths } from './demand.js';
import {
  DRAWS,
  drawsOf,
  exactly,
  type Figure,
  figureOf,
  figureOfSearched,
  leavesBoundOpen,
  lowOfSearched,
  MORE_DRAWS,
  type SearchedDraw,
} from './draws.js';
import type { Engine } from './engine.js';

export interface LoadPlan {
  /** Requests that one device answers at once. */
  readonly slots: number;
  /** The greatest load of one device at which every objective holds, and no queue of a rate grows without end; 0 where none does. */
  readonly greatest: Figure | Missing;
  /** The cause that prevents a greater load. */
  readonly binding: Binding | Missing;
  /** The devices that the demand takes, headroom included. */
  readonly devices: Figure | Missing;
  /** What users see, and what each device does, at the demand shared by that many devices. */
  readonly served: Served | Missing;
  /** One device at several loads up to beyond its greatest one. */
  readonly curve: readonly CurvePoint[];
}

export interface Served {
  readonly devices: number;
  /** The load of one device. */
  readonly load: number;
  /** The latencies in seconds; infinite if the queue grows without end. */
  readonly ttft: Levels;
  readonly tpot: Levels;
  readonly e2e: Levels;
  readonly attainment: Figure;
  /** Of all devices together, a second: requests that come, requests that meet every objective, and output tokens that are asked for. */
  readonly requests: Figure;
  readonly goodput: Figure;
  readonly tokens: Figure;
  /** The share of the time that a device is at work. */
  readonly busy: Figure;
  /** The queue grows without end. */
  readonly overloaded: boolean;
}

export interface Levels {
  readonly median: Figure;
  readonly p95: Figure;
}

export interface CurvePoint {
  readonly load: number;
  readonly ttft: number;
  readonly tpot: number;
  readonly e2e: number;
  readonly attainment: number;
  readonly goodput: number;
}

/** Requests of a simulation, and for each draw. More where many are under way. */
const REQUESTS = 4000;
const REQUESTS_OF_DRAW = 1500;
const MOST_REQUESTS = 100_000;

/** An engine with the load that it holds. */
export interface Chosen {
  readonly engine: Engine;
  readonly plan: LoadPlan;
}

/**
 * The engine among several settings of its slots that holds the greatest load; where none holds any, or no load is the greatest, the one that
 * answers most requests a second at the demand.
 */
export function planBest(engines: readonly [Engine, ...Engine[]], demand: Demand): Chosen {
  const engine = engines.length === 1 ? engines[0] : bestOf(engines, demand);
  return { engine, plan: planLoad(engine, demand) };
}

function bestOf(engines: readonly [Engine, ...Engine[]], demand: Demand): Engine {
  const held = mostOf(engines, (engine) => new Simulation(engine, demand).greatestOfDraw()?.load ?? 0);
  const { wanted } = demand;
  if (held.most > 0 || wanted === null) return held.engine;
  return mostOf(engines, (engine) => new Simulation(engine, demand).answersAt(wanted)).engine;
}

/** They come with more slots each time, and the first that is no better than the one before ends the search. */
function mostOf(
  engines: readonly [Engine, ...Engine[]],
  of: (engine: Engine) => number,
): { readonly engine: Engine; readonly most: number } {
  const [first, ...rest] = engines;
  let best = { engine: first, most: of(first) };
  for (const engine of rest) {
    const most = of(engine);
    if (most <= best.most) break;
    best = { engine, most };
  }
  return best;
}

/** Whether one device serves a rate of requests, and the share of the time that it is at work then. */
export interface AtRate {
  /** `open`: some of the draws hold, and some do not. */
  readonly serves: 'yes' | 'no' | 'open';
  readonly busy: number;
}

/**
 * Simulates `demand.wanted` on one device: its queue must not grow without end, and every objective must hold. Of several settings of the slots, the
 * first that holds counts, or else the last. What no order of the requests could serve is not simulated, and neither is what one request
 * after the other serves, where there is no objective.
 */
export function atRate(engines: readonly [Engine, ...Engine[]], demand: Demand & { readonly wanted: number }): AtRate {
  const condition = conditionOf(demand.kind, demand.wanted);
  let simulation = new Simulation(engines[0], demand);
  let found: Simulated | null = null;
  for (const engine of engines) {
    simulation = new Simulation(engine, demand);
    if (demand.wanted >= simulation.bound(engine.times)) continue;
    found = simulation.run(condition, engine.times);
    if (holds(demand.kind, found)) break;
  }
  const held = simulation.draws.filter((times, i) => {
    if (demand.wanted >= simulation.bound(times)) return false;
    if (demand.objectives.length === 0 && demand.wanted * secondsAlone(times, demand.lengths) < AT_EASE) return true;
    return holds(demand.kind, simulation.run(condition, times, { draw: i, endsOnceMissed: true }));
  }).length;
  const share = held / simulation.draws.length;
  const serves = share >= 1 - TAIL ? 'yes' : share <= TAIL ? 'no' : 'open';
  return { serves, busy: found?.busy ?? 1 };
}

/** How much one device is at work that answers so many requests a second, which arrive as a Poisson process where the demand is of users. */
export function busyAt(engine: Engine, demand: Demand, rate: number): { readonly busy: number } {
  const kind: Demand['kind'] =
    demand.kind.kind === 'rate' ? demand.kind : { kind: 'rate', arrivals: { kind: 'poisson' } };
  const simulation = new Simulation(engine, { ...demand, kind });
  return rate >= simulation.bound(engine.times)
    ? { busy: 1 }
    : simulation.run(conditionOf(kind, rate), engine.times, { requests: REQUESTS });
}

/** The share of draws beyond each end of an interval. */
const TAIL = 0.05;
/** A server that answers one request after the other rests a tenth of the time, so its queue ends. */
const AT_EASE = 0.9;

function planLoad(engine: Engine, demand: Demand): LoadPlan {
  const simulation = new Simulation(engine, demand);
  const point = simulation.greatest();
  const greatest = greatestOf(simulation, demand, point);
  const devices = devicesFor(demand, greatest);
  return {
    slots: engine.scheduler.slots,
    greatest,
    binding: isMissing(greatest) ? greatest : (bindingOf(point!, demand.objectives) ?? missing('every load holds')),
    devices,
    served: servedOf(simulation, demand, devices),
    curve: curveOf(simulation, point),
  };
}

interface RunOptions extends Pick<Scenario, 'endsOnceMissed'> {
  readonly requests?: number | undefined;
  /** The draw whose random numbers it has; those of the figure without doubt if it is absent. */
  readonly draw?: number;
}

class Simulation {
  readonly draws: readonly StepTimes[];

  constructor(
    readonly engine: Engine,
    readonly demand: Demand,
  ) {
    this.draws = this.drawn(DRAWS);
  }

  drawn(count: number): readonly StepTimes[] {
    return drawsOf(this.engine.doubts, count).map((factors) => scaled(this.engine.times, factors));
  }

  /** Without anything else: as many requests as a draw has. */
  run(
    condition: Condition,
    times: StepTimes,
    { requests = REQUESTS_OF_DRAW, draw, endsOnceMissed }: RunOptions = {},
  ): Simulated {
    const { scheduler } = this.engine;
    const { objectives, lengths } = this.demand;
    const seed: Seed = draw === undefined ? this.demand.seed : `${this.demand.seed} ${draw}`;
    return simulate({
      condition,
      times,
      scheduler,
      objectives,
      lengths: () => (lengths.length === 1 ? repeated(lengths[0]!) : itemsInTurn(lengths, seed)),
      requests: Math.min(MOST_REQUESTS, Math.max(requests, ROUNDS * underWay(condition, times, lengths))),
      seed,
      endsOnceMissed,
    });
  }

  /** Without an objective every number of users holds, so none is the greatest. A rate holds as long as its queue does not grow without end. */
  greatest({ requests, endsOnceMissed }: RunOptions = { requests: REQUESTS }): GreatestLoad | null {
    const { kind, objectives } = this.demand;
    if (objectives.length === 0 && kind.kind !== 'rate') return null;
    const { times, scheduler } = this.engine;
    const start = kind.kind === 'rate' ? this.#rateAlone() : scheduler.slots;
    const options = { start, tooMuch: this.#tooMuch(times), endsOnceMissed };
    return greatestLoad(kind, options, (condition, ends) => this.run(condition, times, { requests, ...ends }));
  }

  /** With the requests of a draw, for its load alone. */
  greatestOfDraw(): GreatestLoad | null {
    return this.greatest({ endsOnceMissed: true });
  }

  /** Answers per second at a load. */
  answersAt(load: number): number {
    const found = this.run(conditionOf(this.demand.kind, load), this.engine.times);
    return found.overloaded ? found.workRate : found.requests / found.seconds;
  }

  /** From the slowest to the fastest. */
  searchedDraws(start: number, draws = this.draws): SearchedDraw[] {
    const { kind, lengths } = this.demand;
    return draws
      .map((times, i) => ({ times, i, alone: secondsAlone(times, lengths) }))
      .sort((a, b) => b.alone - a.alone)
      .map(({ times, i }) => ({
        search: once(() => {
          const options = { start, tooMuch: this.#tooMuch(times), endsOnceMissed: true } as const;
          return greatestLoad(kind, options, (condition, ends) => this.run(condition, times, { draw: i, ...ends }))
            .load;
        }),
        reaches: (load) =>
          load === 0 || holds(kind, this.run(conditionOf(kind, load), times, { draw: i, endsOnceMissed: true })),
      }));
  }

  at(load: number): { readonly point: Simulated; readonly draws: readonly Simulated[] } {
    const condition = conditionOf(this.demand.kind, load);
    const ofDraw = (times: StepTimes, draw: number) => this.run(condition, times, { draw });
    const few = this.draws.map(ofDraw);
    const isOpen = leavesBoundOpen(few.filter(({ overloaded }) => overloaded).length);
    return {
      point: this.run(condition, this.engine.times, { requests: REQUESTS }),
      draws: isOpen ? this.drawn(MORE_DRAWS).map((times, i) => few[i] ?? ofDraw(times, i)) : few,
    };
  }

  /** No device serves more requests a second: each takes at least what no other request shares with it. */
  bound({ read, sequence }: StepTimes): number {
    const { prompt, output } = usualLengths(this.demand.lengths);
    const own = read(prompt, 0) + (output - 1) * sequence;
    return own > 0 ? 1 / own : Number.POSITIVE_INFINITY;
  }

  /** Users and requests at once wait for each other, so no number of them is too much for that alone. */
  #tooMuch(times: StepTimes): number | undefined {
    return this.demand.kind.kind === 'rate' ? this.bound(times) : undefined;
  }

  /** The requests a second of a device that answers one after the other. */
  #rateAlone(): number {
    return 1 / secondsAlone(this.engine.times, this.demand.lengths);
  }
}

function* repeated<T>(item: T): Generator<T, never> {
  for (;;) yield item;
}

/** A simulation lasts this many times as long as an answer takes, so that most of it has settled. */
const ROUNDS = 20;

/** About how many requests are under way. */
function underWay(condition: Condition, times: StepTimes, lengths: Demand['lengths']): number {
  switch (condition.kind) {
    case 'closed':
      return condition.requests;
    case 'users':
      return condition.users;
    case 'open':
      return Math.ceil(condition.rate.last * secondsAlone(times, lengths));
    case 'trace':
      return 1;
  }
}

function secondsAlone({ request, pass, read, sequence, cached }: StepTimes, lengths: Demand['lengths']): number {
  const { prompt, output } = usualLengths(lengths);
  return request + pass(1) + read(prompt, 0) + output * (pass(1) + sequence + cached * (prompt + output / 2));
}

function greatestOf(simulation: Simulation, { kind }: Demand, point: GreatestLoad | null): Figure | Missing {
  if (point === null) return missing('there is no objective to hold: add one, such as "ttft p95 <= 1 s"');
  if (point.missed === null) return missing('no load that was tried is too much');
  const start = point.load > 0 ? point.load : kind.kind === 'rate' ? 0.1 : 1;
  const figure = greatestOfDraws(simulation, point.load, start);
  if (kind.kind === 'rate') return figure;
  return { value: figure.value, low: Math.floor(figure.low), high: Math.ceil(figure.high) };
}

function greatestOfDraws(simulation: Simulation, load: number, start: number): Figure {
  const draws = simulation.searchedDraws(start);
  const figure = figureOfSearched(load, draws);
  if (load === 0 || figure.low > 0) return figure;
  // The draws that hold no load at all leave the number of devices without a bound.
  const least = leastLoad(simulation.demand.kind);
  if (!leavesBoundOpen(draws.filter((draw) => !draw.reaches(least)).length)) return figure;
  const low = lowOfSearched(simulation.searchedDraws(start, simulation.drawn(MORE_DRAWS)));
  return { ...figure, low: Math.min(load, low) };
}

/** Infinite devices serve nothing if not even one request is served in time. */
function devicesFor({ wanted, headroom, objectives }: Demand, greatest: Figure | Missing): Figure | Missing {
  if (wanted === null) return missing('no demand was given: add --rate or --users');
  if (isMissing(greatest)) return greatest;
  if (greatest.value === 0)
    return missing(
      objectives.length === 0
        ? 'the queue grows without end at every load that was tried'
        : 'no load meets the objectives on this device',
    );
  const count = (load: number) => Math.ceil(wanted / (load * (1 - headroom)) - 1e-9);
  return { value: count(greatest.value), low: count(greatest.high), high: count(greatest.low) };
}

function servedOf(simulation: Simulation, { wanted, kind }: Demand, devices: Figure | Missing): Served | Missing {
  if (wanted === null) return missing('no demand was given: add --rate or --users');
  const count = isMissing(devices) ? 1 : devices.value;
  const load = kind.kind === 'rate' ? wanted / count : Math.max(1, Math.round(wanted / count));
  const { point, draws } = simulation.at(load);
  const figure = (pick: (one: Simulated) => number) => figureOf(pick(point), draws.map(pick));
  const levels = (name: 'ttft' | 'tpot' | 'e2e'): Levels => ({
    median: figure((one) => (one.overloaded ? Number.POSITIVE_INFINITY : one[name].quantile(0.5))),
    p95: figure((one) => (one.overloaded ? Number.POSITIVE_INFINITY : one[name].quantile(0.95))),
  });
  // A rate is what the user gave, and is not doubted; of users it is simulated how often they ask.
  const ofRate = (perRequest: number, simulated: (one: Simulated) => number): Figure =>
    kind.kind === 'rate' ? exactly(wanted * perRequest) : figure((one) => count * simulated(one));
  return {
    devices: count,
    load,
    ttft: levels('ttft'),
    tpot: levels('tpot'),
    e2e: levels('e2e'),
    attainment: figure(({ attainment }) => attainment),
    requests: ofRate(1, ({ requests, seconds }) => requests / seconds),
    goodput: figure(({ attainment, goodput }) => (kind.kind === 'rate' ? wanted * attainment : count * goodput)),
    tokens: ofRate(usualLengths(simulation.demand.lengths).output, ({ throughput }) => throughput),
    busy: figure(({ busy }) => busy),
    overloaded: point.overloaded,
  };
}

/** Shares of the greatest load at which the curve is drawn. */
const SHARES = [0.1, 0.25, 0.4, 0.55, 0.7, 0.8, 0.9, 1, 1.1, 1.25];

function curveOf(simulation: Simulation, point: GreatestLoad | null): CurvePoint[] {
  if (point === null || point.load === 0) return [];
  const { kind } = simulation.demand;
  const loads = SHARES.map((share) =>
    kind.kind === 'rate' ? share * point.load : Math.max(1, Math.round(share * point.load)),
  );
  return [...new Set(loads)].map((load): CurvePoint => {
    const found = simulation.run(conditionOf(kind, load), simulation.engine.times, { requests: REQUESTS });
    const { ttft, tpot, e2e, attainment, goodput } = found;
    return {
      load,
      ttft: ttft.quantile(0.95),
      tpot: tpot.quantile(0.95),
      e2e: e2e.quantile(0.95),
      attainment,
      goodput,
    };
  });
}
