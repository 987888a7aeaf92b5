/** What the coordinator makes of a trial that two machines measured, the second one after its block was at its end. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALONE } from '../../src/core/definition/condition.js';
import { sampleKey } from '../../src/core/keys.js';
import type { LogRecord, MeasurementRecord, RunRecord, SampleRecord } from '../../src/core/log/log.js';
import type { Block } from '../../src/core/plan/plan.js';
import { openLog } from '../../src/files/log.js';
import { PREFIX, queueName, resultsKey } from '../../src/fleet/keys.js';
import { sealWith } from '../../src/fleet/seal.js';
import { executeOnFleet } from '../../src/run/measure-fleet.js';
import { FLEET_KEY, type Fleet, openFleet, whyNoRedis } from '../support/fleet.js';
import { makeLog } from '../support/log.js';

const none = whyNoRedis();
if (none !== null) console.warn(`skipped: a trial on two machines (${none})`);

describe.skipIf(none !== null)('a trial that two machines measured', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-'));
  let fleet: Fleet;
  let redis: Redis;

  beforeAll(async () => {
    fleet = await openFleet(folder);
    await fleet.startRedis();
    redis = new Redis(fleet.url, { maxRetriesPerRequest: null });
  });
  afterAll(async () => {
    redis?.disconnect();
    await fleet?.close();
  });

  test('is in the log once, and its texts are compared although its block is at its end', async () => {
    const part = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';
    // Blocks of a hundred trials: two of them.
    const made = makeLog({ tasks: [{ name: 'even', samples: 110 }], models: [{ id: 'small', quality: 1 }] });
    const run: RunRecord = { ...(made.find((one): one is RunRecord => one.type === 'run') as RunRecord), part };
    const samples = new Map(
      made.flatMap((one): [string, SampleRecord][] => (one.type === 'sample' ? [[sampleKey(one), one]] : [])),
    );
    const measured = made.filter((one): one is MeasurementRecord => one.type === 'measurement');
    const file = join(folder, 'log.jsonl');
    const log = openLog(file);
    log.append(run);
    const plan: Block[] = [
      {
        model: 'small',
        condition: ALONE,
        cells: [
          {
            suite: run.suites[0]!.name,
            task: 'even',
            trials: measured.map(({ trial, suite, task, sample, model, repetition }) => ({
              id: trial,
              suite,
              task,
              sample,
              model,
              repetition,
              condition: ALONE,
            })),
          },
        ],
      },
    ];
    const said: string[] = [];
    const ending = executeOnFleet(
      plan,
      { url: fleet.url },
      {
        log: file,
        whole: plan,
        samples,
        environment: { RIGHTSIZE_FLEET_KEY: FLEET_KEY },
        append: log.append,
        onEvent: () => {},
        signal: new AbortController().signal,
        say: (text) => said.push(text),
      },
    );

    const seal = sealWith(FLEET_KEY);
    const send = (records: readonly LogRecord[]) =>
      redis.xadd(
        resultsKey(part),
        '*',
        'batch',
        seal.close('batch', { run: part, machine: 'm', lines: records.map((one) => JSON.stringify(one)) }),
      );
    const worker = new Worker<string>(queueName(part, 0), null, { connection: redis, prefix: PREFIX, autorun: false });
    const finishNext = async (): Promise<readonly MeasurementRecord[]> => {
      let job = await worker.getNextJob('token', { block: false });
      for (; job === undefined; job = await worker.getNextJob('token', { block: false })) await sleep(50);
      const { trials } = JSON.parse(job.data.slice(64)) as { trials: { sample: string }[] };
      const lines = measured.filter(({ sample }) => trials.some((one) => one.sample === sample));
      await send(lines);
      await job.moveToCompleted('', 'token', false);
      return lines;
    };
    const [one, other, third] = await finishNext();
    // The coordinator looks at its queues once a second, and finds that the block is at its end.
    await sleep(2_500);
    const elsewhere = (record: MeasurementRecord, output?: string): MeasurementRecord => ({
      ...record,
      session: 'of the other machine',
      outcome:
        output === undefined || record.outcome.state !== 'completed' ? record.outcome : { ...record.outcome, output },
    });
    // The same text, another text, the same line again, and a trial that no plan has.
    await send([
      elsewhere(one!),
      elsewhere(other!, 'another text'),
      third!,
      { ...elsewhere(third!, 'another text'), trial: 'desk/even/x@small#7' },
    ]);
    await finishNext();
    expect(await ending).toMatchObject({ complete: true });
    await worker.close();
    log.close();

    expect(said).toContain('2 trials were measured by two machines, and 1 of them have another text there');
    const trials = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LogRecord)
      .flatMap((record) => (record.type === 'measurement' ? [record.trial] : []));
    expect(trials).toHaveLength(110);
    expect(new Set(trials).size).toBe(110);
  });
});
