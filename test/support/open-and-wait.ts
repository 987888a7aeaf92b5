/** Opens the model entry given as an argument, prints the processes of its server, and waits to be killed. */
import { openai } from '../../src/backends/openai.js';
import { type ModelOf, modelSchema } from '../../src/core/definition/model.js';

const model = modelSchema.parse(JSON.parse(process.argv[2]!)) as ModelOf<'openai'>;
const context = { directory: '.', environment: process.env };
const { processes } = await openai.open(model, context, new AbortController().signal);
process.stdout.write(`${JSON.stringify(processes)}\n`);
setInterval(() => {}, 1000);
