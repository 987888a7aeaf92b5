/**
 * Does a model set how fast it decodes, or what runs it? Every token reads all weights, so its time should grow with them. Where it
 * does not, it passes in the runtime (handing over between threads, launching operations, bookkeeping), and a smaller
 * model, or one of fewer bits, gains nothing. Both signs below are read at the end of the interval that speaks against them.
 */
import type { SessionFacts, Warning } from '../log/log.js';
import { isMissing } from '../quantity.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import type { ModelAnalysis, SuiteAnalysis } from './analysis.js';
import { estimateAt } from './distribution.js';

/** A single-board computer reads 2 GB a second from memory; so many bytes a second are no limit of any machine's. */
const ANY_MACHINE = 0.5e9;
/** Where at least so much of a token's time does not depend on the model. */
const LARGE_SHARE = 0.5;
/** Twice the parameters, of about as many bytes each, are a comparison. */
const MUCH_LARGER = 2;
const SAME_FORMAT = 1.25;

interface Decoding {
  readonly model: string;
  readonly facts: SessionFacts;
  /** Seconds a token, the median. */
  readonly tpot: Estimate;
}

/** By model id. */
export function runtimeWarnings(
  models: readonly ModelAnalysis[],
  suites: readonly SuiteAnalysis[],
): ReadonlyMap<string, Warning> {
  const decodings = models.flatMap((model) => decodingOf(model, suites) ?? []);
  return new Map(
    decodings.flatMap((one) => {
      const warning = idleMemory(one) ?? ofOneSize(one, decodings);
      return warning === null ? [] : [[one.model, warning]];
    }),
  );
}

/** In the suite where it was fastest. */
function decodingOf({ id, facts }: ModelAnalysis, suites: readonly SuiteAnalysis[]): Decoding | null {
  if (facts === null) return null;
  const found = suites.flatMap(({ overall }) => {
    const tpot = overall.find(({ model }) => model === id)?.metrics.tpot;
    const median = tpot && estimateAt(tpot, 'median');
    return median === undefined || isMissing(median) || median.low <= 0 ? [] : [median];
  });
  const fastest = found.toSorted((a, b) => a.value - b.value)[0];
  return fastest === undefined ? null : { model: id, facts, tpot: fastest };
}

function idleMemory({ facts, tpot }: Decoding): Warning | null {
  if (facts.weights === undefined) return null;
  const most = facts.weights.bytes / tpot.low;
  if (most >= ANY_MACHINE) return null;
  return {
    what: `decoding reads at most ${gigabytes(most)} GB of weights a second, where any machine can read several: what runs the model sets its speed`,
    remedy:
      'set fewer threads than cores, stop other programs, try another backend; weights larger than memory come from disk',
  };
}

/** A token's time as a + b x parameters, through this model and the larger one that shows the largest share of a. */
function ofOneSize(one: Decoding, all: readonly Decoding[]): Warning | null {
  const shares = all
    .filter((other) => comparable(one, other))
    .map((other) => {
      const size = other.facts.parameters! / one.facts.parameters!;
      const time = other.tpot.high / one.tpot.low;
      return { other, size, share: 1 - (time - 1) / (size - 1) };
    });
  const largest = shares.toSorted((a, b) => b.share - a.share)[0];
  if (largest === undefined || largest.share < LARGE_SHARE) return null;
  const { other, size } = largest;
  const time = other.tpot.value / one.tpot.value;
  return {
    what: `${other.model} has ${size.toFixed(1)} times its parameters and takes ${time.toFixed(2)} times as long for a token on the same engine: at least ${percent(largest.share)} of a token's time is what runs the model`,
    remedy: 'a smaller model would gain little here; try another backend, other threads, and stop other programs',
  };
}

/** What differs is the number of parameters. */
function comparable({ facts: a }: Decoding, { facts: b }: Decoding): boolean {
  if (a.parameters === undefined || b.parameters === undefined || !a.weights || !b.weights) return false;
  if (b.parameters / a.parameters < MUCH_LARGER) return false;
  const bytes = a.weights.bytes / a.parameters / (b.weights.bytes / b.parameters);
  const threads = (facts: SessionFacts) => (isMissing(facts.threads) ? null : facts.threads.value);
  return (
    a.engine === b.engine &&
    a.device === b.device &&
    threads(a) === threads(b) &&
    Math.max(bytes, 1 / bytes) <= SAME_FORMAT
  );
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toPrecision(2);
}

function percent(share: number): string {
  return `${Math.floor(share * 100)}%`;
}
