/**
 * The cost of a request on the machine of the run: the price and the energy of the machine for the time that the request took.
 * It assumes one request at a time and a machine that is never idle. The price of a rented hour includes energy. The price of a
 * bought machine is spread over three years of running day and night, and its energy follows from the makers' power rating.
 */
import type { Analysis, ModelAnalysis, SuiteAnalysis } from '../analyse/analysis.js';
import { estimateAt } from '../analyse/distribution.js';
import { notOurs } from '../analyse/ownership.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import type { Device } from './device.js';
import type { Electricity } from './devices.js';

export interface MachineCost {
  readonly model: string;
  readonly device: string;
  /** US dollars, including energy. */
  readonly thousandRequests: number;
  readonly millionTokens: { readonly value: number } | Missing;
  readonly energy: MachineEnergy | Missing;
}

export interface MachineEnergy {
  readonly watts: number;
  /** The energy of a thousand requests. */
  readonly kilowattHours: number;
  /** The part of `thousandRequests` that pays for energy; 0 if the price of an hour includes it. */
  readonly dollars: number;
}

export const HOURS_OF_LIFE = 3 * 365 * 24;

export interface MachineCostOptions {
  readonly devices: readonly Device[];
  readonly electricity: Electricity;
}

/** Returns the cost of each model that ran on the machine of the run; missing if it is unknown which device that machine is. */
export function machineCosts(
  analysis: Analysis,
  suite: SuiteAnalysis,
  { devices, electricity }: MachineCostOptions,
): readonly MachineCost[] | Missing {
  const machine = machineOf(analysis, devices);
  if (machine === undefined)
    return missing('the machine of the run is not in the catalogue of devices: add it with --prices');
  const { price } = machine;
  if (price === null) return missing(`the catalogue has no price for ${machine.name}`);
  const dollarsAnHour = price.per === 'hour' ? price.dollars : price.dollars / HOURS_OF_LIFE;
  return analysis.models.filter(ranHere).flatMap(({ id }): MachineCost[] => {
    const { metrics } = suite.overall.find(({ model }) => model === id)!;
    const [seconds, tokens] = [estimateAt(metrics.e2e, 'mean'), estimateAt(metrics.outputTokens, 'mean')];
    if (isMissing(seconds)) return [];
    const hours = (1000 * seconds.value) / 3600;
    const energy = energyOf(machine, { hours, electricity });
    const dollars = hours * dollarsAnHour + (isMissing(energy) ? 0 : energy.dollars);
    return [
      {
        model: id,
        device: machine.name,
        thousandRequests: dollars,
        millionTokens:
          isMissing(tokens) || tokens.value <= 0
            ? missing('the tokens of its answers were not counted')
            : { value: (dollars * 1e6) / (1000 * tokens.value) },
        energy,
      },
    ];
  });
}

/** The device that the user marks with `thisMachine`, else the graphics card that the run found. */
function machineOf({ run }: Analysis, devices: readonly Device[]): Device | undefined {
  const { gpu } = run.environment;
  const named = devices.find(({ thisMachine }) => thisMachine);
  if (named !== undefined || 'missing' in gpu) return named;
  return devices.find(({ name }) => new RegExp(`\\b${name.split(',')[0]}\\b`).test(gpu.value));
}

function ranHere({ facts, entry }: ModelAnalysis): boolean {
  return facts !== null && notOurs(facts, entry) === null;
}

function energyOf(
  { name, watts, price }: Device,
  { hours, electricity }: { readonly hours: number; readonly electricity: Electricity },
): MachineEnergy | Missing {
  if (watts === undefined) return missing(`the power of ${name} is unknown`);
  const kilowattHours = (hours * watts) / 1000;
  const dollars = price?.per === 'hour' ? 0 : kilowattHours * electricity.dollars;
  return { watts, kilowattHours, dollars };
}
