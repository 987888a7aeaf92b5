/**
 * Does a search for the greatest load find the truth? Each law of a server is searched 200 times in virtual time, and what is found is
 * held against a long simulation of the same law. docs/load.md has the table.
 */
import { LAWS, type Law, searchVirtually, truthOf } from './load-laws.js';
import type { Figure, Part } from './part.js';
import { spreadOf } from './part.js';

const SEARCHES = 200;
/** Requests of each run that finds the truth. */
const TRUTH_REQUESTS = 400_000;
/** The goals: near the truth in nine of ten, and covered by a 90% interval in 170 to 196 of 200 (binomial at 99.9%). */
const LEAST_NEAR = 0.9;
const LEAST_COVERED = 0.85;

export const loadPart: Part = {
  about: `${SEARCHES} searches of each law in virtual time, against its truth`,
  async *measure() {
    for (const law of LAWS) yield* figuresOf(law);
  },
};

function* figuresOf(law: Law): Generator<Figure> {
  const isWhole = law.rule.find.kind !== 'rate';
  const whole = (load: number) => (isWhole ? Math.floor(load) : load);
  const truth = truthOf(law, TRUTH_REQUESTS);
  const found = Array.from({ length: SEARCHES }, (_, seed) => {
    const { load } = searchVirtually(law, seed).capacity;
    return {
      value: whole(load?.value ?? 0),
      low: whole(load?.low ?? 0),
      high: whole(load?.high ?? Number.POSITIVE_INFINITY),
    };
  });
  const tolerance = Math.max(isWhole ? 1 : 0, 0.05 * truth);
  const share = (holds: (one: (typeof found)[number]) => boolean) =>
    spreadOf([found.filter(holds).length / found.length]);
  yield {
    what: `${law.name}: within 5% or one of the truth, ${truth.toPrecision(3)}`,
    unit: '',
    ours: share(({ value }) => Math.abs(value - truth) <= tolerance),
    goal: { atLeast: LEAST_NEAR },
  };
  yield {
    what: `${law.name}: the interval covers the truth`,
    unit: '',
    ours: share(({ low, high }) => low <= truth && high >= truth),
    goal: { atLeast: LEAST_COVERED },
  };
  yield {
    what: `${law.name}: width over the truth`,
    unit: '',
    ours: spreadOf(found.map(({ low, high }) => Math.min(high - low, 2 * truth) / truth)),
    goal: null,
  };
}
