/** Predictions as tables: which devices run a model, and how fast one stream is. */
import type { Forecast, Prediction } from '../capacity/predict.js';
import { isMissing, type Missing } from '../quantity.js';
import { formatBytes, formatCount, formatSeconds } from './format.js';

export interface CapacityTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Sentences below the table. */
  readonly notes: readonly string[];
}

export function capacityTable(predictions: readonly Prediction[]): CapacityTable {
  const reasons = new Set(
    predictions.flatMap(({ ttft, tpot }) => [ttft, tpot].filter(isMissing)).map(({ missing }) => missing),
  );
  return {
    head: ['model, device', 'engine', 'memory', 'first token', 'tokens/s', 'whole answer', 'basis'],
    rows: predictions.map((prediction) => [
      `${prediction.model}, ${prediction.device}`,
      prediction.engine,
      inMemory(prediction),
      inWords(prediction.ttft, formatSeconds),
      inWords(prediction.decodeRate, formatCount),
      inWords(prediction.e2e, formatSeconds),
      basisOf(prediction),
    ]),
    notes: [
      'Times and rates are of one stream, with their 90% interval. Memory is weights, cache, buffers and what the engine reserves.',
      ...[...reasons].map((reason) => `–: ${reason}.`),
    ],
  };
}

function inMemory({ memory: { total, usable, fits } }: Prediction): string {
  const used = `${formatBytes(total)} of ${formatBytes(usable)}`;
  return fits ? used : `${used}: does not fit`;
}

function inWords(forecast: Forecast | Missing, unit: (value: number) => string): string {
  if (isMissing(forecast)) return '–';
  return `${unit(forecast.value)} (${unit(forecast.low)} to ${unit(forecast.high)})`;
}

function basisOf({ ttft, tpot }: Prediction): string {
  if (isMissing(tpot)) return '–';
  const ofAnswer = basisInWords(tpot);
  if (isMissing(ttft) || basisInWords(ttft) === ofAnswer) return ofAnswer;
  return `answer: ${ofAnswer}; prompt: ${basisInWords(ttft)}`;
}

function basisInWords({ basis, rows }: Forecast): string {
  switch (basis) {
    case 'pair':
      return `calibrated on ${formatCount(rows)} rows of this device and engine`;
    case 'device':
      return 'calibrated on this device with other engines';
    case 'kind':
      return 'data sheet, with constants of devices of its kind';
  }
}
