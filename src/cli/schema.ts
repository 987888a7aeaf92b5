/** `rightsize schema`: prints a JSON Schema, for editors and for programs that read summary.json. */
import { Argument, Command } from '@commander-js/extra-typings';
import { SCHEMA_NAMES } from '../system/package.js';
import { oneOf } from './options.js';

export const schema = () =>
  new Command('schema')
    .description(`print the JSON Schema of a file: ${SCHEMA_NAMES.join(', ')}`)
    .addArgument(new Argument('<file>', SCHEMA_NAMES.join(' | ')).argParser(oneOf(SCHEMA_NAMES)))
    .action(async (name) => {
      const { schema: textOf } = await import('../run/schema.js');
      process.stdout.write(await textOf(name));
    });
