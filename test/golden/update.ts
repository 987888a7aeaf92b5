/** Writes the golden logs and their artifacts anew. Look at what changed before committing it. `log-v1.jsonl` stays as it is. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recordsOf } from '../../src/files/log.js';
import { GOLDEN } from './orders.js';
import { renderAll } from './render.js';

const here = dirname(fileURLToPath(import.meta.url));

async function update() {
  for (const [name, records] of Object.entries(GOLDEN)) {
    const folder = join(here, name);
    const expected = join(folder, 'expected');
    await rm(expected, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'log.jsonl'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    const lines = (await readFile(join(folder, 'log.jsonl'), 'utf8')).trimEnd().split('\n');
    for (const { path, content } of await renderAll(lines.flatMap((line) => recordsOf(line, () => `${name}: `)))) {
      await mkdir(dirname(join(expected, path)), { recursive: true });
      await writeFile(join(expected, path), content);
    }
  }
}

void update();
