/** `rightsize schema`: prints a JSON Schema, for editors and for programs that read summary.json. */
import { Argument, Command } from '@commander-js/extra-typings';
import { SCHEMA_NAMES } from '../system/package.js';
import { oneOf } from './options.js';
import type { Terminal } from './terminal.js';

export const schema = (terminal: Terminal) =>
  new Command()
    .addArgument(new Argument('<file>', SCHEMA_NAMES.join(' | ')).argParser(oneOf(SCHEMA_NAMES)))
    .action(async (name) => {
      const { schema: textOf } = await import('../run/schema.js');
      terminal.stdout.write(await textOf(name));
    });
