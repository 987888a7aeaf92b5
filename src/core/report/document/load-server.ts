/** The facts about the server under load: its settings, its own view while it served, and whether its slots have room. */
import type { Analysis, ModelAnalysis } from '../../analyse/analysis.js';
import { conditionText } from '../../definition/condition.js';
import type { LoadTest, TestedModel, TestedStep } from '../../load/load-test.js';
import {
  type Block,
  type Fact,
  missingCell,
  type TableCell,
  textCell,
  valueCell,
  type WarningText,
} from '../document.js';
import { formatCount, plural } from '../format.js';
import { type Filled, tableOf, withoutEmptyColumns } from './tables.js';

/** A row for each step in which the server told something; nothing where it told nothing. */
export function serverBlocks(steps: readonly TestedStep[], name: string): Block[] {
  const told = steps.filter(({ record }) => record.server !== undefined);
  if (told.length === 0) return [];
  const columns: Filled<TestedStep>[] = [
    { title: 'Step', holds: 'names', cell: ({ result }) => textCell(conditionText(result.condition)) },
    peakColumn('Computed at once, at most', 'running', 'count'),
    peakColumn('Waited in it, at most', 'waiting', 'count'),
    peakColumn('KV cache in use, at most', 'cacheUse', 'score'),
    growthColumn('Put back', 'preemptions'),
    peakColumn('Memory, at most', 'memory', 'bytes'),
    { title: 'Cores that it kept busy', holds: 'numbers', cell: busyCell },
  ];
  const table = tableOf({ name: `${name}-server`, label: 'What the server says of itself' }, columns, told);
  return [{ kind: 'section', heading: 'The server while it served', body: [withoutEmptyColumns(table)] }];
}

const UNTOLD = missingCell('the server does not tell');

function valuesOf(
  { record: { server = [] } }: TestedStep,
  name: string,
): { readonly at: number; readonly value: number }[] {
  return server.flatMap(({ at, values }) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === undefined ? [] : [{ at, value }];
  });
}

function peakColumn(title: string, name: string, unit: 'count' | 'score' | 'bytes'): Filled<TestedStep> {
  return {
    title,
    holds: 'numbers',
    cell: (step) => {
      const values = valuesOf(step, name);
      return values.length === 0 ? UNTOLD : valueCell({ value: Math.max(...values.map(({ value }) => value)) }, unit);
    },
  };
}

/** The growth of a counter that began with the server. */
function growthColumn(title: string, name: string): Filled<TestedStep> {
  return {
    title,
    holds: 'numbers',
    cell: (step) => {
      const values = valuesOf(step, name);
      const [first, last] = [values[0], values.at(-1)];
      return first === undefined || last === undefined || values.length < 2
        ? UNTOLD
        : valueCell({ value: Math.max(0, last.value - first.value) }, 'count');
    },
  };
}

/** Its processor time over the time between the first look and the last. */
function busyCell(step: TestedStep): TableCell {
  const values = valuesOf(step, 'cpuSeconds');
  const [first, last] = [values[0], values.at(-1)];
  if (first === undefined || last === undefined || last.at <= first.at) return UNTOLD;
  return valueCell({ value: Math.max(0, (last.value - first.value) / (last.at - first.at)) }, 'count');
}

/** What each server told of its settings, and the cores of server and client. */
export function serverFacts({ models }: LoadTest, analysis: Analysis): Fact[] {
  return models.flatMap((tested): Fact[] => {
    const model = analysis.models.find(({ id }) => id === tested.model);
    const settings = Object.entries(model?.facts?.settings ?? {}).map(
      ([name, value]) => `${SETTINGS[name] ?? name}: ${typeof value === 'number' ? formatCount(value) : value}`,
    );
    const cores = coresText(tested, model);
    return [
      ...(settings.length === 0 ? [] : [[`Server of ${tested.model}`, settings.join(', ')] as const]),
      ...(cores === null ? [] : [[`Cores of ${tested.model}`, cores] as const]),
    ];
  });
}

const SETTINGS: Readonly<Record<string, string>> = {
  build: 'build',
  version: 'version',
  slots: 'slots',
  contextOfSlot: 'context of a slot',
  cacheOfSlots: 'cache of its slots',
};

/** Null where the system does not tell, and where the server is elsewhere. */
function coresText({ steps }: TestedModel, model: ModelAnalysis | undefined): string | null {
  const cores = steps.at(-1)?.record.client.cores;
  if (cores === undefined || model?.facts?.network !== 'loopback') return null;
  const { client, server } = cores;
  if (server === undefined) {
    return `the client may run on ${client}; where its server runs is not known, since its process is not`;
  }
  const shared = [...coresIn(client)].filter((core) => coresIn(server).has(core));
  if (shared.length === 0) return `the client on ${client}, the server on ${server}: apart`;
  return `the client on ${client}, the server on ${server}: they share ${plural(shared.length, 'core')}, so each slows the other`;
}

/** More than any kernel counts. */
const MOST_CORES = 2 ** 16;

/** Reads `0-3,8`. */
function coresIn(list: string): ReadonlySet<number> {
  const cores = new Set<number>();
  for (const part of list.split(',')) {
    const [first = 0, last = first] = part.split('-').map(Number);
    for (let core = first; core <= Math.min(last, MOST_CORES); core++) cores.add(core);
  }
  return cores;
}

/** A server whose slots may run out of room cuts or refuses requests, or lets them wait: that is not its speed. */
export function slotWarnings({ models }: LoadTest, analysis: Analysis): WarningText[] {
  return models.flatMap(({ model, longest }): WarningText[] => {
    const { slots, contextOfSlot, cacheOfSlots } =
      analysis.models.find(({ id }) => id === model)?.facts?.settings ?? {};
    if (typeof slots !== 'number' || typeof contextOfSlot !== 'number' || longest === null) return [];
    const needed = slots * longest;
    if (slots < 2 || cacheOfSlots === 'divided' || needed <= contextOfSlot) return [];
    const shared = cacheOfSlots === 'shared' ? 'that they share' : 'that they may share (it does not tell)';
    return [
      {
        what: `${model} has ${formatCount(slots)} slots and a cache of ${formatCount(contextOfSlot)} tokens ${shared}; its longest prompt with its answer takes ${formatCount(longest)}, and so many at once ${formatCount(needed)}.`,
        remedy: `Give it a context of ${formatCount(needed)} tokens, or fewer slots: when the cache is full, requests fail or wait.`,
      },
    ];
  });
}
