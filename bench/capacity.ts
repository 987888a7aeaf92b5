/**
 * How true the predictions of `rightsize capacity` are, on published rows that the constants have not seen. Groups (a source, a device, a
 * model) are left out for devices and engines that are known, and whole devices for unseen ones; on rows of grades A and B. The rows are in
 * a folder that RIGHTSIZE_CAPACITY names, as `calibrate.csv` and `judge_only.csv`; the second is judged with the constants that ship.
 *
 * The part fails if a median error is worse than that of capacity.json, beside this file, by more than a tenth.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Judged, leaveOut, residualOf, spreadsOf } from '../scripts/capacity/judge.js';
import { readMeasured } from '../scripts/capacity/rows.js';
import { CALIBRATION } from '../src/core/capacity/catalogue/constants.js';
import { basisOf, QUANTITIES, type Quantity, type SpreadClass } from '../src/core/capacity/step/calibration.js';
import { secondsOf } from '../src/core/capacity/step/fit.js';
import type { Spread } from '../src/core/capacity/step/spread.js';
import { type Figure, type Part, spreadOf as rangeOf, type Skipped } from './part.js';

const FOLDER = resolve(process.env.RIGHTSIZE_CAPACITY ?? join(import.meta.dirname, '../../shared/reference/capacity'));
const STORED = join(import.meta.dirname, 'capacity.json');
/** A median may become worse by this factor before the part fails. */
const TOLERANCE = 1.1;

/** The greatest median errors: on a known device with a known engine, and on an unseen device. */
const GOALS: Readonly<Record<Quantity, { readonly known: number; readonly unseen: number }>> = {
  decode: { known: 0.1, unseen: 0.2 },
  batch: { known: 0.1, unseen: 0.2 },
  'served token': { known: 0.15, unseen: 0.2 },
  prefill: { known: 0.2, unseen: 0.2 },
  'served first': { known: 0.22, unseen: 0.22 },
};

export const capacityPart: Part = {
  about: 'predicted times against published ones that the fit has not seen',
  async *measure() {
    if (!existsSync(join(FOLDER, 'calibrate.csv'))) {
      yield { what: 'all predictions', skipped: `there is no ${join(FOLDER, 'calibrate.csv')}` };
      return;
    }
    const stored = JSON.parse(readFileSync(STORED, 'utf8')) as Readonly<Record<string, number>>;
    const worse: string[] = [];
    const { measured } = await readMeasured(FOLDER, 'calibrate.csv');
    const known = leaveOut(measured, ({ group }) => group).filter(({ basis }) => basis === 'pair');
    const unseen = leaveOut(measured, ({ traits }) => traits.device).filter(({ basis }) => basis === 'kind');
    for (const [name, judged] of [
      ['known', graded(known)],
      ['unseen', graded(unseen)],
    ] as const) {
      for (const quantity of QUANTITIES) {
        const rows = judged.filter(({ row }) => row.quantity === quantity);
        if (rows.length === 0) continue;
        const what = `${quantity}, ${name}`;
        const figure = errorFigure(what, rows, GOALS[quantity][name]);
        yield figure;
        const before = stored[what];
        if (before !== undefined && figure.ours.median > before * TOLERANCE)
          worse.push(`${what}: ${figure.ours.median.toFixed(3)} after ${before}`);
      }
      yield coverageFigure(`${name}, all`, judged);
    }
    for (const quantity of QUANTITIES) {
      const rows = graded(known).filter(({ row }) => row.quantity === quantity);
      if (rows.length > 0) yield coverageFigure(`${quantity}, known`, rows, graded(known));
    }
    yield* judgedOnly();
    if (worse.length > 0) throw new Error(`median errors became worse by more than a tenth: ${worse.join('; ')}`);
  },
};

/** Rows of sources that may not calibrate, with the constants that ship. */
async function* judgedOnly(): AsyncGenerator<Figure | Skipped> {
  const { measured } = await readMeasured(FOLDER, 'judge_only.csv');
  const judged = measured.map((row): Judged => {
    const predicted = secondsOf(row.terms, row.traits, CALIBRATION.constants);
    return { row, predicted, fold: 0, ...basisOf(row.traits, row.quantity, CALIBRATION.rows) };
  });
  const classes = new Map<string, Judged[]>();
  for (const one of judged) {
    const name = `${one.row.source} (${one.row.grade}), ${one.row.quantity}, ${one.basis}`;
    classes.set(name, [...(classes.get(name) ?? []), one]);
  }
  for (const [name, rows] of classes) {
    yield errorFigure(`judged only: ${name}`, rows, null);
    yield { ...shareFigure(`judged only: ${name}`, rows, (one) => isInside(one, CALIBRATION.spreads)), goal: null };
  }
}

function graded(judged: readonly Judged[]): readonly Judged[] {
  return judged.filter(({ row }) => row.grade !== 'C');
}

function errorFigure(what: string, rows: readonly Judged[], goal: number | null): Figure {
  const errors = rows.map(({ row, predicted }) => Math.abs(predicted / row.seconds - 1));
  return {
    what: `${what}: error (${rows.length} rows, ${groupsOf(rows)} groups)`,
    unit: '',
    ours: rangeOf(errors),
    goal: goal === null ? null : { atMost: goal },
  };
}

/** The share of groups inside intervals that were made from the other folds; rows of a group share its weight. */
function coverageFigure(what: string, rows: readonly Judged[], pool: readonly Judged[] = rows): Figure {
  const folds = [...new Set(pool.map(({ fold }) => fold))];
  const spreads = new Map(folds.map((fold) => [fold, spreadsOf(pool.filter((one) => one.fold !== fold))]));
  return shareFigure(what, rows, (one) => isInside(one, spreads.get(one.fold)!));
}

function shareFigure(what: string, rows: readonly Judged[], inside: (one: Judged) => boolean): Figure {
  const sizes = new Map<string, number>();
  for (const { row } of rows) sizes.set(row.group, (sizes.get(row.group) ?? 0) + 1);
  const share = rows.reduce((sum, one) => sum + (inside(one) ? 1 / sizes.get(one.row.group)! : 0), 0) / sizes.size;
  return {
    what: `${what}: inside the 90% interval (${sizes.size} groups)`,
    unit: '',
    ours: rangeOf([share]),
    goal: { atLeast: 0.85 },
  };
}

function isInside(one: Judged, spreads: Readonly<Record<SpreadClass, Spread>>): boolean {
  const { low, high } = spreads[`${one.row.quantity} | ${one.basis}`];
  const { log } = residualOf(one);
  return log >= low && log <= high;
}

function groupsOf(rows: readonly Judged[]): number {
  return new Set(rows.map(({ row }) => row.group)).size;
}
