/** The walk of docs/first-workload.md, from an empty folder: each command as it stands, and what the page says that it prints. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith, ROOT, rightsizeHere } from '../support/cli.js';
import { words } from '../support/words.js';

const BLOCKS = [
  ...readFileSync(join(ROOT, 'docs/first-workload.md'), 'utf8').matchAll(/^```(csv|sh|text)\n(.*?)^```$/gms),
].map(([, kind, content]) => ({ kind, content: content! }));

test('docs/first-workload.md leads from a file of tickets to a report', async () => {
  const cwd = folderWith({});
  let printed = '';
  for (const { kind, content } of BLOCKS) {
    if (kind === 'csv') writeFileSync(join(cwd, 'tickets.csv'), content);
    else if (kind === 'text') for (const line of content.trimEnd().split('\n')) expect(printed).toContain(line);
    else {
      const { code, stdout, stderr } = await rightsizeHere(words(content.trim()).slice(1), { cwd });
      expect(code, `${content}${stderr}${stdout}`).toBe(0);
      printed = stdout;
    }
  }
  expect(BLOCKS.map(({ kind }) => kind)).toEqual(['csv', 'sh', 'text', 'text', 'sh', 'sh', 'text', 'sh', 'sh']);
  const [run] = readdirSync(join(cwd, 'reports'));
  expect(readdirSync(join(cwd, 'reports', run!))).toEqual(expect.arrayContaining(['report.html', 'samples.csv']));
});
