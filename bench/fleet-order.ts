/** A run of so many trials that nobody measures: ten models, a thousand samples, and as many repetitions as it takes. */
import type { RunRecord, SampleRecord } from '../src/core/log/log.js';
import { makeLog } from '../test/support/log.js';

const MODELS = 10;
const SAMPLES = 1_000;
export const PART = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';

export function orderOf(trials: number) {
  const log = makeLog({
    tasks: [{ name: 'even', samples: SAMPLES }],
    models: Array.from({ length: MODELS }, (_, i) => ({ id: `model-${i}`, quality: 1, tokens: 5 })),
  });
  const record = { ...log.find((one): one is RunRecord => one.type === 'run')!, part: PART };
  return {
    log,
    record,
    samples: log.filter((one): one is SampleRecord => one.type === 'sample'),
    tasks: record.suites.flatMap(({ name, tasks }) => tasks.map((task) => ({ suite: name, task: task.name }))),
    repetitions: trials / (MODELS * SAMPLES),
  };
}
