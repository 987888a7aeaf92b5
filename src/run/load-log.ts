/** Reads a load test from its log: what it found, and what a test that goes on needs of it. */
import { UserError } from '../core/errors.js';
import { type LoadTest, startLoadTest } from '../core/load/load-test.js';
import { requestOf } from '../core/load/recorded.js';
import type { MeasurementRecord, StepRecord } from '../core/log/log.js';
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
  const measurements = new Map<string, MeasurementRecord[]>();
  for await (const record of readLog(log)) {
    if (record.type === 'step') steps.push(record);
    if (record.type !== 'measurement' || record.step === undefined) continue;
    const list = measurements.get(record.step) ?? [];
    measurements.set(record.step, list);
    list.push(record);
  }
  const begun = new Set([...measurements.keys(), ...steps.map(({ step }) => step)]);
  const models = new Set(steps.map(({ model }) => model));
  for (const records of measurements.values()) models.add(records[0]!.model);
  const held = (model: string) =>
    steps
      .filter((record) => record.model === model)
      .map((record) => ({
        record,
        requests: (measurements.get(record.step) ?? [])
          .map((one) => requestOf(one, record))
          .filter(({ due }) => due <= record.until),
      }));
  return new Map(
    [...models].map((model) => [
      model,
      { held: held(model), begun: [...begun].filter((step) => step.startsWith(`${model}/`)).length },
    ]),
  );
}
