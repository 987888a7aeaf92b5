// Writes the results of a run into models/README.md, between the two marks there:
//
//   node dist/main.js run --suite support-desk --limit 240 \
//     --model reference-slm:llama-cpp --model reference-slm:llama-cpp-q8_0 … --out /tmp/card
//   npx tsx models/card.ts /tmp/card/<run>
//
// The figures are rightsize's own, read from the run's summary.json: the trainer has no say in them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

interface Summary {
  readonly suites: readonly {
    readonly tasks: readonly {
      readonly name: string;
      readonly models: readonly { readonly model: string; readonly quality: Estimate }[];
    }[];
  }[];
}

const [BEGIN, END] = ['<!-- results: written by models/card.ts -->', '<!-- end of results -->'];

function table({ suites: [suite] }: Summary): string {
  const models = suite!.tasks[0]!.models.map(({ model }) => model);
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const share = ({ value, low, high }: Estimate) => `${three(value)} [${three(low)}, ${three(high)}]`;
  return (
    row(['task', 'n', ...models.map((model) => model.replace(/^reference-(\w+):/, '$1 '))]) +
    row(['---', ...Array<string>(models.length + 1).fill('---')]) +
    suite!.tasks
      .map(({ name, models }) =>
        row([name, String(models[0]!.quality.n), ...models.map(({ quality }) => share(quality))]),
      )
      .join('')
  );
}

const three = (share: number) => share.toFixed(3);

const summary: Summary = JSON.parse(readFileSync(join(process.argv[2]!, 'summary.json'), 'utf8'));
const card = new URL('README.md', import.meta.url);
const text = readFileSync(card, 'utf8');
const [before, rest] = text.split(BEGIN);
const after = rest?.split(END)[1];
if (before === undefined || after === undefined) throw new Error(`README.md: expected ${BEGIN} and ${END}`);
writeFileSync(card, `${before}${BEGIN}\n\n${table(summary)}\n${END}${after}`);
