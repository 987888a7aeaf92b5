/** The command line as a table of commands, without a process. */
import { describe, expect, test } from 'vitest';
import { program } from '../../src/cli/program.js';

const commands = program().commands;

describe('the commands', () => {
  test('have names of their own, and say what they do', () => {
    expect(new Set(commands.map((command) => command.name())).size).toBe(commands.length);
    for (const command of commands) expect(command.description(), command.name()).toMatch(/^[a-z]/);
  });

  test('describe every option', () => {
    for (const command of commands)
      for (const option of command.options)
        expect(option.description, `${command.name()} ${option.flags}`).not.toBe('');
  });

  test.each(commands.map((command) => command.name()))('%s refuses a flag that it does not have', async (name) => {
    const silent = program();
    for (const command of silent.commands) command.configureOutput({ writeErr: () => {} });
    const required =
      { score: ['--scorer', 'exact'], init: ['--data', 'a.csv'], capacity: ['--prompt', '9', '--output', '9'] }[name] ??
      [];
    const asked = silent.parseAsync(['node', 'rightsize', name, ...required, '--no-such-flag']);
    await expect(asked).rejects.toThrow("unknown option '--no-such-flag'");
  });
});
