/**
 * One label of a set. A cell adds the classification report: accuracy, macro and weighted F1, Cohen's kappa, and for each label
 * precision, recall, F1, and the labels that it was confused with. An output without a label is wrong, and its target counts as
 * missed. It is no class of its own. (scikit-learn would average it in, if it got such outputs as one more label.)
 */
import { z } from 'zod';
import { known, missing, type Quantity } from '../../quantity.js';
import { cohenKappa } from '../../stats/estimate/agreement.js';
import { labelOf, normaliseLabel } from '../read/labels.js';
import { type Aggregate, SampleError, type Scorer, scored } from '../score.js';
import { isSpace, targetsOf } from '../text/text.js';

const options = z.strictObject({
  labels: z
    .array(z.string().min(1))
    .min(2)
    .optional()
    .describe('All labels. Without them the output must equal the target.'),
  extract: z
    .enum(['whole', 'mention'])
    .default('whole')
    .describe('Whether the output must be the label, or must mention exactly one of the labels.'),
});

export const classification: Scorer<z.infer<typeof options>> = {
  summary: 'the label is the right one; a cell adds macro-F1, kappa and the confusion of labels',
  reference: 'scikit-learn classification_report, cohen_kappa_score',
  options,
  score({ output, target }, { labels, extract }) {
    const targets = targetsOf(target).map(normaliseLabel);
    const known = labels && normalisedSet(labels);
    if (known !== undefined && !targets.some((one) => known.includes(one))) {
      throw new SampleError(`expected one of the labels as target, found ${JSON.stringify(target)}`);
    }
    const found = known === undefined ? labelOf(output, known) : labelAmong(known, output, extract);
    const answer = found === '' ? null : found;
    const right = answer !== null && targets.includes(answer);
    return scored(right ? 1 : 0, answer, { target: right ? answer : targets[0]! });
  },
  aggregate: ({ labels }) => report(labels ? normalisedSet(labels) : []),
};

const sets = new WeakMap<readonly string[], readonly string[]>();

/** The labels of a task as they are compared. They are the same for every answer of the task. */
function normalisedSet(labels: readonly string[]): readonly string[] {
  const known = sets.get(labels);
  if (known !== undefined) return known;
  const made = labels.map(normaliseLabel);
  sets.set(labels, made);
  return made;
}

function labelAmong(known: readonly string[], output: string, extract: 'whole' | 'mention'): string | null {
  const mentioned = extract === 'mention' ? onlyMention(output, known) : null;
  if (mentioned !== null) return mentioned;
  const label = labelOf(output, known);
  return known.includes(label) ? label : null;
}

function onlyMention(output: string, labels: readonly string[]): string | null {
  const text = ` ${output.toLowerCase().replace(/[\s_-]+/g, ' ')} `;
  const isEdge = (character: string) => isSpace(character.charCodeAt(0)) || !/[\p{L}\p{N}]/u.test(character);
  const places = labels.map((label) => {
    for (let at = text.indexOf(label); at >= 0; at = text.indexOf(label, at + 1)) {
      if (isEdge(text[at - 1]!) && isEdge(text[at + label.length]!)) return { label, at, end: at + label.length };
    }
    return null;
  });
  const found = places.filter((place) => place !== null);
  // "card" inside "card arrival" is no mention of its own.
  const outer = found.filter(
    (one) => !found.some((other) => other !== one && other.at <= one.at && other.end >= one.end),
  );
  return outer.length === 1 ? outer[0]!.label : null;
}

interface LabelCounts {
  right: number;
  given: number;
  wanted: number;
}

function report(labels: readonly string[]): Aggregate {
  const counts = new Map<string, LabelCounts>(labels.map((label) => [label, { right: 0, given: 0, wanted: 0 }]));
  const confusion = new Map<string, number>();
  let n = 0;
  const of = (label: string): LabelCounts => {
    const found = counts.get(label) ?? { right: 0, given: 0, wanted: 0 };
    counts.set(label, found);
    return found;
  };
  return {
    add({ score, input }) {
      if (score.state !== 'scored') return;
      n++;
      // A model that failed has missed the label that was right.
      const target = String(score.details?.target ?? normaliseLabel(targetsOf(input.target)[0]!));
      of(target).wanted++;
      if (score.answer !== null && (labels.length === 0 || labels.includes(score.answer))) of(score.answer).given++;
      if (score.value === 1) of(target).right++;
      else {
        const key = `${target} taken for ${score.answer ?? 'no label'}`;
        confusion.set(key, (confusion.get(key) ?? 0) + 1);
      }
    },
    metrics() {
      if (n === 0) return { accuracy: missing('no output was scored') };
      const rows = Array.from(counts, ([label, count]) => ({ label, ...count, f1: f1Of(count) }));
      const right = rows.reduce((sum, row) => sum + row.right, 0);
      const seen = rows.filter((row) => row.wanted > 0 || row.given > 0);
      const metrics: Record<string, Quantity> = {
        accuracy: known(right / n),
        macroF1: known(seen.reduce((sum, row) => sum + row.f1, 0) / seen.length),
        weightedF1: known(rows.reduce((sum, row) => sum + row.f1 * row.wanted, 0) / n),
        kappa: cohenKappa({
          observed: right / n,
          expected: rows.reduce((sum, row) => sum + (row.wanted / n) * (row.given / n), 0),
        }),
      };
      for (const row of seen) {
        metrics[`precision ${row.label}`] =
          row.given === 0 ? missing('the label was never given') : known(row.right / row.given);
        metrics[`recall ${row.label}`] =
          row.wanted === 0 ? missing('the label was never right') : known(row.right / row.wanted);
        metrics[`f1 ${row.label}`] = known(row.f1);
      }
      for (const [pair, count] of confusion) metrics[`confusion ${pair}`] = known(count);
      return metrics;
    },
  };
}

function f1Of({ right, given, wanted }: LabelCounts): number {
  return right === 0 ? 0 : (2 * right) / (given + wanted);
}
