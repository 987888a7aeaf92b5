/** What the options of commands promise, whichever options there are. */
import { CommanderError } from '@commander-js/extra-typings';
import { describe, expect, test } from 'vitest';
import { run } from '../../src/cli/run.js';

/** A word that the option takes. */
const WORDS: Readonly<Record<string, string>> = { reports: 'html', budget: '5' };

describe('beside --resume', () => {
  const options = run().options.filter(({ long }) => long !== '--resume');
  const refused = options.filter((option) => {
    const command = run()
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
    expect(allowed).toEqual(['--prices', '--out', '--run-code', '--judge', '--wait', '--reports', '--json', '--quiet']);
  });
});
