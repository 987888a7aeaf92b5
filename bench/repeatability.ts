/**
 * Does a measurement come out the same when nothing has changed? One model is measured again and again, each time with its
 * 95% interval; two intervals of the same thing should overlap. Beside the interval of the reports stands the one that takes
 * answers for independent, and what two measurements in turns would have given: answer by answer, from the same readings.
 * Drift over all of it is tested, and the noise floor of this machine told: the difference that two measurements of one model
 * stay below 19 times in 20.
 */
import type { Session } from '../src/backends/backend.js';
import { llamaCpp } from '../src/backends/llama-cpp.js';
import { distributionOf } from '../src/core/analyse/distribution.js';
import { modelSchema } from '../src/core/definition/model.js';
import { generationSchema } from '../src/core/definition/suite.js';
import type { Chat } from '../src/core/message.js';
import { isMissing, type Missing } from '../src/core/quantity.js';
import type { Estimate } from '../src/core/stats/estimate/estimate.js';
import { median, percentile } from '../src/core/stats/estimate/percentiles.js';
import { testTrend } from '../src/core/stats/estimate/trend.js';
import { type Figure, type Part, type Skipped, spreadOf } from './part.js';
import { GGUF } from './weights.js';

/** Measurements for each pair asked for, and answers of each. */
const MEASUREMENTS = 4;
const ANSWERS = 200;
const GENERATION = { ...generationSchema.parse({}), maxTokens: 24 };

export const repeatabilityPart: Part = {
  about: 'the same model measured again and again: do the intervals agree, and what is the noise of this machine?',
  async *measure({ pairs }) {
    const model = modelSchema.parse({ id: 'm', backend: 'llama-cpp', source: GGUF.slm.path, threads: 1 });
    if (model.backend !== 'llama-cpp') throw new Error('expected a llama-cpp model');
    const signal = new AbortController().signal;
    const session = await llamaCpp.open(model, { directory: '/', environment: {} }, signal);
    try {
      await measureOnce(session);
      const measured: number[][] = [];
      for (let n = 0; n < pairs * MEASUREMENTS; n++) measured.push(await measureOnce(session));
      const found = measured.map((rates) => medianOf(rates, { serial: true }));
      const medians = measured.map(median);
      const differences = pairsOf(medians).map(([one, other]) => Math.abs(other / one - 1));
      const trend = testTrend(medians);
      const single = (value: number) => spreadOf([value]);
      const overlap = (what: string, of: readonly Two[], goal: Figure['goal']): Figure | Skipped => {
        const known = of.filter((two): two is readonly [Estimate, Estimate] => !two.some(isMissing));
        const name = `95% intervals of the decode rate that overlap, ${what}, of ${known.length} pairs`;
        if (known.length === 0) return { what: name, skipped: 'answers were too much alike for an interval' };
        const agreeing = known.filter(([one, other]) => one.low <= other.high && other.low <= one.high).length;
        return { what: name, unit: '', ours: single(agreeing / known.length), goal };
      };
      yield overlap('as reports give them', pairsOf(found), { atLeast: 0.93 });
      yield overlap(
        'answers taken for independent',
        pairsOf(measured.map((rates) => medianOf(rates, { serial: false }))),
        null,
      );
      yield overlap(
        'measured in turns',
        measured.slice(1).map((rates, i) => inTurns([...measured[i]!, ...rates])),
        null,
      );
      yield {
        what: 'noise floor: difference of two medians, p95',
        unit: '',
        ours: single(percentile(differences, 0.95)),
        goal: null,
      };
      if (isMissing(trend)) yield { what: 'drift', skipped: trend.missing };
      else {
        const change = (trend.slope * (measured.length - 1)) / medians[0]!;
        yield { what: `drift over all of it (p = ${trend.p.toFixed(3)})`, unit: '', ours: single(change), goal: null };
      }
    } finally {
      await session.close();
    }
  },
};

/** The decode rates of some answers in their order, tokens per second. */
async function measureOnce(session: Session): Promise<number[]> {
  const rates: number[] = [];
  for (let i = 0; i < ANSWERS; i++) {
    const content = `Customer ${String.fromCharCode(65 + (i % 26))}. Tran asks about the Delta mouse S${i}.`;
    const times = await timesOf(session, { messages: [{ role: 'user', content }] });
    if (times.length > 1) rates.push((times.length - 1) / (times.at(-1)! - times[0]!));
  }
  return rates;
}

type Two = readonly [Estimate | Missing, Estimate | Missing];

/** As reports give it, or as if no answer were like the one before. */
function medianOf(rates: readonly number[], how: { readonly serial: boolean }): Estimate | Missing {
  return distributionOf([rates], how).at.median;
}

/** Every second answer is one measurement's, the rest the other's. */
function inTurns(rates: readonly number[]): Two {
  const every = (rest: number) =>
    medianOf(
      rates.filter((_, i) => i % 2 === rest),
      { serial: true },
    );
  return [every(0), every(1)];
}

function pairsOf<T>(found: readonly T[]): (readonly [T, T])[] {
  return found.flatMap((one, i) => found.slice(i + 1).map((other) => [one, other] as const));
}

async function timesOf(session: Session, prompt: Chat): Promise<number[]> {
  const times: number[] = [];
  for await (const event of session.generate(prompt, GENERATION, new AbortController().signal)) {
    if (event.kind === 'piece') times.push(event.time);
  }
  return times;
}
