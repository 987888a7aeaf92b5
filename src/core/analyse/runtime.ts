/**
 * Runtime overhead: does the model or the engine limit the decode rate? Every token reads all weights, so its time should grow
 * with their size. If it does not, the time passes in the engine (synchronisation of threads, launching of operations,
 * bookkeeping). Then a smaller model, or a model with fewer bits, gains nothing. Both checks below use the end of the interval
 * that speaks against the warning.
 */
import type { SessionFacts, Warning } from '../log/log.js';
import { isMissing } from '../quantity.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import type { ModelAnalysis, SuiteAnalysis } from './analysis.js';
import { estimateAt } from './distribution.js';

/** The memory bandwidth of any machine exceeds this, in bytes per second: a single-board computer reads 2 GB a second. */
const ANY_MACHINE = 0.5e9;
/** The report warns if at least this share of a token's time does not depend on the model. */
const LARGE_SHARE = 0.5;
/** Two models are compared if one has at least twice the parameters, and the bytes per parameter differ by 25% at most. */
const MUCH_LARGER = 2;
const SAME_FORMAT = 1.25;

interface Decoding {
  readonly model: string;
  readonly facts: SessionFacts;
  /** The median time per output token, in seconds. */
  readonly tpot: Estimate;
}

/** Returns the warnings by model id. */
export function runtimeWarnings(
  models: readonly ModelAnalysis[],
  suites: readonly SuiteAnalysis[],
): ReadonlyMap<string, Warning> {
  const decodings = models.flatMap((model) => decodingOf(model, suites) ?? []);
  return new Map(
    decodings.flatMap((decoding) => {
      const warning = bandwidthWarning(decoding) ?? overheadWarning(decoding, decodings);
      return warning === null ? [] : [[decoding.model, warning]];
    }),
  );
}

/** Returns the decode time of the suite where the model was fastest. */
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

function bandwidthWarning({ facts, tpot }: Decoding): Warning | null {
  if (facts.weights === undefined) return null;
  const most = facts.weights.bytes / tpot.low;
  if (most >= ANY_MACHINE) return null;
  return {
    what: `decoding reads at most ${gigabytes(most)} GB of weights a second, but any machine can read several: the engine limits the speed, not the model`,
    remedy:
      'set fewer threads than cores, stop other programs, or try another backend; if the weights do not fit into memory, the disk is the limit',
  };
}

/** Fits a token's time as a + b x parameters to this model and a larger one. The larger model with the largest a counts. */
function overheadWarning(smaller: Decoding, all: readonly Decoding[]): Warning | null {
  const shares = all
    .filter((other) => comparable(smaller, other))
    .map((other) => {
      const size = other.facts.parameters! / smaller.facts.parameters!;
      const time = other.tpot.high / smaller.tpot.low;
      return { other, size, share: 1 - (time - 1) / (size - 1) };
    });
  const largest = shares.toSorted((a, b) => b.share - a.share)[0];
  if (largest === undefined || largest.share < LARGE_SHARE) return null;
  const { other, size } = largest;
  const time = other.tpot.value / smaller.tpot.value;
  return {
    what: `${other.model} has ${size.toFixed(1)} times the parameters and takes ${time.toFixed(2)} times as long for a token on the same engine: at least ${percent(largest.share)} of a token's time is overhead of the engine`,
    remedy: 'a smaller model would gain little here; try another backend, other threads, and stop other programs',
  };
}

/** Whether two models differ in the number of parameters only. */
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
