import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { recordsOf } from '../../src/files/log.js';
import { renderAll } from './render.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const names = readdirSync(here, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

/** The log as it is written today, and the same one as version 1 wrote it. */
const LOGS = ['log.jsonl', 'log-v1.jsonl'] as const;

describe.each(names)('the golden log %s', (name) => {
  const folder = join(here, name, 'expected');
  const expected = readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name).slice(folder.length + 1)] : [],
  );
  const recordsIn = (lines: readonly string[], log: string) =>
    lines.flatMap((line, i) => recordsOf(line, () => `${log}:${i + 1}: `));

  describe.each(LOGS)('in %s', (log) => {
    const lines = readFileSync(join(here, name, log), 'utf8').trimEnd().split('\n');

    it('rebuilds every artifact byte for byte, and no other', async () => {
      const artifacts = await renderAll(recordsIn(lines, log));
      expect(artifacts.map(({ path }) => path).sort()).toEqual(expected.sort());
      for (const { path, content } of artifacts) {
        expect(String(content), path).toBe(readFileSync(join(folder, path), 'utf8'));
      }
    });

    it('rebuilds them from its lines in another order', async () => {
      const artifacts = await renderAll(recordsIn([...lines].reverse(), log));
      for (const { path, content } of artifacts) {
        expect(String(content), path).toBe(readFileSync(join(folder, path), 'utf8'));
      }
    });
  });

  it.each(expected)('says nothing that is not a number in %s', (path) => {
    const content = readFileSync(join(folder, path), 'utf8');
    expect(content).not.toMatch(/\bNaN\b|\bInfinity\b|\bundefined\b|\[object Object\]/);
  });
});
