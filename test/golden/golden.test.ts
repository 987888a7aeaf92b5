import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { recordsOf } from '../../src/files/log.js';
import { renderAll, renderSources } from './render.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const names = readdirSync(here, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

/** The log as it is written today, and the same one as version 1 wrote it. */
const LOGS = ['log.jsonl', 'log-v1.jsonl'] as const;

const REMEDY = 'if this change is meant, write the golden reports again (npm run golden) and look at the diff';

describe.each(names)('the golden log %s', (name) => {
  const folder = join(here, name, 'expected');
  const expected = readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name).slice(folder.length + 1)] : [],
  );
  const recordsIn = (lines: readonly string[], log: string) =>
    lines.flatMap((line, i) => recordsOf(line, () => `${log}:${i + 1}: `));

  const linesOf = (log: string) => readFileSync(join(here, name, log), 'utf8').trimEnd().split('\n');
  const inFolder = (path: string) => readFileSync(join(folder, path), 'utf8');

  it('rebuilds every artifact byte for byte, and no other', async () => {
    const artifacts = await renderAll(recordsIn(linesOf('log.jsonl'), 'log.jsonl'));
    expect(artifacts.map(({ path }) => path).sort(), REMEDY).toEqual(expected.sort());
    for (const { path, content } of artifacts) expect(String(content), `${path}: ${REMEDY}`).toBe(inFolder(path));
  });

  it('rebuilds the same from the log of version 1, and from the lines of both in another order', async () => {
    const { drawnFrom } = await renderSources(recordsIn(linesOf('log.jsonl'), 'log.jsonl'));
    for (const lines of LOGS.flatMap((log) => [linesOf(log), linesOf(log).reverse()])) {
      const again = await renderSources(recordsIn(lines, 'log'));
      for (const { path, content } of again.artifacts) expect(String(content), path).toBe(inFolder(path));
      expect(again.drawnFrom === drawnFrom, 'the page and the pictures are drawn from the same').toBe(true);
    }
  });

  it.each(expected)('says nothing that is not a number in %s', (path) => {
    const content = readFileSync(join(folder, path), 'utf8');
    expect(content).not.toMatch(/\bNaN\b|\bInfinity\b|\bundefined\b|\[object Object\]/);
  });
});
