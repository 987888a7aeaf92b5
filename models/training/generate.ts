// Writes the data: `npx tsx models/training/generate.ts [--examples N] [--out DIR] [--suite DIR]`.
//
//   DIR/train-{first,second}.jsonl, DIR/validation.jsonl   for the trainer; never committed, made again from the seed
//   suite: <task>.jsonl                     the held-out test samples that rightsize runs
//
// A line: {"id":"arithmetic-0007","group":"each-minus-2-4","system":"Work out …","user":"Ida bought 3 …",
//          "target":"45","completion":"3*16=30+18=48;48-3=45 #45"}
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { routeNewQueues } from './new-queues.ts';
import { type Random, seeded } from './random.ts';
import type { Sample, TaskGenerator } from './sample.ts';
import type { Split } from './split.ts';
import { stages, tasks, training } from './tasks/index.ts';
import { dropWords } from './text.ts';

const TEST_SAMPLES = 240;
/** With so many draws for each sample of the test, every template comes up. */
const DRAWN_FOR_EACH = 10;
const VALIDATION_SAMPLES = 150;
const ADAPTER_EXAMPLES = 600;

export function sampleOf(name: string, task: TaskGenerator, split: Split, index: number): Sample {
  const random = seeded(`${split} ${name} ${index}`);
  const { group, user, ...rest } = task.generate(split, random);
  const said = split === 'train' && random.chance(0.4) ? dropWords(random, user) : user;
  return { id: `${name}-${String(index).padStart(4, '0')}`, group, system: task.system, user: said, ...rest };
}

/** The first `count` samples that differ in their prompts. */
export function samplesOf(name: string, task: TaskGenerator, split: Split, count: number): Sample[] {
  const byPrompt = new Map<string, Sample>();
  for (let index = 0; byPrompt.size < count; index++) {
    const sample = sampleOf(name, task, split, index);
    if (!byPrompt.has(sample.user)) byPrompt.set(sample.user, sample);
  }
  return [...byPrompt.values()];
}

/**
 * Samples of the test split, one of each template first, then a second of each, and so on: the first n of them come from as many
 * templates as n samples can.
 */
export function testSamplesOf(name: string, task: TaskGenerator, count: number): Sample[] {
  const turns = new Map<string, number>();
  return samplesOf(name, task, 'test', DRAWN_FOR_EACH * count)
    .map((sample) => {
      const turn = turns.get(sample.group) ?? 0;
      turns.set(sample.group, turn + 1);
      return { sample, turn };
    })
    .toSorted((a, b) => a.turn - b.turn)
    .slice(0, count)
    .map(({ sample }) => sample);
}

/** Tasks mixed by their shares of a stage. */
function* mixture(stage: keyof typeof stages, count: number): Generator<Sample> {
  const random: Random = seeded(`train ${stage}`);
  const names = Object.keys(training) as (keyof typeof training)[];
  const bag = names.flatMap((name) => Array<typeof name>(stages[stage][name]).fill(name));
  for (let index = 0; index < count; index++) {
    const name = random.pick(bag);
    yield sampleOf(name, training[name], 'train', stage === 'first' ? index : count + index);
  }
}

const lines = (samples: Iterable<Sample>): string => {
  let text = '';
  for (const sample of samples) text += `${JSON.stringify(sample)}\n`;
  return text;
};

function main(): void {
  const { values } = parseArgs({
    options: {
      examples: { type: 'string', default: '150000' },
      out: { type: 'string', default: 'models/training/build' },
      suite: { type: 'string', default: 'suites/data/support-desk' },
    },
  });
  mkdirSync(values.out, { recursive: true });
  mkdirSync(values.suite, { recursive: true });
  const all = Object.entries(tasks);
  for (const stage of ['first', 'second'] as const)
    writeFileSync(join(values.out, `train-${stage}.jsonl`), lines(mixture(stage, Number(values.examples))));
  writeFileSync(
    join(values.out, 'validation.jsonl'),
    lines(all.flatMap(([name, task]) => samplesOf(name, task, 'validation', VALIDATION_SAMPLES))),
  );
  writeFileSync(
    join(values.out, 'train-new-queues.jsonl'),
    lines(samplesOf('route-new-queues', routeNewQueues, 'train', ADAPTER_EXAMPLES)),
  );
  for (const [name, task] of [...all, ['route-new-queues', routeNewQueues] as const])
    writeFileSync(join(values.suite, `${name}.jsonl`), lines(testSamplesOf(name, task, TEST_SAMPLES)));
}

if (process.argv[1] === import.meta.filename) main();
