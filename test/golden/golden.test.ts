import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { renderAll } from './render.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const names = readdirSync(here, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

describe.each(names)('the golden log %s', (name) => {
  const lines = readFileSync(join(here, name, 'log.jsonl'), 'utf8').trimEnd().split('\n');
  const folder = join(here, name, 'expected');
  const expected = readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name).slice(folder.length + 1)] : [],
  );

  it('rebuilds every artifact byte for byte, and no other', async () => {
    const artifacts = await renderAll(lines.map((line) => JSON.parse(line)));
    expect(artifacts.map(({ path }) => path).sort()).toEqual(expected.sort());
    for (const { path, content } of artifacts) {
      expect(String(content), `${path}; after a change that is meant: npm run golden`).toBe(
        readFileSync(join(folder, path), 'utf8'),
      );
    }
  });

  it('rebuilds them from its lines in another order', async () => {
    const artifacts = await renderAll([...lines].reverse().map((line) => JSON.parse(line)));
    for (const { path, content } of artifacts) {
      expect(String(content), path).toBe(readFileSync(join(folder, path), 'utf8'));
    }
  });

  it.each(expected)('says nothing that is not a number in %s', (path) => {
    const content = readFileSync(join(folder, path), 'utf8');
    expect(content).not.toMatch(/\bNaN\b|\bInfinity\b|\bundefined\b|\[object Object\]/);
  });
});
