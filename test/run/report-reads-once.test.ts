/** A log of hours has hundreds of megabytes, so a report with a question of capacity reads it once. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { render } from '../../src/run/render.js';

const RUN = join(import.meta.dirname, '../golden/pair/log.jsonl');

const opened = vi.spyOn(fs, 'createReadStream');
syncBuiltinESMExports();
afterAll(() => {
  opened.mockRestore();
  syncBuiltinESMExports();
});

test('the log of a run is read once where capacity is asked of it', async () => {
  const { artifacts } = await render([RUN], { capacity: { models: [], devices: ['pi-5'] }, reports: ['summary'] });
  expect(String(artifacts[0]!.content)).toContain('"capacity"');
  expect(opened.mock.calls.filter(([file]) => file === RUN)).toHaveLength(1);
});
