import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { REPORTERS } from '../../../src/core/report/table.js';

describe('docs/reports.md', () => {
  const page = readFileSync(new URL('../../../docs/reports.md', import.meta.url), 'utf8');
  const [table] = page.split('## The document');
  const named = [...table!.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);

  it('names every reporter in its table, and no other', () => {
    expect(named.sort()).toEqual(Object.keys(REPORTERS).sort());
  });

  it.each(Object.entries(REPORTERS))('names the file of the reporter %s', (_, { summary }) => {
    const [file] = summary.split(',');
    expect(page).toContain(`\`${file}`);
  });
});
