import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import type { Device } from '../../../src/core/capacity/device.js';
import { isMissing } from '../../../src/core/quantity.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { criteriaTable } from '../../../src/core/report/document/criteria.js';
import { formatCell } from '../../../src/core/report/format.js';
import { makeLog } from '../../support/log.js';

const machine: Device = {
  name: 'workstation',
  memory: 64e9,
  usable: 0.8,
  bandwidth: 80e9,
  watts: 120,
  thisMachine: true,
  price: { dollars: 2628, per: 'device', date: '2026-01-01', source: 'invoice' },
};
const electricity = { dollars: 0.3, date: '2026-01-01', source: 'our bill' };
const log = (gpu?: string) =>
  makeLog({
    tasks: [{ name: 'route', samples: 20 }],
    models: [{ id: 'own', class: 'slm', quality: 0.9, ttft: 0.5, itl: 0.1, tokens: 6 }],
    ...(gpu !== undefined && { environment: { gpu: { value: gpu } } }),
  });

function costsOf(devices: readonly Device[], gpu?: string) {
  const analysis = analyse(log(gpu));
  const recommendation = recommend(analysis, { devices, electricity });
  const { machineCosts } = recommendation.suites[0]!;
  const { rows } = criteriaTable(analysis, analysis.suites[0]!, recommendation.suites[0]!);
  const criteria = rows.map((row) => row.map((cell) => formatCell(cell)));
  return { analysis, machineCosts, criteria };
}

describe('what a request costs on the machine of the run', () => {
  it('is the price of the machine and its energy over the time it takes', () => {
    const { analysis, machineCosts, criteria } = costsOf([machine]);
    if (isMissing(machineCosts)) throw new Error(machineCosts.missing);
    const { e2e } = analysis.suites[0]!.overall[0]!.metrics;
    if (isMissing(e2e) || isMissing(e2e.at.mean)) throw new Error('it was timed');
    const hours = (1000 * e2e.at.mean.value) / 3600;
    // 2,628 dollars over three years are ten cents an hour; 120 W at 30 cents a kilowatt-hour are 3.6 cents.
    expect(machineCosts[0]!.thousandRequests).toBeCloseTo(hours * (0.1 + 0.036), 9);
    expect(machineCosts[0]!.energy).toEqual({
      watts: 120,
      kilowattHours: expect.closeTo(hours * 0.12, 9),
      dollars: expect.closeTo(hours * 0.036, 9),
    });
    expect(machineCosts[0]!.millionTokens).toEqual({
      value: expect.closeTo((machineCosts[0]!.thousandRequests * 1e6) / 6000, 6),
    });
    const energy = criteria.find(([name]) => name === 'Energy')![1];
    expect(energy).toMatch(/kWh for a thousand requests at the rated 120 W, \$0\.\d+ \(our bill, 2026-01-01\)/);
  });

  it('has the energy in it where an hour has a price', () => {
    const rented: Device = { ...machine, price: { ...machine.price!, dollars: 1, per: 'hour' } };
    const { machineCosts } = costsOf([rented]);
    if (isMissing(machineCosts)) throw new Error(machineCosts.missing);
    expect(machineCosts[0]!.energy).toMatchObject({ dollars: 0 });
  });

  it('is known by the graphics card that the run found, and by no card whose name is only alike', () => {
    const card: Device = { ...machine, name: 'L4, 24 GB', thisMachine: false };
    expect(costsOf([card], 'NVIDIA L4').machineCosts).toMatchObject([{ device: 'L4, 24 GB' }]);
    expect(costsOf([card], 'NVIDIA L40S').machineCosts).toHaveProperty('missing');
  });

  it('is not known where nobody says what the machine is', () => {
    expect(costsOf([]).machineCosts).toEqual({
      missing: 'the machine of the run is not in the catalogue of devices: add it with --prices',
    });
  });
});
