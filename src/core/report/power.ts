/** The answer of `rightsize power` as sentences and tables. */
import { taskKey } from '../keys.js';
import { isMissing } from '../quantity.js';
import type { LimitSizes, PowerAnswer, PowerCase, PowerResult } from '../recommend/power.js';
import { points } from '../shares.js';
import { formatCount, plural } from './format.js';

export interface PowerTable {
  /** What the table assumes and shows. */
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function powerTables({ power, cases, limits }: PowerAnswer): readonly PowerTable[] {
  return [...cases.map((one) => caseTable(one, power)), limitTable(limits)];
}

function caseTable({ pilot, result }: PowerCase, power: number): PowerTable {
  const about =
    pilot === null ? '' : `${taskKey(pilot.suite, pilot.task)}, ${pilot.candidate} against ${pilot.reference}: `;
  if ('missing' in result) return { title: `${about}not known, because ${result.missing}.`, head: [], rows: [] };
  const rows = result.samples.map(({ samples, power: found }) => [formatCount(samples), percent(found)]);
  const head = rows.length === 0 ? [] : ['samples', 'power'];
  return { title: `${about}${assumptionsOf(result)} ${neededOf(result, power)}`, head, rows };
}

function assumptionsOf({ plan, comparisons }: PowerResult): string {
  const { discordance, difference, margin, alpha, clusterSize, intraclassCorrelation } = plan;
  const truth =
    difference === 0 ? 'equally good' : `${points(Math.abs(difference))} ${difference < 0 ? 'worse' : 'better'}`;
  const groups =
    clusterSize === 1
      ? ''
      : `, in groups of ${clusterSize} whose outcomes correlate by ${intraclassCorrelation.toFixed(2)}`;
  const shared = comparisons === 1 ? '' : `, shared by ${comparisons} comparisons`;
  return (
    `If the SLM is ${truth} and the two agree on ${percent(1 - discordance)} of the samples${groups}, ` +
    `at a margin of ${points(margin)} and an error rate of ${percent(alpha)}${shared}:`
  );
}

function neededOf({ plan, needed }: PowerResult, power: number): string {
  if (isMissing(needed)) return `showing that the SLM fits takes ${needed.missing}.`;
  const groups = plan.clusterSize === 1 ? '' : `, that is ${plural(needed.samples / plan.clusterSize, 'group')}`;
  return `about ${plural(needed.samples, 'sample')}${groups} show in ${percent(power)} of suites that the SLM fits.`;
}

function limitTable({ alpha, percentiles }: LimitSizes): PowerTable {
  return {
    title: `Samples that show a limit on a percentile at an error rate of ${percent(alpha)}, by how many of them may lie beyond it:`,
    head: ['', ...percentiles[0]!.sizes.map(({ over }) => (over === 0 ? 'none' : String(over)))],
    rows: percentiles.map(({ percentile, sizes: row }) => [
      `p${percentile * 100}`,
      ...row.map(({ samples }) => formatCount(samples)),
    ]),
  };
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))}%`;
}
