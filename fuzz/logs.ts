/** Logs of real runs with lines and values that no run writes, through `report`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../src/core/stats/basics/random.js';
import { folderWith, tidied } from './folder.js';
import { mutateBytes, mutateText, mutateValue, pick } from './mutate.js';
import type { Part } from './part.js';
import { type Limits, outcomeOf, run } from './program.js';

const GOLDEN = join(import.meta.dirname, '../test/golden');
const LIMITS: Limits = { time: 60, memory: 2 ** 30 };
const TEXTS = 'summary,markdown,html';

export const logs: Part = {
  about: 'logs with lines and values that no run writes, through report',
  cases: { quick: 40, long: 300 },
  async open() {
    const bases = ['troubled', 'pair'].map((name) => readFileSync(join(GOLDEN, name, 'log.jsonl'), 'utf8'));
    return {
      async attempt(random) {
        const folder = folderWith({ 'log.jsonl': changed(pick(bases, random), random) });
        const args = ['report', 'log.jsonl', '-o', 'out', '--reports', TEXTS];
        const finished = await run(args, folder, LIMITS);
        const again = `cd ${folder} && rightsize ${args.join(' ')}`;
        return tidied(folder, outcomeOf(finished, LIMITS, again, reportsIn(join(folder, 'out'))));
      },
      async close() {},
    };
  },
};

/** Mostly a value that is wrong, and sometimes lines that are lost, double or no JSON. */
function changed(log: string, random: Random): string | Uint8Array {
  const lines = log.trimEnd().split('\n');
  switch (random.below(8)) {
    case 0:
      return mutateBytes(Buffer.from(log), random);
    case 1:
      lines.splice(random.below(lines.length), 1 + random.below(3));
      break;
    case 2:
      lines.splice(random.below(lines.length), 0, pick(lines, random));
      break;
    case 3:
      lines[0] = mutateText(lines[0]!, random);
      break;
    default: {
      // The run itself, whose record holds the most, as often as all others.
      const at = random.below(2) === 0 ? 0 : random.below(lines.length);
      lines[at] = JSON.stringify(mutateValue(JSON.parse(lines[at]!), random));
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Reports for people; JSON holds what a log says, escaped. */
function reportsIn(folder: string): string {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.md'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('\n');
  } catch {
    return '';
  }
}
