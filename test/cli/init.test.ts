/** `rightsize init` as a user runs it. */

import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderWith, rightsize, rightsizeHere } from '../support/cli.js';

const TICKETS = [
  'Message text,Queue',
  ...Array.from({ length: 40 }, (_, i) => `Message ${i},${i % 2 ? 'billing' : 'returns'}`),
];

describe('rightsize init', () => {
  test('shows the columns, the scorer, three prompts, what is doubtful, and what to do next', async () => {
    const cwd = folderWith({ 'tickets.csv': TICKETS.join('\n') });
    const { code, stdout, stderr } = await rightsizeHere(
      ['init', '--data', 'tickets.csv', '--input', 'Message text', '--target', 'Queue'],
      { cwd },
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('scorer   classification, because 40 rows have 2 different targets, as labels do');
    expect(stdout.match(/^ {2}user {3}Message \d$/gm)).toHaveLength(3);
    expect(stdout).toContain('! 40 samples are too few to show that an SLM is at most 3 points worse');
    expect(stdout).toContain('\n  rightsize check --suite tickets.yaml\n  rightsize run --suite tickets.yaml\n');
  });

  test('writes a suite that check accepts', async () => {
    const cwd = folderWith({ 'tickets.csv': TICKETS.join('\n') });
    await rightsizeHere(['init', '--data', 'tickets.csv', '--input', 'Message text'], { cwd });
    const args = ['check', '--suite', 'tickets.yaml', '--model', 'reference-slm:llama-cpp'];
    const { code, stdout, stderr } = await rightsizeHere(args, { cwd });
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('suite tickets: task (40)');
  });

  test('exits with 2 and one sentence where it cannot guess', async () => {
    const cwd = folderWith({ 'tickets.csv': TICKETS.join('\n').replace('Queue', 'Q') });
    const { code, stdout, stderr } = await rightsizeHere(['init', '--data', 'tickets.csv', '--input', 'Queue'], {
      cwd,
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      'rightsize: --input: expected a column of the data, found "Queue"; the columns are "Message text", "Q"\n',
    );
  });

  test('prints no escape sequence of the data', async () => {
    const cwd = folderWith({ 'a.csv': `text,label\n${'\u001b[31mred\u202e,x\u001b[2J\nblue,y\n'.repeat(3)}` });
    const { stdout } = await rightsizeHere(['init', '--data', 'a.csv'], { cwd });
    expect(stdout).toContain('user   red');
    for (const character of ['\u001b', '\u202e']) expect(stdout).not.toContain(character);
  });

  test('reads 400,000 rows in memory that does not grow with them', async () => {
    const cwd = folderWith({});
    const file = createWriteStream(join(cwd, 'large.csv'));
    file.write('text,label\n');
    for (let i = 0; i < 400_000; i += 1000) {
      const rows = Array.from(
        { length: 1000 },
        (_, j) => `Ticket ${(i + j) % 360_000} of a customer,queue ${(i + j) % 7}\n`,
      );
      if (!file.write(rows.join(''))) await once(file, 'drain');
    }
    file.end();
    await once(file, 'finish');
    const env = { NODE_OPTIONS: '--max-old-space-size=48' };
    const { code, stdout, stderr } = await rightsize(['init', '--data', 'large.csv', '--json'], { cwd, env });
    expect(code, stderr).toBe(0);
    const { rows, doubts } = JSON.parse(stdout) as { rows: number; doubts: readonly string[] };
    expect(rows).toBe(400_000);
    const again = /^an earlier input .* in about (\d+) rows/.exec(doubts[0]!)!;
    expect(Number(again[1])).toBeGreaterThan(32_000);
    expect(Number(again[1])).toBeLessThan(48_000);
    expect(readFileSync(join(cwd, 'large.yaml'), 'utf8')).toContain('shuffle: true');
  });
});
