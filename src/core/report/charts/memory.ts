/** Where the memory went: what was there before, what the weights took, and what was added while answering. */
import type { ModelAnalysis, Spread } from '../../analyse/analysis.js';
import { isMissing, type Missing } from '../../measure/quantity.js';
import { formatBytes, list } from '../format.js';
import { type Chart, type ChartInput, legendOf, type NoChart, specOf } from './chart.js';

const NAME = 'memory';
const PARTS = ['runtime before loading', 'added by loading', 'added while answering'] as const;
const SHADES = ['#9a9a9a', '#44aa99', '#a6d8d0'] as const;

export function memoryChart({ analysis }: ChartInput): Chart | NoChart {
  const largest = Math.max(
    0,
    ...analysis.models.map(({ memory }) => ('max' in memory.peak.resident ? memory.peak.resident.max : 0)),
  );
  // Bytes would be labelled at round powers of ten, which are odd numbers of MiB.
  const unit = largest >= 2 ** 30 ? { name: 'GiB', bytes: 2 ** 30 } : { name: 'MiB', bytes: 2 ** 20 };
  const rows = analysis.models.flatMap(partsOf).map((row) => ({ ...row, memory: row.bytes / unit.bytes }));
  if (rows.length === 0) {
    const reason = analysis.models.map(({ memory }) => memory.peak.resident).find(isMissing)?.missing;
    return { name: NAME, title: 'Memory by model', missing: reason ?? 'no model was opened' };
  }
  const peaks = analysis.models.flatMap(({ id, memory }) =>
    isMissing(memory.peak.resident) ? [] : [{ id, peak: memory.peak.resident.max }],
  );
  const [least, most] = [
    peaks.reduce((a, b) => (b.peak < a.peak ? b : a)),
    peaks.reduce((a, b) => (b.peak > a.peak ? b : a)),
  ];
  const title =
    peaks.length === 1
      ? `${most.id} held ${formatBytes(most.peak)} at its fullest`
      : `At its fullest ${least.id} held ${formatBytes(least.peak)}, ${most.id} ${formatBytes(most.peak)}`;
  const spec = specOf(title, {
    height: { step: 26 },
    data: { values: rows },
    mark: { type: 'bar' },
    encoding: {
      y: { field: 'model', type: 'nominal', title: null, sort: null },
      x: {
        field: 'memory',
        type: 'quantitative',
        title: `resident memory of the process, ${unit.name}`,
        axis: { tickCount: 6 },
      },
      color: {
        field: 'part',
        type: 'nominal',
        title: null,
        scale: { domain: [...PARTS], range: [...SHADES] },
        legend: legendOf(PARTS),
      },
      order: { field: 'order' },
      tooltip: [{ field: 'model' }, { field: 'part' }, { field: 'shown', title: 'memory' }],
    },
  });
  const absent = analysis.models.filter(({ memory }) => isMissing(memory.peak.resident)).map(({ id }) => id);
  const alt = `${peaks.map(({ id, peak }) => `${id}: ${formatBytes(peak)}`).join('; ')}.${absent.length > 0 ? ` Not known for ${list(absent)}.` : ''}`;
  return { name: NAME, title, alt, spec };
}

function partsOf({ id, memory }: ModelAnalysis) {
  const read = (spread: Spread | Missing) => (isMissing(spread) ? null : spread.max);
  const [baseline, loaded, peak] = [memory.baseline, memory.loaded, memory.peak].map(({ resident }) => read(resident));
  if (baseline === null || baseline === undefined || peak === null || peak === undefined) return [];
  // Loading may need more than what stays; then there is nothing left to add while answering.
  const afterLoading = Math.min(peak, Math.max(baseline, loaded ?? peak));
  return [baseline, afterLoading - baseline, peak - afterLoading].map((bytes, order) => ({
    model: id,
    part: PARTS[order]!,
    order,
    bytes,
    shown: formatBytes(bytes),
  }));
}
