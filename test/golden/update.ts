/** Writes the golden logs and their artifacts anew. Look at what changed before committing it. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GOLDEN } from './orders.js';
import { renderAll } from './render.js';

const here = dirname(fileURLToPath(import.meta.url));

async function update() {
  for (const [name, records] of Object.entries(GOLDEN)) {
    const folder = join(here, name);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'log.jsonl'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    const log = (await readFile(join(folder, 'log.jsonl'), 'utf8')).trimEnd().split('\n');
    for (const { path, content } of await renderAll(log.map((line) => JSON.parse(line)))) {
      await mkdir(dirname(join(folder, 'expected', path)), { recursive: true });
      await writeFile(join(folder, 'expected', path), content);
    }
  }
}

void update();
