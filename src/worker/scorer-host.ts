/**
 * Runs a module of the user's that scores answers: one line in, one line out. It is the main module of a process of its own, and
 * what the module prints goes to stderr, so it is never taken for a score.
 */
import { createInterface } from 'node:readline';

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;

const { default: score }: { readonly default?: unknown } = await import(process.argv[2]!);
if (typeof score !== 'function') throw new TypeError(`expected a function as default export, found ${typeof score}`);
for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY }))
  write(`${JSON.stringify(await score(JSON.parse(line))) ?? 'null'}\n`);
