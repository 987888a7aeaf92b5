/** What the options of commands promise, whichever options there are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from '@commander-js/extra-typings';
import { describe, expect, test } from 'vitest';
import { COMMAND_NAMES, loadCommand } from '../../src/cli/program.js';
import { run } from '../../src/cli/run.js';
import { ROOT, silentTerminal } from '../support/cli.js';

/** A word that the option takes. */
const WORDS: Readonly<Record<string, string>> = { reports: 'html', budget: '5', gateVerdict: 'cascade' };

describe('beside --resume', () => {
  const options = run(silentTerminal()).options.filter(({ long }) => long !== '--resume');
  const refused = options.filter((option) => {
    const command = run(silentTerminal())
      .exitOverride()
      .configureOutput({ writeErr: () => {} })
      .action(() => {});
    const value = option.required ? [WORDS[option.attributeName()] ?? '1'] : [];
    try {
      command.parse(['--resume', 'run', option.long!, ...value], { from: 'user' });
      return false;
    } catch (error) {
      if (error instanceof CommanderError && error.code === 'commander.conflictingOption') return true;
      throw error;
    }
  });

  test('an option is refused unless a resumed run can have it', () => {
    const allowed = options.filter((option) => !refused.includes(option)).map(({ long }) => long);
    expect(allowed).toEqual([
      '--models',
      '--max-cost',
      '--prices',
      '--out',
      '--run-code',
      '--judge',
      '--allow-scorer',
      '--wait',
      '--fleet',
      '--on',
      '--reports',
      '--gate',
      '--gate-strict',
      '--gate-verdict',
      '--gate-model',
      '--json',
      '--quiet',
    ]);
  });
});

test('docs/commands.md has a row for each command', () => {
  const docs = readFileSync(join(ROOT, 'docs/commands.md'), 'utf8');
  const rows = [...docs.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual(COMMAND_NAMES);
});

/** Functions that take all the options of a command, and the files that read them. */
const HANDED = { gateRequest: 'gate-request.ts', capacityAsked: 'capacity-options.ts' };

test.each(COMMAND_NAMES)(
  'every option of %s is read in its file, or in one that it hands all of them',
  async (name) => {
    const command = await loadCommand(name, silentTerminal());
    const own = readFileSync(join(ROOT, `src/cli/${name}.ts`), 'utf8');
    const handed = Object.entries(HANDED).flatMap(([call, file]) =>
      new RegExp(`\\b${call}\\(`).test(own) ? readFileSync(join(ROOT, 'src/cli', file), 'utf8') : [],
    );
    const source = [own, ...handed].join('');
    const code = source.replaceAll(/'(?:[^'\\\n]|\\.)*'|^import [\s\S]*?;$/gm, '');
    const unread = command.options.filter((option) => !new RegExp(`\\b${option.attributeName()}\\b`).test(code));
    expect(unread.map(({ long }) => long)).toEqual([]);
  },
);
