/** What is known about each model. */
import type { Analysis, ModelAnalysis } from '../../analyse/analysis.js';
import { METRICS } from '../../measure/metrics.js';
import { absent, quantity, type Section, text } from '../document.js';
import { largest, typical } from './shown.js';
import { type Filled, reasonsList, tableOf, withoutEmptyColumns } from './tables.js';

const COLUMNS: readonly Filled<ModelAnalysis>[] = [
  { title: 'Model', holds: 'names', cell: ({ id }) => text(id) },
  { title: 'Class', holds: 'words', cell: (model) => text(model.class ?? 'unknown') },
  {
    title: 'Parameters',
    holds: 'numbers',
    cell: ({ entry, facts }) => {
      const parameters = entry.parameters ?? facts?.parameters;
      return parameters === undefined
        ? absent('neither models.json nor the engine says')
        : quantity(parameters, 'parameters');
    },
  },
  { title: 'Stored as', holds: 'words', cell: ({ entry }) => text(entry.quantisation ?? 'not said') },
  { title: 'Engine', holds: 'words', cell: ({ entry, facts }) => text(facts?.engine ?? entry.backend) },
  {
    title: 'Network',
    holds: 'words',
    cell: ({ facts }) => text(facts === null ? 'not opened' : NETWORKS[facts.network]),
  },
  { title: METRICS.load.title, holds: 'numbers', cell: ({ load }) => typical(load, METRICS.load.unit) },
  {
    title: METRICS.firstRequest.title,
    holds: 'numbers',
    cell: ({ firstRequest }) => typical(firstRequest, METRICS.firstRequest.unit),
  },
  {
    title: METRICS.memory.title,
    holds: 'numbers',
    cell: ({ memory }) => largest(memory.peak.resident, METRICS.memory.unit),
  },
  { title: 'Anonymous memory', holds: 'numbers', cell: ({ memory }) => largest(memory.peak.anonymous, 'bytes') },
  {
    title: METRICS.memoryAdded.title,
    holds: 'numbers',
    cell: ({ memory }) => largest(memory.added, METRICS.memoryAdded.unit),
  },
  {
    title: 'Weights',
    holds: 'numbers',
    cell: ({ facts }) =>
      facts?.weights === undefined ? absent('the engine does not say') : quantity(facts.weights.bytes, 'bytes'),
  },
  { title: 'Licence', holds: 'words', cell: ({ entry }) => text(entry.licence ?? 'not said') },
];

const NETWORKS = { none: 'needs none', loopback: 'this machine only', internet: 'needs the internet' } as const;

export function modelsSection({ models }: Analysis): Section {
  const table = tableOf({ name: 'models', label: 'Table of models' }, COLUMNS, models);
  return {
    kind: 'section',
    name: 'models',
    heading: 'Models',
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
