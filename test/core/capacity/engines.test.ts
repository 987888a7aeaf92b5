import { describe, expect, it } from 'vitest';
import { CALIBRATION } from '../../../src/core/capacity/catalogue/constants.js';
import { DEVICES } from '../../../src/core/capacity/catalogue/devices.js';
import { nameOf } from '../../../src/core/capacity/device.js';
import { ENGINE_NAMES, ENGINES, runsOn, usualEngine } from '../../../src/core/capacity/engines.js';

const device = (id: string) => DEVICES.find((one) => one.id === id)!;

describe('the engines of a device', () => {
  it.each(DEVICES)('have the usual one of $id', (one) => {
    expect(runsOn(usualEngine(one), one)).toBe(true);
  });

  it.each([
    ['h100', 'vllm'],
    ['a100', 'vllm'],
    ['mi300x', 'vllm'],
    ['gaudi-2', 'vllm'],
    ['t4', 'llama.cpp-cuda'],
    ['a10g', 'llama.cpp-cuda'],
    ['l4', 'llama.cpp-cuda'],
    ['l40s', 'llama.cpp-cuda'],
  ])('have the usual one that docs/capacity.md names: %s %s', (id, engine) => {
    expect(usualEngine(device(id))).toBe(engine);
  });

  it('have every one that was measured there', () => {
    // Programs of CUDA that a layer translates for other cards.
    const translated = ['rx-7600 llama.cpp cuda', 'arc-b580 llama.cpp cuda'];
    const pairs = DEVICES.flatMap((one) =>
      ENGINE_NAMES.filter((engine) => !runsOn(engine, one)).map(
        (engine) => `${nameOf(one)} ${ENGINES[engine].calibrated}`,
      ),
    );
    const refused = pairs.filter((pair) =>
      ['prompt', 'token'].some((phase) => CALIBRATION.rows.pair[`${pair} ${phase}`] !== undefined),
    );
    expect(refused).toEqual(translated);
  });

  it.each([
    ['m4-pro', 'trtllm', false],
    ['rtx-4090', 'llama.cpp-metal', false],
    ['rtx-4090', 'llama.cpp-cpu', false],
    ['mi300x', 'llama.cpp-cuda', false],
    ['mi300x', 'vllm', true],
    ['jetson-agx-orin', 'llama.cpp-cpu', true],
    ['iphone-a18-pro', 'llama.cpp-metal', true],
    ['iphone-a18-pro', 'qnn', false],
    ['pi-5', 'vllm', true],
    ['pi-5', 'llama.cpp-rocm', false],
    ['graviton-4', 'openvino', true],
    ['gaudi-2', 'trtllm', false],
  ] as const)('on %s: %s %s', (id, engine, runs) => {
    expect(runsOn(engine, device(id))).toBe(runs);
  });

  it('are not refused where nobody knows the maker or the kind', () => {
    expect(runsOn('llama.cpp-rocm', { id: 'mine', kind: 'consumer-gpu' })).toBe(true);
    expect(runsOn('llama.cpp-metal', { id: 'mine', kind: 'consumer-gpu' })).toBe(false);
    expect(runsOn('trtllm', {})).toBe(true);
  });
});
