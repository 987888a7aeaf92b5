/**
 * Several equal devices that share each layer of one model (tensor parallel), as one device with the memory, price and power of them all. After each
 * attention and each feed-forward part they exchange results, which takes time that depends on what lies between them. So only devices of which
 * published rows have several together are predicted, with the engines of such rows.
 */
import { type Missing, missing } from '../quantity.js';
import { SEVERAL_DEVICES } from './catalogue/several-devices.js';
import { type Device, nameOf } from './device.js';
import { ENGINES, type EngineName } from './engines.js';
import type { Layer, ModelShape } from './shape.js';
import { type Calibration, SPREAD_CLASSES, type SpreadClass } from './step/calibration.js';
import { familyOf } from './step/fit.js';
import type { Spread } from './step/spread.js';

export function together(device: Device, count: number): Device {
  const { price, watts } = device;
  return {
    ...device,
    id: `${count}x${nameOf(device)}`,
    name: `${count} x ${device.name}`,
    memory: count * device.memory,
    price: price && { ...price, dollars: count * price.dollars },
    ...(watts !== undefined && { watts: count * watts }),
    group: { device, count },
  };
}

/** Why several of a device are not predicted: no published row has them together, or not so many. Null where they are. */
export function whyNotTogether(device: Device, count: number): Missing | null {
  const { rows, most } = SEVERAL_DEVICES;
  const known = Object.keys(rows.device).flatMap((key) => (key.endsWith(' token') ? [key.replace(/ token$/, '')] : []));
  if (!known.includes(nameOf(device)))
    return missing(`no published row has several of them share a model; there are rows of ${known.join(', ')}`);
  return count <= most ? null : missing(`published rows have up to ${most} devices share a model`);
}

/** Whether published rows have several devices share a model with the engine. */
export function sharesModels(engine: EngineName): boolean {
  return SEVERAL_DEVICES.engines.includes(familyOf(ENGINES[engine].calibrated));
}

/** Engines give each device as many whole heads of attention. */
export function dividesHeads({ layers }: Pick<ModelShape, 'layers'>, count: number): boolean {
  return layers.every((layer) => !('heads' in layer) || layer.heads % count === 0);
}

/**
 * The smallest number of devices that hold a model together.
 *
 * @param holds Whether this many do.
 * @returns Null where published rows support no number that does.
 */
export function smallestThatHolds(
  { device, engine, shape }: { readonly device: Device; readonly engine: EngineName; readonly shape: ModelShape },
  holds: (device: Device) => boolean,
): Device | null {
  if (!sharesModels(engine)) return null;
  const { device: each, count } = device.group ?? { device, count: 1 };
  for (let more = count + 1; whyNotTogether(each, more) === null; more++) {
    const found = together(each, more);
    if (dividesHeads(shape, more) && holds(found)) return found;
  }
  return null;
}

/** The layers with the copies that the devices keep of one cache: each has a whole head of keys and values, and a latent cache has one for all heads. */
export function withCopies({ layers }: Pick<ModelShape, 'layers'>, { group }: Device): Pick<ModelShape, 'layers'> {
  const count = group?.count ?? 1;
  const copied = (layer: Layer): Layer => {
    switch (layer.kind) {
      case 'attention':
        return { ...layer, kvHeads: Math.max(layer.kvHeads, count) };
      case 'latent':
        return { ...layer, rank: count * layer.rank, ropeSize: count * layer.ropeSize };
      case 'recurrent':
      case 'stateless':
        return layer;
    }
  };
  return count === 1 ? { layers } : { layers: layers.map(copied) };
}

/** For several devices the rows of several count, and an interval is as wide as theirs and that of one device together. */
export function calibrationOf({ group }: Device, calibration: Calibration): Calibration {
  if (group === undefined) return calibration;
  const spreads = Object.fromEntries(
    SPREAD_CLASSES.map((name) => [name, wider(calibration.spreads[name], SEVERAL_DEVICES.spreads[name])]),
  ) as Record<SpreadClass, Spread>;
  return { ...calibration, rows: SEVERAL_DEVICES.rows, spreads };
}

function wider(a: Spread, b: Spread): Spread {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high), groups: Math.min(a.groups, b.groups) };
}
