/** The times of steps from the shape of a model and the fitted constants of a device with an engine. */
import { type Constants, secondsOf, type Traits } from '../step/fit.js';
import { decodingStep, type Placement, promptStep, type Term, type Terms } from '../step/terms.js';
import type { StepTimes } from './step-times.js';

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
  const step = (tokens: number) => decodingStep(placement, tokens, context);
  const one = step(1);
  const compute = seconds(only(one, ['compute']));
  const sequence = seconds(only(one, OF_SEQUENCES));
  const passOf = (tokens: number) => seconds(without(step(tokens), [...OF_SEQUENCES, 'cache']));
  const passes: number[] = [];
  const passOnce = (tokens: number) => (passes[Math.min(tokens, MANY)] ??= passOf(Math.min(tokens, MANY)));
  const pass = (tokens: number) => {
    const times = Math.ceil(tokens / placement.tokensOfPass) || 1;
    return times * passOnce(Math.ceil(tokens / times));
  };
  const read = (tokens: number, past: number) =>
    seconds(only(promptStep(placement, { prompts: 1, tokens, past }), OF_PROMPT));
  // Reading is a polynomial of degree two in the tokens, without windows; two readings give its coefficients.
  const [short, long] = [read(UNIT, 0), read(2 * UNIT, 0)];
  const pair = Math.max(0, (long - 2 * short) / UNIT ** 2);
  const token = (short - (pair * UNIT ** 2) / 2) / UNIT;
  return {
    pass,
    sequence,
    several: 0,
    cached: seconds(only(one, ['cache'])) / context,
    read: (tokens, past) => tokens * (token + pair * (past + tokens / 2)),
    request: seconds({ request: 1 }),
    shares: {
      memoryOfPass: seconds(only(one, OF_MEMORY)) / pass(1),
      computeOfSequence: sequence === 0 ? 0 : compute / sequence,
    },
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
