/**
 * Predictions of rows that the fit has not seen: whole groups (a source, a device, a model) are left out for known devices, and whole
 * devices for unseen ones. Rows of one group are near copies of each other, so rows are never left out one by one.
 */

import type { Basis } from '../../src/core/capacity/step/bases.js';
import {
  basisOf,
  countRows,
  QUANTITIES,
  type Quantity,
  type SeveralDevices,
  SPREAD_CLASSES,
  type SpreadClass,
} from '../../src/core/capacity/step/calibration.js';
import { familyOf, fitConstants, type Observation, secondsOf } from '../../src/core/capacity/step/fit.js';
import { type Residual, type Spread, spreadOf } from '../../src/core/capacity/step/spread.js';
import type { Measured } from './rows.js';

export interface Judged {
  readonly row: Measured;
  readonly predicted: number;
  readonly basis: Basis;
  readonly fold: number;
}

const FOLDS = 8;
/** Community rows say less than those of a vendor or a project with its script. */
const WEIGHT_OF_GRADE_C = 0.3;

export function observationsOf(rows: readonly Measured[]): readonly Observation[] {
  const sizes = new Map<string, number>();
  const cell = ({ group, quantity }: Measured) => `${group} ${quantity}`;
  for (const row of rows) sizes.set(cell(row), (sizes.get(cell(row)) ?? 0) + 1);
  return rows.map((row) => ({
    seconds: row.seconds,
    terms: row.terms,
    traits: row.traits,
    weight: (row.grade === 'C' ? WEIGHT_OF_GRADE_C : 1) / Math.sqrt(sizes.get(cell(row))!),
  }));
}

/** Predicts each row from the rows of other folds. @param keyOf Rows with the same key are left out together. */
export function leaveOut(rows: readonly Measured[], keyOf: (row: Measured) => string): readonly Judged[] {
  const keys = [...new Set(rows.map(keyOf))].sort();
  // Neighbours in the alphabet are alike: a step that shares no factor with the number of folds separates them.
  const folds = new Map(keys.map((key, i) => [key, (i * 7919) % FOLDS]));
  return Array.from({ length: FOLDS }, (_, fold) => {
    const here = rows.filter((row) => folds.get(keyOf(row)) === fold);
    const seen = rows.filter((row) => folds.get(keyOf(row)) !== fold);
    const constants = fitConstants(observationsOf(seen));
    const counts = countRows(seen);
    return here.map((row) => ({
      row,
      predicted: secondsOf(row.terms, row.traits, constants),
      ...basisOf(row.traits, row.quantity, counts),
      fold,
    }));
  }).flat();
}

export function residualOf({ row, predicted }: Pick<Judged, 'row' | 'predicted'>): Residual {
  return { group: row.group, log: Math.log(row.seconds / predicted) };
}

/** With fewer groups than these, less than half a group is left for a tail of 5%: then the next wider class stands in. */
const FEWEST_GROUPS = 29;

/**
 * The spread of each quantity and basis. A class with few groups takes that of several quantities of the basis.
 *
 * @param standsIn The quantities that stand in; all of them if it is absent.
 */
export function spreadsOf(
  judged: readonly Judged[],
  standsIn: readonly Quantity[] = QUANTITIES,
): Readonly<Record<SpreadClass, Spread>> {
  const of = (chosen: readonly Judged[]) => spreadOf(chosen.map(residualOf));
  const graded = judged.filter(({ row }) => row.grade !== 'C');
  return Object.fromEntries(
    SPREAD_CLASSES.map((name) => {
      const [quantity, basis] = name.split(' | ');
      const ofBasis = graded.filter((one) => one.basis === basis);
      const own = ofBasis.filter(({ row }) => row.quantity === quantity);
      const groups = new Set(own.map(({ row }) => row.group)).size;
      const others = ofBasis.filter(({ row }) => standsIn.includes(row.quantity));
      return [name, of(groups >= FEWEST_GROUPS ? own : others.length > 0 ? others : graded)];
    }),
  ) as Record<SpreadClass, Spread>;
}

/** Several devices that share each layer, in one group: where there are more groups, requests are shared, too. */
function areTogether({ parallel: { devices, groups } }: Measured): boolean {
  return groups === 1 && devices > 1;
}

/** What a server makes of its queue differs more than what its devices exchange. */
const WITHOUT_A_QUEUE: readonly Quantity[] = ['decode', 'batch', 'prefill'];

/** @param judged Predictions of rows that the fit had not seen, of one device and of several. */
export function severalDevices(rows: readonly Measured[], judged: readonly Judged[]): SeveralDevices {
  const several = rows.filter(areTogether);
  return {
    rows: countRows(several),
    engines: [...new Set(several.map(({ traits }) => familyOf(traits.engine)))].sort(),
    most: Math.max(...several.map(({ parallel }) => parallel.devices)),
    spreads: spreadsOf(
      judged.filter(({ row }) => areTogether(row)),
      WITHOUT_A_QUEUE,
    ),
  };
}
