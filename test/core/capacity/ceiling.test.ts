/** Nothing that is predicted is faster than the data sheet allows: on every device, alone and together, for several models and ways to store them. */
import { describe, expect, it } from 'vitest';
import { CALIBRATION } from '../../../src/core/capacity/catalogue/constants.js';
import { DEVICES } from '../../../src/core/capacity/catalogue/devices.js';
import { type Device, nameOf } from '../../../src/core/capacity/device.js';
import { usualEngine } from '../../../src/core/capacity/engines.js';
import { publishedModels } from '../../../src/core/capacity/model-cost.js';
import { drawsOf } from '../../../src/core/capacity/plan/draws.js';
import { predictedEngines } from '../../../src/core/capacity/plan/engine.js';
import { predict, type Question } from '../../../src/core/capacity/predict.js';
import type { ModelShape } from '../../../src/core/capacity/shape.js';
import { scaled } from '../../../src/core/capacity/simulate/step-times.js';
import { together, whyNotTogether } from '../../../src/core/capacity/together.js';
import { isMissing } from '../../../src/core/quantity.js';

const LENGTHS = { prompt: 1000, output: 200 };
const MODELS = ['qwen2.5-0.5b', 'llama-3.1-8b', 'llama-3.1-70b', 'qwen3-30b-a3b', 'deepseek-v3'].flatMap((name) =>
  ['q4_k_m', 'fp8', 'bf16'].map((storage) => publishedModels(`${name}:${storage}`, 'bf16')[0]!),
);
const PLACES: readonly Device[] = DEVICES.flatMap((device) => [
  device,
  ...[2, 8].filter((count) => whyNotTogether(device, count) === null).map((count) => together(device, count)),
]);

function question(model: Question['model'], device: Device): Question {
  return { model, device, engine: usualEngine(device), lengths: LENGTHS, context: 1200, cacheType: 'f16' };
}

/** The bytes of all weights that one token multiplies. */
function bytesOfToken({ weights: { body, output, embedding, experts } }: ModelShape): number {
  const used = experts === null ? 0 : (experts.bytes * experts.used) / experts.count;
  return body.bytes + (output ?? embedding).bytes + used;
}

const bandwidthOf = ({ group, bandwidth }: Device) =>
  group === undefined ? bandwidth : group.count * group.device.bandwidth;

describe('the ceiling of a prediction', () => {
  it.each(PLACES.map((device) => [nameOf(device), device] as const))('is what %s can read', (_, device) => {
    for (const model of MODELS) {
      const { decodeRate, tpot } = predict(question(model, device), CALIBRATION);
      if (isMissing(decodeRate) || isMissing(tpot)) continue;
      const most = bandwidthOf(device) / bytesOfToken(model.shape);
      expect(decodeRate.high, model.name).toBeLessThanOrEqual(most);
      expect(decodeRate.value).toBeLessThanOrEqual(decodeRate.high);
      expect(tpot.low).toBeLessThanOrEqual(tpot.value);
      expect(tpot.high).toBeGreaterThanOrEqual(tpot.value);
    }
  });

  it.each(PLACES.map((device) => [nameOf(device), device] as const))('is what %s can compute', (_, device) => {
    const { compute = null } = device.group?.device ?? device;
    if (compute === null) return;
    const fastest = Math.max(...Object.values(compute)) * (device.group?.count ?? 1);
    for (const model of MODELS) {
      const { ttft } = predict(question(model, device), CALIBRATION);
      if (isMissing(ttft)) continue;
      const { body, experts } = model.shape.weights;
      const used = experts === null ? 0 : (experts.parameters * experts.used) / experts.count;
      expect(ttft.low, model.name).toBeGreaterThanOrEqual((2 * LENGTHS.prompt * (body.parameters + used)) / fastest);
    }
  });

  it.each(PLACES.filter(({ kind }) => kind === 'datacentre-gpu').map((device) => [nameOf(device), device] as const))(
    'holds for every draw of the simulation of %s',
    (_, device) => {
      for (const model of MODELS) {
        const engines = predictedEngines(question(model, device), { slots: 8, calibration: CALIBRATION });
        if (isMissing(engines)) continue;
        const [{ times, doubts }] = engines;
        const least = bytesOfToken(model.shape) / bandwidthOf(device);
        for (const factors of drawsOf(doubts)) {
          const { pass, sequence, cached } = scaled(times, factors);
          expect(pass(1) + sequence + 1000 * cached, model.name).toBeGreaterThanOrEqual(least);
        }
      }
    },
  );
});
