/** The facts about each model. */
import type { Analysis, ModelAnalysis } from '../../analyse/analysis.js';
import { notOurs } from '../../analyse/ownership.js';
import { isOfSession, METRICS } from '../../measure/metrics.js';
import { missingCell, quantityCell, type Section, textCell } from '../document.js';
import { sessionCell, shownIn, spreadCell } from './shown.js';
import { type Filled, reasonsList, tableOf, withoutEmptyColumns } from './tables.js';

const COLUMNS: readonly Filled<ModelAnalysis>[] = [
  { title: 'Model', holds: 'names', cell: ({ id }) => textCell(id) },
  { title: 'Class', holds: 'words', cell: (model) => textCell(model.class ?? 'unknown') },
  {
    title: 'Parameters',
    holds: 'numbers',
    cell: ({ entry, facts }) => {
      const parameters = entry.parameters ?? facts?.parameters;
      return parameters === undefined
        ? missingCell('neither models.json nor the engine says')
        : quantityCell(parameters, 'parameters');
    },
  },
  { title: 'Stored as', holds: 'words', cell: ({ entry }) => textCell(entry.quantisation ?? 'not said') },
  { title: 'Engine', holds: 'words', cell: ({ entry, facts }) => textCell(facts?.engine ?? entry.backend) },
  {
    title: 'Network',
    holds: 'words',
    cell: (model) => textCell(networkOf(model)),
  },
  ...shownIn('models')
    .filter(isOfSession)
    .map(
      (metric): Filled<ModelAnalysis> => ({
        title: METRICS[metric].title,
        holds: 'numbers',
        read: METRICS[metric].read,
        metric,
        cell: (model) => sessionCell(metric, model),
      }),
    ),
  {
    title: 'Anonymous memory',
    holds: 'numbers',
    cell: ({ memory }) => spreadCell(memory.peak.anonymous, 'max', 'bytes'),
  },
  {
    title: 'Weights',
    holds: 'numbers',
    cell: ({ facts }) =>
      facts?.weights === undefined
        ? missingCell('the engine does not say')
        : quantityCell(facts.weights.bytes, 'bytes'),
  },
  { title: 'Licence', holds: 'words', cell: ({ entry }) => textCell(entry.licence ?? 'not said') },
];

const NETWORKS = { none: 'needs none', loopback: 'this machine only', internet: 'needs the internet' } as const;

/** A server on this machine may be a gateway, which sends prompts on to another machine. */
function networkOf({ facts, entry }: ModelAnalysis): string {
  if (facts === null) return 'not opened';
  const beyond = facts.network === 'loopback' && notOurs(facts, entry) !== null;
  return beyond ? 'not known: the server is not ours' : NETWORKS[facts.network];
}

export function modelsSection({ models }: Analysis): Section {
  const table = tableOf({ name: 'models', label: 'Table of models' }, COLUMNS, models);
  return {
    kind: 'section',
    name: 'models',
    heading: 'Models',
    folded: true,
    body: [
      withoutEmptyColumns(table),
      {
        kind: 'note',
        text: 'Memory is the largest reading of all sessions. Anonymous memory is a part of the peak that the system cannot drop.',
      },
      ...reasonsList(table),
    ],
  };
}
