/** What a prediction has in common with measurements: its levels in the fit. */

import { makerOf, onlyMakerOf } from '../engines.js';
import type { ModelShape } from '../shape.js';
import type { Traits } from './fit.js';

export interface Setting {
  readonly shape: ModelShape;
  readonly device: { readonly id: string; readonly kind: string };
  /** An engine with its year: old software does not calibrate today's. */
  readonly engine: string;
}

export function traitsOf({ shape, device, engine }: Setting): Traits {
  return {
    engine,
    kind: device.kind,
    device: device.id,
    maker: makerOf(device) ?? onlyMakerOf(engine) ?? device.kind,
    storage: storageClassOf(shape, engine),
    architecture: shape.architecture,
    design: shape.weights.experts === null ? 'dense' : 'experts',
  };
}

/** Ways to store weights that reach about the same share of the bandwidth, by the bits of a weight. */
function storageClassOf({ weights }: ModelShape, engine: string): string {
  const part = weights.experts ?? weights.body;
  const bits = (part.bytes * 8) / part.parameters;
  if (bits > 12) return '16';
  if (bits > 7) return '8';
  if (bits > 5.2) return '6';
  if (bits <= 4.1) return '3';
  // Metal reads blocks of one scale (Q4_0) a quarter faster than the nested ones of Q4_K_M.
  return engine === 'llama.cpp metal' && bits < 4.62 ? '4.5' : '4';
}
