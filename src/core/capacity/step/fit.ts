/**
 * Fits the constants of the terms on measurements, hierarchically and robustly. The logarithm of a constant is a sum over levels:
 *
 *     log constant = what all have in common + engine + kind of device + engine on the devices of a maker + device + device with engine + ...
 *
 * Each part of the sum has a normal prior around zero, so that a device with few measurements stays near its kind, and a device with
 * many leaves it. The fit is the mode of the posterior: Gauss-Newton steps on the differences of logarithms, with weights that
 * fall for far outliers (Student's t, Lange, Little and Taylor 1989), each step solved by conjugate gradients.
 */
import { chipOf } from './chips.js';
import { POLLED_TERMS, STEP_TERMS, TERMS, type Term, type Terms } from './terms.js';

type Polled = (typeof POLLED_TERMS)[number];

type Compound = Polled | 'queuedPrefill' | 'queuedGrouped' | 'queuedAttention';

/** What is fitted: a constant for each term, and what the constants of compound terms have beside those of others. */
type Constant = Exclude<Term, Compound> | 'queue' | 'poll';

/**
 * The prompts that wait in a queue are read as any other, and the steps before a server looks for new requests are like any other. One more constant
 * says which share of those under way waits before a request, and which share of these steps a request waits.
 */
const COMPOUND: Readonly<Record<Compound, readonly Constant[]>> = {
  ...(Object.fromEntries(POLLED_TERMS.map((term, i) => [term, ['poll', STEP_TERMS[i]!]])) as unknown as Readonly<
    Record<Polled, readonly Constant[]>
  >),
  queuedPrefill: ['queue', 'prefill'],
  queuedGrouped: ['queue', 'grouped'],
  queuedAttention: ['queue', 'attention'],
};

function constantsOf(term: Term): readonly Constant[] {
  return term in COMPOUND ? COMPOUND[term as Compound] : [term as Constant];
}

/** What a measurement has in common with others. */
export interface Traits {
  readonly engine: string;
  readonly kind: string;
  readonly device: string;
  /** Who makes the device; its kind where nobody knows. */
  readonly maker: string;
  readonly storage: string;
  readonly architecture: string;
  /** Whether the model is dense or a mixture of experts. */
  readonly design: 'dense' | 'experts';
}

export interface Observation {
  readonly seconds: number;
  readonly terms: Terms;
  readonly traits: Traits;
  readonly weight: number;
}

/** The levels, and the key of each in the fit of some software. */
const KEYS: Readonly<Record<Level, (traits: Traits, constant: Constant, software: Software) => string>> = {
  all: () => '',
  family: ({ engine }) => familyOf(engine),
  engine: ({ engine }) => engine,
  kind: ({ kind }) => kind,
  port: ({ maker, engine }) => `${maker} ${engine}`,
  device: deviceKey,
  pair: (traits, constant, software) => `${deviceKey(traits, constant, software)} ${traits.engine}`,
  storage: storageKey,
  architecture: ({ architecture }) => architecture,
  design: ({ design, engine }) => `${design} ${engine}`,
  kernels: ({ architecture, engine }) => `${architecture} ${engine}`,
};

const READING: readonly Constant[] = ['weights', 'experts'];
/** What depends on the memory of a device, or on what lies between several. */
const OF_MEMORY: readonly Constant[] = [...READING, 'cache', 'exchange', 'payload'];
/** The device, or its chip: servers of today compute alike on all devices that have it. */
function deviceKey({ device }: Traits, constant: Constant, software: Software): string {
  return software === 'other' || OF_MEMORY.includes(constant) ? device : chipOf(device);
}

/**
 * The way to store weights decides how well they are read. What else llama.cpp does depends on the numbers that it multiplies alone: it turns few bits
 * into the same ones, so a prompt is not read faster with 5 bits than with 4. Other engines have kernels for each format.
 */
function storageKey({ storage, engine }: Traits, constant: Constant): string {
  const isOwn = !engine.startsWith('llama.cpp') || READING.includes(constant);
  return `${isOwn || storage === '16' ? storage : 'few'} ${engine}`;
}

export const LEVELS = [
  'all',
  'family',
  'engine',
  'kind',
  'port',
  'device',
  'pair',
  'storage',
  'architecture',
  'design',
  'kernels',
] as const;

export type Level = (typeof LEVELS)[number];

export const SOFTWARE = ['server', 'other'] as const;

/** Servers of today, and everything else: older servers and engines of one user. */
type Software = (typeof SOFTWARE)[number];

function softwareOf(engine: string): Software {
  return SERVERS_OF_TODAY.test(engine) ? 'server' : 'other';
}

const SERVERS_OF_TODAY = /^(vllm|sglang|trtllm) 2025$/;

/** The name of an engine without its year. */
export function familyOf(engine: string): string {
  return engine.replace(/ \d{4}$/, '');
}

/** The fitted parts: by level, key and term. */
type Parts = Readonly<Record<Level, Readonly<Record<string, Readonly<Partial<Record<Constant, number>>>>>>>;

export type Constants = Readonly<Record<Software, Parts>>;

interface Prior {
  /** Whether the constant is a share of what the hardware can do, or seconds for each thing counted. */
  readonly kind: 'efficiency' | 'cost';
  /** The logarithm of the constant before any row is seen, and its standard deviation. */
  readonly mean: number;
  readonly sd: number;
  /** The standard deviation of the parts of the levels below, in units of their own. */
  readonly spread: number;
}

/** A constant of efficiency is about 1.3 to 4 times the time at full speed, and varies less than a cost in seconds. */
const efficiency = (times: number, spread = 1): Prior => ({
  kind: 'efficiency',
  mean: Math.log(times),
  sd: 0.5 * spread,
  spread,
});
const cost = (seconds: number, spread: number): Prior => ({ kind: 'cost', mean: Math.log(seconds), sd: 1.5, spread });

const PRIORS: Readonly<Record<Constant, Prior>> = {
  weights: efficiency(1.2, 0.4),
  experts: efficiency(1.5, 0.5),
  cache: efficiency(1.4, 0.5),
  compute: efficiency(1.5),
  layer: cost(20e-6, 2.5),
  latent: cost(10e-6, 3),
  routing: cost(20e-6, 3),
  dispatch: cost(0.1e-6, 3),
  exchange: cost(15e-6, 2),
  payload: cost(5e-12, 2),
  sequence: cost(20e-6, 2),
  step: cost(500e-6, 2),
  prefill: efficiency(2),
  grouped: efficiency(3),
  attention: efficiency(3),
  queue: cost(0.1, 2),
  crowd: cost(0.3, 2),
  waiting: cost(0.3, 2),
  poll: cost(0.5, 1),
  request: cost(10e-3, 3),
};

interface Widths {
  /** The standard deviations of the parts, in units of the spread of a term; 0 for a level that is not fitted. */
  readonly levels: Readonly<Record<Exclude<Level, 'all'>, number>>;
  /** What is left of them for a cost in seconds, and for that of a layer. */
  readonly cost: number;
  readonly layer: number;
}

/**
 * Servers of today run much the same kernels on every device, launched as graphs, so that a layer costs nearly as much in each; latent attention
 * and experts have costs of their own, and an architecture is as good as its kernels in an engine.
 * Older servers and engines of one user differ by how mature each port to a device is, and most of all each port to the devices of a maker.
 */
const WIDTHS: Readonly<Record<Software, Widths>> = {
  server: {
    levels: {
      family: 0.3,
      engine: 0.3,
      kind: 0.2,
      port: 0.2,
      device: 0.1,
      pair: 0.1,
      storage: 0.1,
      architecture: 0.15,
      design: 0.1,
      kernels: 0.3,
    },
    cost: 0.4,
    layer: 0.2,
  },
  other: {
    levels: {
      family: 0.3,
      engine: 0.3,
      kind: 0.2,
      port: 0.4,
      device: 0.15,
      pair: 0.4,
      storage: 0.2,
      architecture: 0.15,
      design: 0.4,
      kernels: 0,
    },
    cost: 1,
    layer: 1,
  },
};

function widthOf(level: Level, term: Constant, software: Software): number {
  const { kind, sd, spread } = PRIORS[term];
  if (level === 'all') return sd;
  const { levels, cost, layer } = WIDTHS[software];
  if (term === 'layer') return levels[level] * spread * layer;
  return levels[level] * spread * (kind === 'cost' ? cost : 1);
}

/** Student's t with few degrees of freedom: a row that is off by more than a few scales hardly counts. */
const DEGREES_OF_FREEDOM = 4;
const SCALE = 0.1;
/** The first rounds count every row, or rows that are far off at the start would never be met. */
const FIRST_SCALE = 2;
const ROUNDS = 30;

/** Old software must not calibrate today's servers, so they are fitted alone. What they show of hardware helps the others, which have less. */
export function fitConstants(observations: readonly Observation[]): Constants {
  return {
    server: fitParts(
      observations.filter(({ traits }) => softwareOf(traits.engine) === 'server'),
      'server',
    ),
    other: fitParts(observations, 'other'),
  };
}

function fitParts(observations: readonly Observation[], software: Software): Parts {
  const parameters = new Parameters(software);
  const classes = classesOf(observations, parameters);
  let values: Float64Array = new Float64Array(parameters.priors.length);
  for (let round = 0; round < ROUNDS; round++) {
    const scale = Math.max(SCALE, FIRST_SCALE * 0.75 ** round);
    for (const traitClass of classes) linearise(traitClass, values, scale);
    values = improved(classes, values, solve(classes, values, parameters.priors), parameters.priors, scale);
  }
  return parameters.parts(values);
}

/** The values after as much of a step as lowers the negative logarithm of the posterior: all of it, a half, a quarter ... */
function improved(
  classes: readonly TraitClass[],
  values: Float64Array,
  step: Float64Array,
  priors: readonly number[],
  scale: number,
): Float64Array {
  const before = costOf(classes, values, priors, scale);
  for (let share = 1; share > 1 / 64; share /= 2) {
    const after = values.map((value, i) => value + share * step[i]!);
    if (costOf(classes, after, priors, scale) < before) return after;
  }
  return values;
}

function costOf(
  classes: readonly TraitClass[],
  values: Float64Array,
  priors: readonly number[],
  scale: number,
): number {
  let cost = 0;
  for (const { active, rows, columns } of classes) {
    const constants = constantsAt(columns, values);
    for (const { log, weight, amounts } of rows) {
      let total = 0;
      for (const term of active) total += amounts[term]! * constants[term]!;
      const residual = (log - Math.log(total)) / scale;
      cost += (weight * (DEGREES_OF_FREEDOM + 1) * Math.log1p(residual ** 2 / DEGREES_OF_FREEDOM)) / 2;
    }
  }
  return values.reduce((sum, value, i) => sum + (value / priors[i]!) ** 2 / 2, cost);
}

function constantsAt(columns: TraitClass['columns'], values: Float64Array): readonly number[] {
  return columns.map((levels, term) =>
    Math.exp(levels.reduce((sum, column) => sum + values[column]!, meanOf(TERMS[term]!))),
  );
}

function meanOf(term: Term): number {
  return constantsOf(term).reduce((sum, constant) => sum + PRIORS[constant].mean, 0);
}

/** The parameters that a set of observations has, each with the standard deviation of its prior. */
class Parameters {
  readonly #index = new Map<string, number>();
  readonly priors: number[] = [];
  readonly #software: Software;

  constructor(software: Software) {
    this.#software = software;
  }

  /** Whether the constants have parts of this level. */
  has(level: Level, term: Constant): boolean {
    return widthOf(level, term, this.#software) > 0;
  }

  column(level: Level, traits: Traits, term: Constant): number {
    const key = KEYS[level](traits, term, this.#software);
    const name = `${level}|${key}|${term}`;
    const found = this.#index.get(name);
    if (found !== undefined) return found;
    this.#index.set(name, this.priors.length);
    return this.priors.push(widthOf(level, term, this.#software)) - 1;
  }

  parts(values: Float64Array): Parts {
    const parts: Record<Level, Record<string, Partial<Record<Constant, number>>>> = {
      all: {},
      family: {},
      engine: {},
      kind: {},
      port: {},
      device: {},
      pair: {},
      storage: {},
      architecture: {},
      design: {},
      kernels: {},
    };
    for (const [name, column] of this.#index) {
      const [level, key, term] = name.split('|') as [Level, string, Constant];
      parts[level][key] ??= {};
      parts[level][key][term] = values[column]!;
    }
    return parts;
  }
}

/** The observations with the same traits. They have the same constants, so their normal equations are added up before solving. */
interface TraitClass {
  /** The indices of the terms that a row has. The others are zero everywhere, and most classes lack half of them. */
  readonly active: readonly number[];
  readonly rows: readonly { readonly log: number; readonly weight: number; readonly amounts: Float64Array }[];
  /** The parameters of all levels, for each term; empty for a term that no row has. */
  readonly columns: readonly (readonly number[])[];
  /** `sum of weight x slope x slope'` and `sum of weight x residual x slope`, over the rows. */
  readonly gram: Float64Array;
  readonly right: Float64Array;
}

const N = TERMS.length;

function classesOf(observations: readonly Observation[], parameters: Parameters): readonly TraitClass[] {
  const byTraits = new Map<string, Observation[]>();
  for (const observation of observations) {
    const key = JSON.stringify(observation.traits);
    const rows = byTraits.get(key);
    if (rows === undefined) byTraits.set(key, [observation]);
    else rows.push(observation);
  }
  return [...byTraits.values()].map((rows) => {
    const { traits } = rows[0]!;
    const active = [...TERMS.keys()].filter((term) => rows.some(({ terms }) => (terms[TERMS[term]!] ?? 0) > 0));
    return {
      active,
      rows: rows.map(({ seconds, weight, terms }) => ({
        log: Math.log(seconds),
        weight,
        amounts: Float64Array.from(TERMS, (term) => terms[term] ?? 0),
      })),
      columns: TERMS.map((term, i) =>
        active.includes(i)
          ? constantsOf(term).flatMap((constant) =>
              LEVELS.filter((level) => parameters.has(level, constant)).map((level) =>
                parameters.column(level, traits, constant),
              ),
            )
          : [],
      ),
      gram: new Float64Array(N * N),
      right: new Float64Array(N),
    };
  });
}

/** The slope of the logarithm of a sum along the logarithm of a constant is the share of its term in the sum. */
function linearise({ active, rows, columns, gram, right }: TraitClass, values: Float64Array, scale: number): void {
  gram.fill(0);
  right.fill(0);
  const constants = constantsAt(columns, values);
  const shares = new Float64Array(N);
  for (const { log, weight, amounts } of rows) {
    let total = 0;
    for (const term of active) {
      shares[term] = amounts[term]! * constants[term]!;
      total += shares[term]!;
    }
    const residual = log - Math.log(total);
    const outlying = (DEGREES_OF_FREEDOM + 1) / (DEGREES_OF_FREEDOM + (residual / scale) ** 2);
    const precision = (weight * outlying) / scale ** 2;
    for (const term of active) shares[term]! /= total;
    for (const term of active) {
      const weighted = precision * shares[term]!;
      if (weighted === 0) continue;
      right[term]! += weighted * residual;
      for (const other of active) gram[term * N + other]! += weighted * shares[other]!;
    }
  }
}

/** Solves the normal equations with the priors on their diagonal, by preconditioned conjugate gradients. */
function solve(classes: readonly TraitClass[], values: Float64Array, priors: readonly number[]): Float64Array {
  const n = values.length;
  const diagonal = Float64Array.from(priors, (sd) => 1 / sd ** 2);
  const residual = values.map((value, i) => -value * diagonal[i]!);
  const scale = diagonal.slice();
  for (const { active, columns, gram, right } of classes) {
    for (const term of active) {
      for (const column of columns[term]!) {
        residual[column]! += right[term]!;
        scale[column]! += gram[term * N + term]!;
      }
    }
  }
  const solution = new Float64Array(n);
  const direction = residual.map((value, i) => value / scale[i]!);
  let norm = dotOf(residual, direction);
  const enough = Math.max(SMALLEST_GRADIENT, ENOUGH * norm);
  for (let i = 0; i < MOST_GRADIENTS && norm > enough; i++) {
    const image = product(classes, direction, diagonal);
    const length = norm / dotOf(direction, image);
    let next = 0;
    for (let k = 0; k < n; k++) {
      solution[k]! += length * direction[k]!;
      residual[k]! -= length * image[k]!;
      next += residual[k]! ** 2 / scale[k]!;
    }
    for (let k = 0; k < n; k++) direction[k] = residual[k]! / scale[k]! + (next / norm) * direction[k]!;
    norm = next;
  }
  return solution;
}

const MOST_GRADIENTS = 200;
/** A step of a round need not be exact, for another round follows (inexact Newton: Dembo, Eisenstat and Steihaug 1982). */
const ENOUGH = 1e-3;
const SMALLEST_GRADIENT = 1e-6;

function product(classes: readonly TraitClass[], vector: Float64Array, diagonal: Float64Array): Float64Array {
  const image = vector.map((value, i) => value * diagonal[i]!);
  const sums = new Float64Array(N);
  for (const { active, columns, gram } of classes) {
    for (const term of active) {
      sums[term] = 0;
      for (const column of columns[term]!) sums[term]! += vector[column]!;
    }
    for (const term of active) {
      let dot = 0;
      for (const other of active) dot += gram[term * N + other]! * sums[other]!;
      for (const column of columns[term]!) image[column]! += dot;
    }
  }
  return image;
}

function dotOf(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** The seconds that the constants give; a level that was never seen adds nothing. */
export function secondsOf(terms: Terms, traits: Traits, constants: Constants): number {
  const software = softwareOf(traits.engine);
  const parts = constants[software];
  return TERMS.reduce((seconds, term) => {
    const amount = terms[term];
    if (amount === undefined) return seconds;
    const log = constantsOf(term).reduce(
      (sum, constant) =>
        LEVELS.reduce(
          (all, level) => all + (parts[level][KEYS[level](traits, constant, software)]?.[constant] ?? 0),
          sum,
        ),
      meanOf(term),
    );
    return seconds + amount * Math.exp(log);
  }, 0);
}
