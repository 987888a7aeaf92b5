/** Reads a load test from its log: what it found, and what a test that goes on needs of it. */
import { UserError } from '../core/errors.js';
import { type LoadTest, startLoadTest } from '../core/load/load-test.js';
import { RecordedRequests } from '../core/load/recorded.js';
import type { StepRecord } from '../core/log/log.js';
import { readLog } from '../files/log.js';

import type { EarlierSteps } from './load-model.js';

/** @throws UserError when the log is damaged, or that of no load test. */
export async function readLoadTest(log: string): Promise<LoadTest> {
  const fold = startLoadTest();
  for await (const record of readLog(log)) fold.add(record);
  const test = fold.finish();
  if (test !== null) return test;
  throw new UserError(`${log}: expected the log of a load test, found that of a run`);
}

/** The steps of each model that came to an end, in their order, and how many were begun. */
export async function heldBefore(log: string): Promise<ReadonlyMap<string, EarlierSteps>> {
  const steps: StepRecord[] = [];
  const sent = new Map<string, { readonly model: string; readonly recorded: RecordedRequests }>();
  for await (const record of readLog(log)) {
    if (record.type === 'step') steps.push(record);
    if (record.type !== 'measurement' || record.step === undefined) continue;
    const { step, model } = record;
    const { recorded } = sent.get(step) ?? { recorded: new RecordedRequests({ gaps: 'dropped' }) };
    sent.set(step, { model, recorded });
    recorded.add(record);
  }
  const begun = new Set([...sent.keys(), ...steps.map(({ step }) => step)]);
  const models = new Set([...steps, ...sent.values()].map(({ model }) => model));
  const held = (model: string) =>
    steps
      .filter((record) => record.model === model)
      .map((record) => ({
        record,
        requests: (sent.get(record.step)?.recorded.requests(record) ?? []).filter(({ due }) => due <= record.until),
      }));
  return new Map(
    [...models].map((model) => [
      model,
      { held: held(model), begun: [...begun].filter((step) => step.startsWith(`${model}/`)).length },
    ]),
  );
}
