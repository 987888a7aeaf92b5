/** The times of steps from the shape of a model and the fitted constants of a device with an engine. */
import { type Constants, secondsOf, type Traits } from '../step/fit.js';
import { decodingStep, leastSeconds, type Placement, promptStep, type Term, type Terms } from '../step/terms.js';
import { type LeastTimes, noFaster, type StepTimes } from './step-times.js';

/** Terms of a decoding step that each of its sequences needs for itself. */
const OF_SEQUENCES: readonly Term[] = ['compute', 'dispatch', 'payload', 'sequence'];
const OF_MEMORY: readonly Term[] = ['weights', 'experts'];
const OF_PROMPT: readonly Term[] = ['prefill', 'grouped', 'attention', 'payload'];

/**
 * @param context Tokens that a sequence has read on average. A layer with a sliding window reads less of a longer context, so the cost of a token
 * of context is its average over that many tokens.
 */
export function predictedTimes(
  placement: Placement,
  { traits, constants, context }: { readonly traits: Traits; readonly constants: Constants; readonly context: number },
): StepTimes {
  const seconds = (terms: Terms) => secondsOf(terms, traits, constants);
  const one = decodingStep(placement, 1, context);
  const parts = partsOf(placement, context, seconds);
  const compute = seconds(only(one, ['compute']));
  return noFaster({
    ...parts,
    several: 0,
    request: seconds({ request: 1 }),
    least: partsOf(placement, context, leastSeconds),
    shares: {
      memoryOfPass: seconds(only(one, OF_MEMORY)) / parts.pass(1),
      computeOfSequence: parts.sequence === 0 ? 0 : compute / parts.sequence,
    },
  });
}

/** @param seconds What terms take: with the fitted constants, or at full speed. */
function partsOf(placement: Placement, context: number, seconds: (terms: Terms) => number): LeastTimes {
  const step = (tokens: number) => decodingStep(placement, tokens, context);
  const one = step(1);
  const passOf = (tokens: number) => seconds(without(step(tokens), [...OF_SEQUENCES, 'cache']));
  const passes: number[] = [];
  const passOnce = (tokens: number) => (passes[Math.min(tokens, MANY)] ??= passOf(Math.min(tokens, MANY)));
  const read = (tokens: number, past: number) =>
    seconds(only(promptStep(placement, { prompts: 1, tokens, past }), OF_PROMPT));
  // Reading is a polynomial of degree two in the tokens, without windows; two readings give its coefficients.
  const [short, long] = [read(UNIT, 0), read(2 * UNIT, 0)];
  const pair = Math.max(0, (long - 2 * short) / UNIT ** 2);
  const token = (short - (pair * UNIT ** 2) / 2) / UNIT;
  return {
    pass(tokens) {
      const times = Math.ceil(tokens / placement.tokensOfPass) || 1;
      return times * passOnce(Math.ceil(tokens / times));
    },
    sequence: seconds(only(one, OF_SEQUENCES)),
    cached: seconds(only(one, ['cache'])) / context,
    read: (tokens, past) => tokens * (token + pair * (past + tokens / 2)),
  };
}

/** This many tokens use all experts. */
const MANY = 4096;
const UNIT = 256;

function only(terms: Terms, names: readonly Term[]): Terms {
  return Object.fromEntries(Object.entries(terms).filter(([name]) => names.includes(name as Term)));
}

function without(terms: Terms, names: readonly Term[]): Terms {
  return Object.fromEntries(Object.entries(terms).filter(([name]) => !names.includes(name as Term)));
}
