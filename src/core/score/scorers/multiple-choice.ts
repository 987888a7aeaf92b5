/**
 * Ranks choices by the log-likelihood that the model gives to each. The most likely one is the answer. A longer choice is less likely
 * because it is long, so the same likelihoods are also ranked per character, byte and token, and by how much the question raised them
 * (mutual information). The names are those of lm-evaluation-harness. Among equal choices the first one wins, as in numpy.
 */
import { z } from 'zod';
import { known, missing } from '../../quantity.js';
import { type Aggregate, type Evidence, SampleError, type Scorer, scored, unscored } from '../score.js';
import { byteLength } from '../text/text.js';

const METRICS = ['acc', 'acc_norm', 'acc_bytes', 'acc_tokens', 'acc_mutual_info', 'mc2'] as const;
type Metric = (typeof METRICS)[number];

const options = z.strictObject({
  value: z
    .enum(METRICS)
    .default('acc')
    .describe('Which measure is the score. mc2 is the share of probability on the right choices (TruthfulQA).'),
  choicesField: z.string().default('choices').describe('The field of the row that lists the texts of the choices.'),
});

export const multipleChoice: Scorer<z.infer<typeof options>> = {
  summary: 'the most likely choice is the right one (log-likelihoods)',
  reference: 'lm-evaluation-harness acc, acc_norm, acc_bytes, acc_mutual_info; TruthfulQA mc1, mc2',
  options,
  needs: 'loglikelihoods',
  score({ target, fields, evidence }, settings) {
    if (evidence?.effect !== 'loglikelihoods') return unscored('there are no log-likelihoods of the choices');
    const texts = choiceTexts(fields[settings.choicesField]);
    if (texts.length !== evidence.conditional.length) {
      throw new SampleError(
        `expected a log-likelihood per choice, found ${evidence.conditional.length} for ${texts.length}`,
      );
    }
    const right = rightIndices(target, texts);
    const ranked = rankings(evidence, texts);
    const details: Record<string, number> = {};
    for (const [metric, values] of Object.entries(ranked)) details[metric] = right.has(argmax(values)) ? 1 : 0;
    details.mc2 = probabilityOf(right, evidence.conditional);
    const value = details[settings.value];
    if (value === undefined) return unscored(`the engine gave nothing to compute ${settings.value} from`);
    return scored(
      value,
      texts[argmax(ranked[settings.value as keyof typeof ranked] ?? evidence.conditional)]!,
      details,
    );
  },
  aggregate: () => means(),
};

function choiceTexts(field: unknown): readonly string[] {
  const list = typeof field === 'object' && field !== null && 'text' in field ? field.text : field;
  if (!Array.isArray(list) || list.length === 0) throw new SampleError('expected a list of choices in the row');
  return list.map(String);
}

/** A target is an index counted from 0, a letter, the text of a choice, or a list of these. Any item of a list is right. */
function rightIndices(target: unknown, texts: readonly string[]): ReadonlySet<number> {
  const indices = (Array.isArray(target) ? target : [target]).map((one) => {
    const text = String(one).trim();
    const index = [
      Number(text || Number.NaN),
      texts.indexOf(text),
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.indexOf(text || '?'),
    ].find((candidate) => Number.isInteger(candidate) && candidate >= 0 && candidate < texts.length);
    if (index === undefined)
      throw new SampleError(`expected an index, a letter or the text of a choice as target, found "${text}"`);
    return index;
  });
  return new Set(indices);
}

type Likelihoods = Extract<Evidence, { effect: 'loglikelihoods' }>;

function rankings({ conditional, unconditional, tokens }: Likelihoods, texts: readonly string[]) {
  const per = (lengths: readonly number[]) => conditional.map((value, index) => value / lengths[index]!);
  return {
    acc: conditional,
    acc_norm: per(texts.map((text) => Array.from(text).length)),
    acc_bytes: per(texts.map(byteLength)),
    ...(tokens && { acc_tokens: per(tokens) }),
    ...(unconditional && { acc_mutual_info: conditional.map((value, index) => value - unconditional[index]!) }),
  } satisfies Partial<Record<Metric, readonly number[]>>;
}

function argmax(values: readonly number[]): number {
  return values.reduce((best, value, index) => (value > values[best]! ? index : best), 0);
}

/** The largest is subtracted first, so that very unlikely choices do not all become zero. */
function probabilityOf(right: ReadonlySet<number>, loglikelihoods: readonly number[]): number {
  const largest = Math.max(...loglikelihoods);
  const weights = loglikelihoods.map((value) => Math.exp(value - largest));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return sum(weights.filter((_, index) => right.has(index))) / sum(weights);
}

function means(): Aggregate {
  const sums = new Map<string, { sum: number; n: number }>();
  return {
    add({ score }) {
      if (score.state !== 'scored') return;
      for (const [metric, value] of Object.entries(score.details ?? {})) {
        const { sum, n } = sums.get(metric) ?? { sum: 0, n: 0 };
        sums.set(metric, { sum: sum + Number(value), n: n + 1 });
      }
    },
    metrics: () =>
      Object.fromEntries(
        METRICS.map((metric) => {
          const { sum, n } = sums.get(metric) ?? { sum: 0, n: 0 };
          return [metric, n === 0 ? missing('no output gave what this measure needs') : known(sum / n)];
        }),
      ),
  };
}
