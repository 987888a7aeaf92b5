/**
 * Does a search for the greatest load find the truth? Each law of a server is searched 200 times in virtual time, and what is found is
 * held against a long simulation of the same law. docs/load.md has the table.
 */
import { type Judged, judge, LAWS, type Law, searchVirtually, truthOf } from './load-laws.js';
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
  async *measure({ wants }) {
    for (const law of LAWS) if (wants(law.name)) yield* figuresOf(law);
  },
};

function* figuresOf(law: Law): Generator<Figure> {
  const truth = truthOf(law, TRUTH_REQUESTS);
  const found = Array.from({ length: SEARCHES }, (_, seed) => judge(searchVirtually(law, seed).capacity, law, truth));
  const share = (holds: (one: Judged) => boolean) => spreadOf([found.filter(holds).length / found.length]);
  yield {
    what: `${law.name}: within 5% or one of the truth, ${truth.toPrecision(3)}`,
    unit: '',
    ours: share(({ near }) => near),
    goal: { atLeast: LEAST_NEAR },
  };
  yield {
    what: `${law.name}: the interval covers the truth`,
    unit: '',
    ours: share(({ covers }) => covers),
    goal: { atLeast: LEAST_COVERED },
  };
  yield {
    what: `${law.name}: width over the truth`,
    unit: '',
    ours: spreadOf(found.map(({ low, high }) => Math.min(high - low, 2 * truth) / truth)),
    goal: null,
  };
}
