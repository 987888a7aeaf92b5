import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Measured, type Rows, readMeasured } from '../../scripts/capacity/rows.js';

const COMMON = {
  source: 'aiconfigurator-silicon',
  grade: 'B',
  kind: 'serving',
  device: 'b200_sxm',
  engine: 'trtllm',
  model: 'deepseek-ai/DeepSeek-R1',
  quant: 'fp8',
  mode: 'agg',
  isl: '1000',
  osl: '500',
  concurrency: '4',
  ttft_ms: '200',
  tpot_ms: '10',
};

/** Rows of invented times in the columns of the published ones. */
async function read(...rows: readonly Readonly<Record<string, string>>[]): Promise<Rows> {
  const filled = rows.map((row, i) => ({ row: String(i), group: 'g', note: '', n_devices: '8', ...COMMON, ...row }));
  const columns = Object.keys(filled[0]!);
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-rows-'));
  try {
    const lines = filled.map((row) => columns.map((column) => (row as Record<string, string>)[column]).join(','));
    writeFileSync(join(folder, 'calibrate.csv'), `${columns.join(',')}\n${lines.join('\n')}\n`);
    return await readMeasured(folder, 'calibrate.csv');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const termsOf = ({ measured }: Rows) => measured.map(({ quantity, terms }: Measured) => ({ quantity, terms }));

test.each([
  ['8', 'tp=8 dp=1 ep=8', '64', 'tp=64 dp=1 ep=8'],
  ['8', 'tp=1 dp=8 ep=8', '64', 'tp=1 dp=64 ep=8'],
  ['4', 'tp=4 dp=1 ep=4', '16', 'tp=4 dp=4 ep=16'],
])('devices that were multiplied by themselves count once: %s devices, %s', async (devices, note, squared, listed) => {
  const once = await read({ n_devices: devices, note });
  expect(once.measured).toHaveLength(2);
  expect(termsOf(await read({ n_devices: squared, note: listed }))).toEqual(termsOf(once));
});

test('a measurement that is listed twice counts once, also when it is rounded or has another name', async () => {
  const { measured, leftOut } = await read(
    { ttft_ms: '200.1234', tpot_ms: '10.0049', note: 'tp=8 dp=1 ep=8' },
    { ttft_ms: '200.12', tpot_ms: '10', n_devices: '64', note: 'tp=64 dp=1 ep=8' },
    { ttft_ms: '200.1234', tpot_ms: '10.0049', model: 'deepseek-ai/DeepSeek-V3' },
    { ttft_ms: '200.1234', tpot_ms: '10.0049', concurrency: '8' },
  );
  expect(measured).toHaveLength(4);
  expect([...leftOut]).toEqual([['a copy of another row', 2]]);
});

test('a model on more devices than its heads can be divided among is no single server', async () => {
  const { measured, leftOut } = await read({ n_devices: '28', note: 'tp=28 dp=1 ep=1', device: 'gb200' });
  expect(measured).toEqual([]);
  expect([...leftOut.keys()]).toEqual(['devices that the heads of the model cannot be divided among']);
});

test('a row of LocalScore is a mean over nine tests, with their mean context', async () => {
  const row = { source: 'llama-bench-tables', kind: 'batch1', device: 'Apple M3 Max 12P+4E+40GPU', n_devices: '1' };
  const model = { model: 'meta-llama/Llama-3.1-8B', quant: 'q4_k_m', prefill_tps: '666', decode_tps: '46' };
  const alone = { isl: '', osl: '', concurrency: '1', ttft_ms: '', tpot_ms: '' };
  const of = async (engine: string) => (await read({ ...row, ...model, ...alone, engine })).measured;
  const [decode] = await of('llama.cpp llamafile');
  const [apart] = await of('llama.cpp Metal');
  expect(decode).toMatchObject({ quantity: 'decode', seconds: 1 / 46 });
  // llama-bench writes 128 tokens after an empty context.
  expect(decode!.terms.cache! / apart!.terms.cache!).toBeCloseTo(1837 / 64, 6);
});

test('a row of gpt-oss has the weights of the file that its engine reads', async () => {
  const row = { kind: 'batch1', device: 'RTX 4090', n_devices: '1', model: 'gpt-oss-20b', quant: 'MXFP4' };
  const alone = { source: 'x', isl: '', osl: '', concurrency: '1', ttft_ms: '', tpot_ms: '', prefill_tps: '' };
  const weightsOf = async (engine: string) =>
    (await read({ ...row, ...alone, engine, decode_tps: '20' })).measured[0]!.terms.weights!;
  expect((await weightsOf('llama.cpp CUDA')) / (await weightsOf('ollama'))).toBeCloseTo(8.5 / 16, 6);
});
