/** The fine print of the client: what it cost, whether it sent what was asked, and the checks of every step. */
import { conditionText } from '../../definition/condition.js';
import type { TestedStep } from '../../load/load-test.js';
import type { SentGaps } from '../../load/sent-gaps.js';
import { type Checked, VALIDITY, VALIDITY_CHECKS, worse } from '../../load/validity.js';
import { isMissing } from '../../quantity.js';
import {
  type Block,
  estimateCell,
  missingCell,
  quantityCell,
  type TableCell,
  textCell,
  valueCell,
} from '../document.js';
import { formatUnit } from '../format.js';
import { type Filled, reasonsList, tableOf } from './tables.js';

export function clientBlocks(steps: readonly TestedStep[], name: string): Block[] {
  const body = [...checkTable(steps, name), ...costTable(steps, name), ...gapTable(steps, name)];
  return [{ kind: 'section', heading: 'The client, in fine print', folded: true, body }];
}

/** Whether a step was not sent as its arrivals say. */
export function isOdd({ sentGaps }: TestedStep): boolean {
  const { mean, cv, neighbours } = sentGaps ?? {};
  return [mean, cv, neighbours].some((checked) => checked?.asAsked === false);
}

/** Each check at the worst of the steps. */
function checkTable(steps: readonly TestedStep[], name: string): Block[] {
  const judged = steps.flatMap(({ result: { window } }) => (isMissing(window) ? [] : window.validity.checks));
  const rows = VALIDITY_CHECKS.flatMap((check) => {
    const readings = judged.filter((one) => one.check === check);
    return readings.length === 0 ? [] : [readings.reduce(worse)];
  });
  if (rows.length === 0) return [];
  const columns: Filled<Checked>[] = [
    { title: 'Check', holds: 'words', cell: ({ check }) => textCell(VALIDITY[check].title) },
    { title: 'Worst reading', holds: 'numbers', cell: worstCell },
    {
      title: 'Needed',
      holds: 'numbers',
      cell: ({ check, threshold }) => {
        const { better, unit } = VALIDITY[check];
        return textCell(`${better === 'lower' ? 'at most' : 'at least'} ${formatUnit(threshold, unit)}`);
      },
    },
    { title: 'Source', holds: 'sentences', cell: ({ check }) => textCell(VALIDITY[check].source) },
    { title: 'What helps', holds: 'sentences', cell: ({ check }) => textCell(VALIDITY[check].remedy) },
  ];
  const table = tableOf({ name: `${name}-checks`, label: 'The checks of the client' }, columns, rows);
  return [table, ...reasonsList(table)];
}

function worstCell({ check, reading, state, machine }: Checked): TableCell {
  if (state === 'does not apply') return textCell('does not apply');
  if (isMissing(reading)) return missingCell(reading.missing);
  const shown = formatUnit(reading.value, VALIDITY[check].unit);
  return textCell(machine === undefined ? shown : `${shown} on ${machine}`);
}

/** What sending cost the machine of the client. */
function costTable(steps: readonly TestedStep[], name: string): Block[] {
  const columns: Filled<TestedStep>[] = [
    { title: 'Step', holds: 'names', cell: ({ result }) => textCell(conditionText(result.condition)) },
    {
      title: 'Client processes',
      holds: 'numbers',
      cell: ({ record }) => quantityCell(record.client.processes, 'count'),
    },
    { title: 'Share of a core', holds: 'numbers', cell: coreCell },
    {
      title: 'Connections replaced',
      holds: 'numbers',
      cell: ({ record }) => quantityCell(record.client.replacedConnections, 'count'),
    },
  ];
  const table = tableOf({ name: `${name}-client`, label: 'What the client took' }, columns, steps);
  return [table, ...reasonsList(table)];
}

/** The processor time of all client processes over the time of the step. */
function coreCell({ record: { client, began, ended } }: TestedStep): TableCell {
  const { cpuSeconds } = client;
  if (isMissing(cpuSeconds)) return missingCell(cpuSeconds.missing);
  return ended > began
    ? valueCell({ value: cpuSeconds.value / (ended - began) }, 'score')
    : missingCell('the step took no time');
}

interface RateStep {
  readonly step: TestedStep;
  readonly gaps: SentGaps;
}

function gapTable(steps: readonly TestedStep[], name: string): Block[] {
  const rows = steps.flatMap((step): RateStep[] => (step.sentGaps === null ? [] : [{ step, gaps: step.sentGaps }]));
  if (rows.length === 0) return [];
  const columns: Filled<RateStep>[] = [
    { title: 'Step', holds: 'names', cell: ({ step }) => textCell(conditionText(step.result.condition)) },
    { title: 'Gaps', holds: 'numbers', cell: ({ gaps }) => quantityCell(gaps.n, 'count') },
    { title: 'Mean, sent', holds: 'numbers', cell: ({ gaps }) => estimateCell(rangeOf(gaps.mean), 'seconds') },
    { title: 'Mean, asked', holds: 'numbers', cell: ({ gaps }) => quantityCell(gaps.mean.asked, 'seconds') },
    { title: 'CV, sent', holds: 'numbers', cell: ({ gaps }) => estimateCell(rangeOf(gaps.cv), 'count') },
    { title: 'CV, asked', holds: 'numbers', cell: ({ gaps }) => quantityCell(gaps.cv.asked, 'count') },
    {
      title: 'Neighbours, correlation',
      holds: 'numbers',
      cell: ({ gaps: { neighbours } }) =>
        neighbours === null ? missingCell('constant gaps have none') : estimateCell(rangeOf(neighbours, -1), 'count'),
    },
    { title: 'As asked', holds: 'words', cell: asAskedCell },
  ];
  const note = {
    kind: 'note',
    text: 'CV: coefficient of variation, 1 for Poisson arrivals and 0 for constant ones. Neighbouring gaps correlate where gaps repeat. The intervals are 95% of the luck of the arrivals.',
  } as const;
  const label = 'The gaps between requests that were sent';
  const table = tableOf({ name: `${name}-gaps`, label }, columns, rows);
  return [table, note, ...reasonsList(table)];
}

/** A log has whole microseconds, so constant gaps differ in the digits after them. */
function rangeOf({ value, standardError }: SentGaps['mean'], least = 0) {
  const rounded = (number: number) => Math.round(Math.max(least, number) * 1e6) / 1e6;
  return {
    value: rounded(value),
    low: rounded(value - 1.96 * standardError),
    high: rounded(value + 1.96 * standardError),
  };
}

function asAskedCell({ step, gaps }: RateStep): TableCell {
  if (gaps.mean.asAsked === null) return textCell('not judged');
  return textCell(isOdd(step) ? 'no' : 'yes');
}
