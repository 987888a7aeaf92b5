/**
 * Any number of labels of a set, as a JSON list, or as texts with commas, semicolons or line breaks between them. The score of one
 * answer is its F1, its Jaccard index or its exact match. A cell adds the figures of scikit-learn's classification_report.
 */
import { z } from 'zod';
import { known, missing } from '../../quantity.js';
import { labelsIn } from '../read/label-lists.js';
import { LabelReport } from '../read/label-report.js';
import { normaliseLabel } from '../read/labels.js';
import { type Aggregate, SampleError, type Scorer, scored } from '../score.js';

const options = z.strictObject({
  labels: z.array(z.string().min(1)).min(1).optional().describe('All labels. Without them any text is a label.'),
  value: z.enum(['f1', 'jaccard', 'exact']).default('f1').describe('Which of the three is the score.'),
});

export const multiLabel: Scorer<z.infer<typeof options>> = {
  summary: 'any number of labels are the right ones: F1, Jaccard, exact match',
  reference: 'scikit-learn f1_score (micro, macro, samples), jaccard_score, accuracy_score',
  options,
  score({ output, target }, { labels, value }) {
    const set = labels?.map(normaliseLabel);
    const wanted = targetLabels(target);
    const foreign = set && wanted.find((label) => !set.includes(label));
    if (foreign !== undefined) throw new SampleError(`expected some of the labels as target, found "${foreign}"`);
    const given = labelsIn(output, set).filter((label) => set === undefined || set.includes(label));
    const right = given.filter((label) => wanted.includes(label)).length;
    const union = given.length + wanted.length - right;
    const values = {
      f1: given.length + wanted.length === 0 ? 1 : (2 * right) / (given.length + wanted.length),
      jaccard: union === 0 ? 1 : right / union,
      exact: right === union ? 1 : 0,
    };
    return scored(values[value], given.join(', '), {
      ...values,
      given: JSON.stringify(given),
      wanted: JSON.stringify(wanted),
    });
  },
  aggregate: ({ labels }) => report(labels?.map(normaliseLabel) ?? []),
};

/** A target is a list of labels, or a text with them. An empty list means that no label is right. */
function targetLabels(target: unknown): readonly string[] {
  if (typeof target === 'string') return labelsIn(target);
  if (!Array.isArray(target) || target.some((label) => typeof label !== 'string'))
    throw new SampleError(`expected a list of labels as target, found ${JSON.stringify(target) ?? 'nothing'}`);
  return [...new Set(target.map((label) => normaliseLabel(String(label))))];
}

function report(labels: readonly string[]): Aggregate {
  const report = new LabelReport(labels);
  const sums = { n: 0, f1: 0, jaccard: 0, exact: 0 };
  return {
    add({ score, input }) {
      if (score.state !== 'scored') return;
      // A model that failed has given no label, and has missed the right ones.
      const missed = () => ({
        f1: 0,
        jaccard: 0,
        exact: 0,
        given: '[]',
        wanted: JSON.stringify(targetLabels(input.target)),
      });
      const { f1, jaccard, exact, given, wanted } = score.details ?? missed();
      sums.n++;
      sums.f1 += Number(f1);
      sums.jaccard += Number(jaccard);
      sums.exact += Number(exact);
      const right = JSON.parse(String(wanted)) as readonly string[];
      for (const label of right) report.add(label, 'wanted');
      for (const label of JSON.parse(String(given)) as readonly string[]) {
        report.add(label, 'given');
        if (right.includes(label)) report.add(label, 'right');
      }
    },
    metrics() {
      const { n } = sums;
      if (n === 0) return { microF1: missing('no output was scored') };
      return {
        exactMatch: known(sums.exact / n),
        jaccard: known(sums.jaccard / n),
        samplesF1: known(sums.f1 / n),
        ...report.metrics(),
      };
    },
  };
}
