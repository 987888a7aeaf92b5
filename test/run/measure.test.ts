/** `measure` and `resume` as a program calls them: from objects, in a folder of their own, against a scripted worker. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type MeasureEvent, type MeasureOptions, measure, resume } from '../../src/run/measure.js';
import { render } from '../../src/run/render.js';
import { tryLock } from '../../src/system/lock.js';
import { folderWith } from '../support/cli.js';
import { scriptedWorker } from '../support/scripted-worker.js';
import { PAIR, SUMS } from '../support/sums.js';

const DEFINITION = { suites: [SUMS], models: PAIR, warmup: 0 };

function world(changes: MeasureOptions = {}) {
  const cwd = folderWith({});
  const events: MeasureEvent[] = [];
  const options: MeasureOptions = {
    cwd,
    environment: { RIGHTSIZE_LOCK_DIR: 'locks' },
    openWorker: scriptedWorker().openWorker,
    onEvent: (event) => void events.push(event),
    ...changes,
  };
  return { cwd, events, options };
}

describe('a measurement from code', () => {
  test('takes its folder, clock and command from its arguments, and tells what happens', async () => {
    const now = () => new Date('2026-01-02T03:04:05Z');
    const { cwd, events, options } = world({ now, command: ['my', 'program'] });
    const measured = await measure({ ...DEFINITION, out: 'runs' }, options);
    expect(measured).toEqual({
      folder: join(cwd, 'runs/2026-01-02T03-04-05'),
      log: join(cwd, 'runs/2026-01-02T03-04-05/log.jsonl'),
      complete: true,
      reason: 'all trials were run',
    });
    expect(events[0]).toMatchObject({ type: 'planned', recorded: 0 });
    expect(events.filter(({ type }) => type === 'trial')).toHaveLength(6);
    const { analysis, artifacts } = await render([measured.folder], { reports: ['summary'] });
    expect(analysis.run.command).toEqual(['my', 'program']);
    expect(artifacts.map(({ path }) => path)).toContain('summary.json');
    expect(readdirSync(measured.folder)).toEqual(['log.jsonl']);
  });

  test('that is interrupted is finished by `resume`, which repeats nothing', async () => {
    const stop = new AbortController();
    const first = world({ signal: stop.signal, onEvent: ({ type }) => type === 'trial' && stop.abort(new Error('x')) });
    const { complete, reason, folder } = await measure(DEFINITION, first.options);
    expect({ complete, reason }).toEqual({ complete: false, reason: 'interrupted' });
    const { events, options } = world();
    expect(await resume(folder, options)).toMatchObject({ complete: true, folder });
    expect(events[0]).toMatchObject({ type: 'planned', recorded: 1 });
    expect(events.filter(({ type }) => type === 'trial')).toHaveLength(5);
  });

  test.each([
    [{ suites: [{ ...SUMS, tasks: [] }] }, /^suite sums: tasks: /],
    [{ models: [{ ...PAIR[0]!, class: undefined }] }, /^model slm: expected "class"/],
  ])('names the object of a definition that is wrong', async (wrong, says) => {
    await expect(measure({ ...DEFINITION, ...wrong }, world().options)).rejects.toThrow(says);
  });
});

describe('one at a time', () => {
  test('a run that is being written to is refused before its log is read', async () => {
    const { cwd, options } = world();
    mkdirSync(join(cwd, 'run'));
    writeFileSync(join(cwd, 'run/log.jsonl'), 'this is no log\n');
    const lock = await tryLock(join(cwd, 'run/.lock'), 'rightsize run');
    await expect(resume('run', options)).rejects.toThrow(
      /^\S*run: expected a run that nobody is writing to, found process \d+ \(rightsize run\), since \S+; wait/,
    );
    if (lock.state === 'held') await lock.release();
    await expect(resume('run', options)).rejects.toThrow(/log\.jsonl:1: expected a record/);
  });

  test('a machine that measures is refused with who holds it, and no folder is made', async () => {
    const { cwd, options } = world();
    const lock = await tryLock(join(cwd, 'locks/rightsize-machine.lock'), 'rightsize run -s other.yaml');
    await expect(measure(DEFINITION, options)).rejects.toThrow(
      /^expected a machine on which nothing else measures, found process \d+ \(rightsize run -s other\.yaml\), since \S+; wait for it with --wait/,
    );
    expect(readdirSync(cwd)).toEqual(['locks']);
    if (lock.state === 'held') await lock.release();
    expect((await measure(DEFINITION, options)).complete).toBe(true);
  });

  test('a machine that measures is waited for', async () => {
    const { cwd, options, events } = world({ whenBusy: 'wait' });
    const lock = await tryLock(join(cwd, 'locks/rightsize-machine.lock'), 'another');
    const measured = measure(DEFINITION, options);
    await expect.poll(() => events).toContainEqual({ type: 'note', text: expect.stringMatching(/^waiting .*another/) });
    if (lock.state === 'held') await lock.release();
    expect((await measured).complete).toBe(true);
    expect(readdirSync(join(cwd, 'locks'))).toEqual([]);
  });

  test('a folder for locks that cannot be written is told with its remedy', async () => {
    const { cwd, options } = world({ environment: { RIGHTSIZE_LOCK_DIR: 'a-file/locks' } });
    writeFileSync(join(cwd, 'a-file'), '');
    await expect(measure(DEFINITION, options)).rejects.toThrow(/another folder with RIGHTSIZE_LOCK_DIR$/);
  });
});

test('a run that stops by verdicts is refused under any condition but closed 1', async () => {
  const { options } = world();
  const definition = { ...DEFINITION, concurrency: 4, untilSure: { budget: null } };
  await expect(measure(definition, options)).rejects.toThrow(/^--until-sure: expected one request at a time/);
});
