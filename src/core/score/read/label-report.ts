/**
 * Precision, recall and F1 of each label and over all of them, as scikit-learn and seqeval report them:
 *
 *     micro      of all labels together      macro      the mean over labels      weighted   the same, by how often each was right
 */
import { known, missing, type Quantity } from '../../quantity.js';
import { sum } from '../../stats/basics/moments.js';

interface LabelCounts {
  right: number;
  given: number;
  wanted: number;
}

/** Labels that are told apart where no set bounds them: a model may invent any number. */
const MOST_LABELS = 1000;
const OTHERS = 'other labels';

export class LabelReport {
  private readonly counts: Map<string, LabelCounts>;

  constructor(labels: readonly string[] = []) {
    this.counts = new Map(labels.map((label) => [label, { right: 0, given: 0, wanted: 0 }]));
  }

  add(label: string, kind: keyof LabelCounts): void {
    const name = this.counts.has(label) || this.counts.size < MOST_LABELS ? label : OTHERS;
    const counts = this.counts.get(name) ?? { right: 0, given: 0, wanted: 0 };
    counts[kind]++;
    this.counts.set(name, counts);
  }

  metrics(): Readonly<Record<string, Quantity>> {
    const rows = Array.from(this.counts, ([label, counts]) => ({ label, ...counts, f1: f1Of(counts) }));
    const total = { right: 0, given: 0, wanted: 0 };
    for (const { right, given, wanted } of rows) {
      total.right += right;
      total.given += given;
      total.wanted += wanted;
    }
    const metrics: Record<string, Quantity> = {
      microPrecision: share(total.right, total.given, 'no label was given'),
      microRecall: share(total.right, total.wanted, 'no label was right'),
      microF1: total.given + total.wanted === 0 ? missing('no label was given or right') : known(f1Of(total)),
      macroF1: share(sum(rows.map(({ f1 }) => f1)), rows.length, 'no label was given or right'),
      weightedF1: share(sum(rows.map(({ f1, wanted }) => f1 * wanted)), total.wanted, 'no label was right'),
    };
    for (const { label, right, given, wanted, f1 } of rows) {
      metrics[`precision ${label}`] = share(right, given, 'the label was never given');
      metrics[`recall ${label}`] = share(right, wanted, 'the label was never right');
      metrics[`f1 ${label}`] = known(f1);
    }
    return metrics;
  }
}

function f1Of({ right, given, wanted }: LabelCounts): number {
  return right === 0 ? 0 : (2 * right) / (given + wanted);
}

function share(part: number, whole: number, reason: string): Quantity {
  return whole === 0 ? missing(reason) : known(part / whole);
}
