/** ROUGE: the fixtures of rouge_score, which were made with ROUGE-1.5.5, and XSum system outputs scored by ROUGE-1.5.5. */
import { rouge as scorer } from '../src/core/score/scorers/rouge.js';
import { type Check, type Figure, type Folder, figure, type Row, within } from './check.js';
import { linesOf } from './folder.js';
import { judgeWith } from './scoring.js';

export const rouge: Check = {
  folder: 'rouge',
  title: 'ROUGE, rouge',
  *run(data) {
    const expected = JSON.parse(data.text('expected.json')) as Row;
    yield* smallPairs(data, expected);
    yield* large(data, expected);
    yield* multiLine(data, expected);
    yield* xsum(data);
  },
};

const PARTS = { p: ' precision', r: ' recall', f: '' } as const;

function* smallPairs(data: Folder, expected: Row): Generator<Figure> {
  const [targets, predictions] = [data.lines('target.txt'), data.lines('prediction.txt')];
  for (const [index, target] of targets.entries()) {
    for (const [name, published] of Object.entries(expected[`small_pair${index}`] as Row)) {
      const [variant, stem] = name.split('_');
      const { details } = judgeWith(scorer, { stem: stem !== undefined })({ output: predictions[index]!, target });
      for (const [part, suffix] of Object.entries(PARTS)) {
        yield figure(
          `pair ${index} ${name} ${part}`,
          published[part].toFixed(5),
          Number(details?.[`${variant}${suffix}`]),
        );
      }
    }
  }
}

/** Published are ends of bootstrap intervals and their middle, which the plain mean must meet within the test's delta. */
function* means(what: string, published: Row, judge: ReturnType<typeof judgeWith>, variant: string, delta: number) {
  for (const [part, suffix] of Object.entries(PARTS)) {
    yield within(`${what} ${part}`, published[part][1], judge.metric(`${variant}${suffix}`), delta);
  }
}

function* large(data: Folder, expected: Row): Generator<Figure> {
  const [targets, predictions] = [data.lines('target_large.txt'), data.lines('prediction_large.txt')];
  for (const [name, published] of Object.entries(expected.large_bootstrap_low_mid_high as Row)) {
    const [variant, stem] = name.split('_') as [string, string];
    const judge = judgeWith(scorer, { stem: stem === 'stem' });
    for (const [index, target] of targets.entries()) judge({ output: predictions[index]!, target });
    yield* means(`1,000 pairs ${name}`, published, judge, variant, expected.delta);
  }
}

function* multiLine(data: Folder, expected: Row): Generator<Figure> {
  const files = data.archive('multi_pairs.tar.gz');
  const judge = judgeWith(scorer, { stem: true });
  for (const [path, target] of files) {
    const prediction = /target/.test(path) ? files.get(path.replaceAll('target', 'prediction')) : undefined;
    if (prediction !== undefined) judge({ output: prediction, target });
  }
  for (const [variant, published] of Object.entries(expected.multi_stem as Row)) {
    yield* means(`250 texts of several lines, stemmed ${variant}`, published, judge, variant, expected.delta);
  }
}

/** ROUGE-1.5.5 also knows WordNet's irregular forms, which no reimplementation has: half a point is what remains. */
function* xsum(data: Folder): Generator<Figure> {
  const files = data.archive('xsum-model-predictions.tar.gz');
  const file = (name: string) => linesOf(files.get([...files.keys()].find((path) => path.endsWith(name))!)!);
  const gold = file('gold-test-sentences.txt');
  const published: Readonly<Record<string, readonly number[]>> = {
    'topic-convs2s': [31.89, 11.54, 25.75],
    convs2s: [31.27, 11.07, 25.23],
    ptgen: [29.7, 9.21, 23.24],
    'ext-oracle': [29.79, 8.81, 22.66],
    lead: [16.3, 1.6, 11.95],
  };
  for (const [system, figures] of Object.entries(published)) {
    const judge = judgeWith(scorer, { stem: true });
    const lines = file(`/${system}-test-output.txt`);
    for (const [index, target] of gold.entries()) judge({ output: lines[index] ?? '', target });
    for (const [index, variant] of (['rouge1', 'rouge2', 'rougeL'] as const).entries()) {
      yield within(`XSum ${system} ${variant}`, figures[index]!, 100 * judge.metric(variant), 0.5);
    }
  }
}
