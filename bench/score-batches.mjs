/**
 * Judges the same outputs with the scorers of two builds, in batches that alternate, and prints the seconds an output of each:
 *
 *     node bench/score-batches.mjs SCORER OPTIONS ROWS.jsonl DIST DIST
 *
 * It is a program of its own, so that the compiler of the engine knows this scorer alone, as where people run it; and it is
 * plain JavaScript, because a loader of TypeScript would change what is measured. The least of several batches counts: a longer
 * one was interrupted.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const BATCHES = 15;
/** Less than the time that the system gives a process at once. */
const BATCH_SECONDS = 0.004;

const [name, options, file, ...builds] = process.argv.slice(2);
const rows = readFileSync(file, 'utf8').trimEnd().split('\n');
const sides = [];
for (const dist of builds) {
  const { SCORERS } = await import(pathToFileURL(join(resolve(dist), 'core/score/table.js')).href);
  sides.push(sideOf(SCORERS[name]));
}
const count = rowsOfBatch(sides[0]);
for (let n = 0; n < BATCHES; n++) for (const side of sides) secondsOf(side, count);
const least = sides.map(() => Number.POSITIVE_INFINITY);
for (let n = 0; n < BATCHES; n++) {
  for (const [at, side] of sides.entries()) least[at] = Math.min(least[at], secondsOf(side, count));
}
process.stdout.write(JSON.stringify(least.map((seconds) => seconds / count)));

/** @throws where the build lacks the scorer or the options, and at an output that it leaves unscored. */
function sideOf(scorer) {
  if (scorer === undefined) throw new Error(`one of the builds has no scorer ${name}`);
  const settings = scorer.options.parse(JSON.parse(options));
  const inputs = rows.map((line) => {
    const row = JSON.parse(line);
    return { ...row, target: row.target ?? null, fields: row };
  });
  const [first] = inputs;
  const score = scorer.score(first, settings);
  if (score.state === 'unscored') throw new Error(score.reason);
  return { scorer, settings, inputs };
}

/** How many outputs make a batch of the wanted length. */
function rowsOfBatch(side) {
  let count = 25;
  while (count < rows.length && Math.min(secondsOf(side, count), secondsOf(side, count)) < BATCH_SECONDS) count *= 2;
  return Math.min(count, rows.length);
}

function secondsOf({ scorer, settings, inputs }, count) {
  const begin = performance.now();
  const aggregate = scorer.aggregate?.(settings);
  for (let i = 0; i < count; i++) {
    const input = inputs[i];
    const score = scorer.score(input, settings);
    aggregate?.add({ input, score });
  }
  return (performance.now() - begin) / 1000;
}
