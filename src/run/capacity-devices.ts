/** The devices that a question of capacity is about: those of the catalogue by name, and several of one that share a model. */
import { type Device, nameOf } from '../core/capacity/device.js';
import { ENGINE_NAMES, type EngineName, runsOn, usualEngine } from '../core/capacity/engines.js';
import { sharesModels, together, whyNotTogether } from '../core/capacity/together.js';
import { UserError } from '../core/errors.js';
import { nearNames, plainName } from '../core/near-names.js';
import { type Refused, refusedIf } from './capacity-refused.js';

interface Wanted {
  /** Names of devices; those that reports list if there are none. */
  readonly devices: readonly string[];
  readonly engine?: EngineName | undefined;
}

/** A device with the engine that it is asked about. */
export interface ChosenDevice {
  readonly device: Device;
  readonly engine: EngineName;
}

/**
 * @returns For a device on which the engine does not run, and for several that no published row has together, the reason.
 * @throws UserError for a device that is unknown.
 */
export function chosenDevices(
  devices: readonly Device[],
  { devices: names, engine }: Wanted,
): readonly (ChosenDevice | Refused)[] {
  const chosen = (device: Device): ChosenDevice => ({ device, engine: engine ?? usualEngine(device) });
  if (names.length === 0) {
    return devices
      .filter(
        (device) =>
          (device.listed === true || device.thisMachine === true) && (engine === undefined || runsOn(engine, device)),
      )
      .map(chosen);
  }
  return names.map((name) => {
    const found = devices.find((device) => nameOf(device) === name || device.name === name);
    const { device, count } = found === undefined ? severalNamed(name, devices) : { device: found, count: 1 };
    const place = { device: name, engine: engine ?? usualEngine(device) };
    return refusedIf(place, () =>
      chosen(count === 1 ? oneOf(device, name, engine) : severalOf(device, { count, name, engine: place.engine })),
    );
  });
}

function oneOf(device: Device, name: string, engine: EngineName | undefined): Device {
  if (engine === undefined || runsOn(engine, device)) return device;
  throw new UserError(
    `--engine ${engine}: expected an engine that runs on ${name}; choose among ${ENGINE_NAMES.filter((one) => runsOn(one, device)).join(', ')}`,
  );
}

/** `2xh100`: two that share each layer of a model. */
function severalNamed(name: string, devices: readonly Device[]): { readonly device: Device; readonly count: number } {
  const [, digits, each = name] = /^(\d+)x-?(.+)$/.exec(name) ?? [];
  const device = devices.find((one) => nameOf(one) === each);
  if (device === undefined) throw unknownDevice(name, each, devices);
  const count = Number(digits);
  if (count < 2) {
    throw new UserError(
      `--device ${name}: expected two devices or more in this notation, found ${count}; one is ${each}`,
    );
  }
  return { device, count };
}

function severalOf(
  device: Device,
  { count, name, engine }: { readonly count: number; readonly name: string; readonly engine: EngineName },
): Device {
  const unknown = whyNotTogether(device, count);
  if (unknown !== null) {
    throw new UserError(
      `--device ${name}: expected several devices that published rows have together, but ${unknown.missing}`,
    );
  }
  if (sharesModels(engine) && runsOn(engine, device)) return together(device, count);
  throw new UserError(
    `--engine ${engine}: expected an engine of which published rows have several devices share a model, for --device ${name}; choose among ${ENGINE_NAMES.filter((one) => sharesModels(one) && runsOn(one, device)).join(', ')}`,
  );
}

/** @param each The name without the number of devices. */
function unknownDevice(name: string, each: string, devices: readonly Device[]): UserError {
  const names = devices.map(nameOf);
  const same = names.filter((known) => plainName(known) === plainName(each));
  const near = same.length > 0 ? same : nearNames(each, names);
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}? ` : '';
  return new UserError(
    `--device: expected a device of the catalogue, found "${name}"; ${hint}\`rightsize list devices\` shows all, and --prices adds your own`,
  );
}
