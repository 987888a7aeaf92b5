/**
 * Does a measurement come out the same when nothing has changed? One model is measured again and again, each time with its
 * 95% interval; two intervals of the same thing should overlap. Drift over all of it is tested, and the noise floor of this
 * machine told: the difference that two measurements of one model stay below 19 times in 20.
 */
import type { Session } from '../src/backends/backend.js';
import { llamaCpp } from '../src/backends/llama-cpp.js';
import { modelSchema } from '../src/core/definition/model.js';
import { type Chat, generationSchema } from '../src/core/definition/suite.js';
import { isMissing } from '../src/core/measure/quantity.js';
import { type Estimate, estimateMedian, percentile, testTrend } from '../src/core/stats/index.js';
import { type Part, spreadOf } from './part.js';
import { GGUF } from './weights.js';

/** Measurements for each pair asked for, and answers of each. */
const MEASUREMENTS = 4;
const ANSWERS = 60;
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
      const found: Estimate[] = [];
      for (let n = 0; n < pairs * MEASUREMENTS; n++) found.push(await measureOnce(session));
      const both = found.flatMap((one, i) => found.slice(i + 1).map((other) => [one, other] as const));
      const overlap = both.filter(([one, other]) => one.low <= other.high && other.low <= one.high).length;
      const differences = both.map(([one, other]) => Math.abs(other.value / one.value - 1));
      const trend = testTrend(found.map(({ value }) => value));
      const single = (value: number) => spreadOf([value]);
      yield {
        what: `95% intervals of the decode rate that overlap, of ${both.length} pairs`,
        unit: '',
        ours: single(overlap / both.length),
        goal: { atLeast: 0.93 },
      };
      yield {
        what: 'noise floor: difference of two medians, p95',
        unit: '',
        ours: single(percentile(differences, 0.95)),
        goal: null,
      };
      if (isMissing(trend)) yield { what: 'drift', skipped: trend.missing };
      else {
        const change = (trend.slope * (found.length - 1)) / found[0]!.value;
        yield { what: `drift over all of it (p = ${trend.p.toFixed(3)})`, unit: '', ours: single(change), goal: null };
      }
    } finally {
      await session.close();
    }
  },
};

/** The median decode rate of some answers, tokens per second. */
async function measureOnce(session: Session): Promise<Estimate> {
  const rates: number[] = [];
  for (let i = 0; i < ANSWERS; i++) {
    const content = `Customer ${String.fromCharCode(65 + (i % 26))}. Tran asks about the Delta mouse S${i}.`;
    const times = await timesOf(session, { messages: [{ role: 'user', content }] });
    if (times.length > 1) rates.push((times.length - 1) / (times.at(-1)! - times[0]!));
  }
  const estimate = estimateMedian(rates);
  if (isMissing(estimate)) throw new Error(estimate.missing);
  return estimate;
}

async function timesOf(session: Session, prompt: Chat): Promise<number[]> {
  const times: number[] = [];
  for await (const event of session.generate(prompt, GENERATION, new AbortController().signal)) {
    if (event.kind === 'piece') times.push(event.time);
  }
  return times;
}
