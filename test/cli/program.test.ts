/** The command line as a table of commands, without a process. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.js';
import { COMMAND_NAMES, loadCommand, program } from '../../src/cli/program.js';
import { printedBy, ROOT, silentTerminal } from '../support/cli.js';

describe('the commands', () => {
  test('say what they do', async () => {
    for (const command of (await program([], silentTerminal())).commands)
      expect(command.description(), command.name()).toMatch(/^[a-z]/);
  });

  test.each(COMMAND_NAMES)('%s is a file of its own, and describes every option', async (name) => {
    expect(readFileSync(join(ROOT, `src/cli/${name}.ts`), 'utf8')).toContain(`rightsize ${name}\``);
    const { options } = await loadCommand(name, silentTerminal());
    for (const { description, flags } of options) expect(description, flags).not.toBe('');
  });

  test.each(COMMAND_NAMES)('%s refuses a flag that it does not have', async (name) => {
    const required =
      { score: ['--scorer', 'exact'], init: ['--data', 'a.csv'], capacity: ['--prompt', '9', '--output', '9'] }[name] ??
      [];
    const { code, stderr } = await printed([name, ...required, '--no-such-flag']);
    expect(code).toBe(2);
    expect(stderr).toContain("unknown option '--no-such-flag'");
  });

  test.each(COMMAND_NAMES)(
    'help of %s is the same in both ways, and says what the list of commands says',
    async (name) => {
      const [asked, flagged, listed] = await Promise.all([
        printed(['help', name]),
        printed([name, '--help']),
        printed(['--help']),
      ]);
      expect(asked).toEqual(flagged);
      const { commands } = await program([], silentTerminal());
      const does = commands.find((command) => command.name() === name)!.description();
      const squeezed = (text: string) => text.replaceAll(/\s+/g, ' ');
      for (const { code, stdout } of [flagged, listed]) {
        expect(code).toBe(0);
        expect(squeezed(stdout)).toContain(does);
      }
    },
  );

  test('a command that does not exist is one sentence', async () => {
    const { code, stderr } = await printed(['rnu']);
    expect([code, stderr]).toEqual([2, expect.stringContaining("unknown command 'rnu'")]);
  });
});

const printed = (words: readonly string[]) => printedBy(silentTerminal(), (terminal) => main(words, terminal));
