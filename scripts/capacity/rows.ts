/**
 * The published measurements that the constants are fitted on and judged by: files with the columns of `calibrate.csv`, which are not
 * part of this repository. A row becomes one or two measurements (a time per token, a time to the first token), each with the terms of
 * the model of time; a row that cannot is left out with a reason.
 */
import { join } from 'node:path';
import { DEVICES } from '../../src/core/capacity/catalogue/devices.js';
import { PUBLISHED_MODELS } from '../../src/core/capacity/catalogue/models.js';
import { shapeOfConfig } from '../../src/core/capacity/config/config.js';
import type { Quantity } from '../../src/core/capacity/step/calibration.js';
import type { Traits } from '../../src/core/capacity/step/fit.js';
import { tokensOfPass } from '../../src/core/capacity/step/kernels.js';
import {
  decodingStep,
  type Placement,
  promptStep,
  sumOfTerms,
  type Terms,
} from '../../src/core/capacity/step/terms.js';
import { traitsOf } from '../../src/core/capacity/step/traits.js';
import {
  timeOfBatch,
  timePerServedToken,
  timePerToken,
  timeToFirst,
  timeToFirstServed,
} from '../../src/core/capacity/step/workload.js';
import { isStorageName, type StorageName, storageOf } from '../../src/core/capacity/storage.js';
import { dividesHeads } from '../../src/core/capacity/together.js';
import { readRows } from '../../src/files/rows.js';
import { deviceIdOf, modelIdOf } from './names.js';

export interface Measured {
  readonly quantity: Quantity;
  readonly grade: string;
  readonly source: string;
  /** Rows of one source, device and model. */
  readonly group: string;
  readonly seconds: number;
  readonly terms: Terms;
  readonly traits: Traits;
  /** The devices that share each layer, and the groups of them. */
  readonly parallel: Pick<Placement, 'devices' | 'groups'>;
}

export interface Rows {
  readonly measured: readonly Measured[];
  /** Rows without a measurement, by reason. */
  readonly leftOut: ReadonlyMap<string, number>;
}

type Row = Readonly<Record<string, string>>;

export async function readMeasured(folder: string, file: string): Promise<Rows> {
  const measured: Measured[] = [];
  const leftOut = new Map<string, number>();
  const seen = new Set<string>();
  for await (const { row } of readRows(join(folder, file))) {
    const measurement = measurementOf(row as Row);
    const found = seen.has(measurement) ? 'a copy of another row' : measuredOf(row as Row);
    seen.add(measurement);
    if (typeof found === 'string') leftOut.set(found, (leftOut.get(found) ?? 0) + 1);
    else measured.push(...found);
  }
  return { measured, leftOut };
}

/**
 * What a row says was measured. AIConfigurator lists a measurement again under another number of devices, and as one of DeepSeek-V3 beside
 * DeepSeek-R1; some copies are rounded. In groups of their own they would let the fit see what it is judged by.
 */
function measurementOf(row: Row): string {
  if (row.source !== 'aiconfigurator-silicon' || row.mode === 'disagg') return row.row!;
  const { device, engine, isl, osl, concurrency } = row;
  return [device, engine, isl, osl, concurrency, rounded(row.ttft_ms!), rounded(row.tpot_ms!)].join(' ');
}

function rounded(milliseconds: string): string {
  return Number(milliseconds).toFixed(2);
}

/** The times of a row, or why it has none. */
function measuredOf(row: Row): readonly Measured[] | string {
  if (row.mode === 'disagg' || row.source === 'dstack-pd') return 'prompts and answers on devices of their own';
  if (row.kind === 'offline') return 'no latency';
  // The A100 of Argonne has 40 GB: batches that 80 GB hold take as long there as two that 40 GB hold.
  const deviceId =
    row.source!.startsWith('argonne') && row.device!.includes('A100') ? 'a100-40gb' : deviceIdOf(row.device!);
  const device = DEVICES.find(({ id }) => id === deviceId);
  if (device === undefined) return 'unknown device';
  const modelId = modelIdOf(row.model!);
  const model = PUBLISHED_MODELS.find(({ id }) => id === modelId);
  if (model === undefined) return 'unknown model';
  const storage = storageNameOf(row);
  if (storage === null) return 'unknown storage';
  const engine = engineOf(row, device.kind!);
  if (engine === null) return 'unknown engine';
  const stored = typeof storage === 'string' ? storageOf(storage) : storage.storage;
  const name = typeof storage === 'string' ? storage : storage.name;
  const shape = shapeOfConfig(model.config, stored, model.id);
  const { devices, groups } = parallelOf(row, engine);
  // Rows of 12, 20, 28, 36 ... GB200 say that one model is divided among all of them: some read prompts there and others write answers.
  if (!dividesHeads(shape, devices * groups)) return 'devices that the heads of the model cannot be divided among';
  const placement: Placement = {
    shape,
    device: {
      bandwidth: device.bandwidth,
      compute: device.compute ?? { f16: Number.POSITIVE_INFINITY },
    },
    memory: device.memory * device.usable * devicesOf(row),
    devices,
    groups,
    engine,
    // Its page names `-ub 2048`.
    tokensOfPass: row.source === 'llama.cpp-dgx-spark' ? 2048 : tokensOfPass(engine),
    bytesOfValue: /KV Cache = (fp8|int8)/.test(row.quant!) || (engine.startsWith('trtllm') && /^fp/.test(name)) ? 1 : 2,
  };
  const traits = traitsOf({ shape, device: { id: device.id!, kind: device.kind! }, engine });
  const times = timesOf(row, placement);
  if (typeof times === 'string') return times;
  if (times.some(isTooFast)) return 'faster than the memory';
  // As in a prediction: decoding hardly computes, and anything else needs a figure of compute.
  const told = times.filter(({ quantity }) => device.compute || quantity === 'decode');
  if (told.length === 0) return 'no source gives the compute of the device';
  return told
    .filter(({ seconds }) => Number.isFinite(seconds) && seconds > 0)
    .map((time) => ({
      ...time,
      grade: row.grade!,
      source: row.source!,
      group: row.group!,
      traits,
      parallel: { devices: placement.devices, groups: placement.groups },
    }));
}

/** More devices than a node has are groups of eight, and so are the groups that a row states. */
function parallelOf(row: Row, engine: string): { devices: number; groups: number } {
  if (engine.startsWith('llama.cpp')) return { devices: 1, groups: 1 };
  const devices = devicesOf(row);
  const stated = splitOf(row, 'dp');
  const groups = stated > 1 && splitOf(row, 'tp') !== devices ? Math.min(stated, devices) : Math.ceil(devices / 8);
  return { devices: devices / groups, groups };
}

/**
 * The devices of a row. Where experts are divided, AIConfigurator multiplies the devices by themselves: 8 x 8 = 64 for one node of eight. 114
 * measurements of `calibrate.csv` stand there twice, with the same times to the digit: once with 4 or 8 devices and once with 16 or 64.
 */
function devicesOf(row: Row): number {
  const stated = Math.max(1, Number(row.n_devices));
  const experts = splitOf(row, 'ep');
  const side = Math.sqrt(stated);
  return experts > 1 && (experts === side || (experts === stated && splitOf(row, 'tp') === side)) ? side : stated;
}

/** Into how many parts a row divides tensors, requests or experts; 1 if it says nothing. */
function splitOf({ note }: Row, what: 'tp' | 'dp' | 'ep'): number {
  return Math.max(1, Number(new RegExp(`${what}=(\\d+)`).exec(note!)?.[1] ?? 1));
}

/** Some rows state a time in which the device cannot even read the weights: they are slips. */
function isTooFast({ quantity, seconds, terms: { weights = 0 } }: Time): boolean {
  return (quantity === 'decode' || quantity === 'batch') && weights > 1.05 * seconds;
}

type Time = Pick<Measured, 'quantity' | 'seconds' | 'terms'>;

function timesOf(row: Row, placement: Placement): readonly Time[] | string {
  const number = (name: string) => (row[name] === '' || row[name] === undefined ? null : Number(row[name]));
  const [isl, osl, batch] = [number('isl'), number('osl'), number('concurrency')];
  const [ttft, tpot, e2e] = [number('ttft_ms'), number('tpot_ms'), number('e2e_ms')];
  switch (row.kind) {
    case 'static-batch': {
      if (isl === null || osl === null || batch === null) return 'no lengths';
      const lengths = { prompt: isl, output: osl };
      if (row.source === 'llama.cpp-dgx-spark') {
        return [
          {
            quantity: 'decode',
            seconds: batch / number('output_tps')!,
            terms: timePerToken(placement, batch, lengths),
          },
          {
            quantity: 'prefill',
            seconds: (batch * isl) / number('prefill_tps')!,
            terms: timeToFirst(placement, batch, isl),
          },
        ];
      }
      if (tpot !== null && ttft !== null) {
        return [
          { quantity: 'decode', seconds: tpot / 1e3, terms: timePerToken(placement, batch, lengths) },
          { quantity: 'prefill', seconds: ttft / 1e3, terms: timeToFirst(placement, batch, isl) },
        ];
      }
      return e2e === null
        ? 'no time'
        : [{ quantity: 'batch', seconds: e2e / 1e3, terms: timeOfBatch(placement, batch, lengths) }];
    }
    case 'serving': {
      if (row.source === 'ml.energy') {
        const prompt = PROMPTS[row.mode!] ?? 300;
        const itl = number('itl_p50_ms');
        if (itl === null || osl === null || batch === null) return 'no time';
        return [
          {
            quantity: 'served token',
            seconds: itl / 1e3,
            terms: timePerToken(placement, batch, { prompt, output: osl }),
          },
        ];
      }
      if (isl === null || osl === null || batch === null)
        return 'the load is a rate, and the requests under way are not known';
      if (tpot === null || ttft === null) return 'no time';
      const lengths = { prompt: isl, output: osl };
      return [
        { quantity: 'served token', seconds: tpot / 1e3, terms: timePerServedToken(placement, batch, lengths) },
        {
          quantity: 'served first',
          seconds: ttft / 1e3,
          terms: timeToFirstServed(placement, batch, lengths, stepsOfPoll(placement.engine, batch)),
        },
      ];
    }
    case 'batch1':
      return singleStream(row, placement, number);
    default:
      return `kind ${row.kind}`;
  }
}

/** The mean context of the nine tests whose mean LocalScore, which llamafile ships, states (`TestDescriptionsTable.tsx`). */
const CONTEXT_OF_LOCAL_SCORE = 1837;

/**
 * The scripts of InferenceX, whose rows all those of SGLang are, let it look for new requests after ten steps alone, and after thirty with 16 requests
 * or more (`--scheduler-recv-interval`, `benchmarks/dsr1_fp8_b200.sh` and others). It is 1 if nobody says otherwise.
 */
function stepsOfPoll(engine: string, batch: number): number {
  if (!engine.startsWith('sglang')) return 1;
  return batch < 16 ? 10 : 30;
}

/** Prompts of the tasks of ML.ENERGY, which states output tokens only. */
const PROMPTS: Readonly<Record<string, number>> = {
  'lm-arena-chat': 200,
  gpqa: 300,
  'sourcegraph-fim': 500,
  'image-chat': 1500,
  'video-chat': 5000,
};

function singleStream(
  row: Row,
  placement: Placement,
  number: (name: string) => number | null,
): readonly Time[] | string {
  const [decode, prefill] = [number('decode_tps'), number('prefill_tps')];
  const osl = number('osl') ?? 128;
  const depth = Number(/depth=(\d+)/.exec(row.note!)?.[1] ?? /longctx(\d+)/.exec(row.mode!)?.[1] ?? 0);
  // llama-bench reads its prompts and writes its answers apart, each from an empty context; others answer their prompt.
  const apart = row.source!.startsWith('strix') || row.source === 'llama-bench-tables';
  const isl = number('isl') ?? (apart ? 512 : 128);
  const before = apart ? depth : isl;
  const times: Time[] = [];
  if (decode !== null) {
    const { body, output, embedding, experts } = placement.shape.weights;
    const read =
      body.bytes +
      (output ?? embedding).bytes +
      (experts === null ? 0 : (experts.bytes * experts.used) / experts.count);
    if (read * decode > 1.05 * placement.device.bandwidth) return 'faster than the memory';
    if (row.source === 'llmfit-community') return 'the rate includes the prompt';
    const context = /llamafile/.test(row.engine!) ? CONTEXT_OF_LOCAL_SCORE : before + osl / 2;
    times.push({ quantity: 'decode', seconds: 1 / decode, terms: decodingStep(placement, 1, context) });
  }
  if (prefill !== null && number('isl') !== 0) {
    const tokens =
      depth > 0 && row.source === 'strix-halo-depth' ? Number(/n_prompt=(\d+)/.exec(row.note!)?.[1] ?? 512) : isl;
    times.push({
      quantity: 'prefill',
      seconds: tokens / prefill,
      terms: sumOfTerms([
        [1, promptStep(placement, { prompts: 1, tokens, past: apart ? depth : 0 })],
        ...(apart ? [] : [[1, { request: 1 }] as const]),
      ]),
    });
  }
  return times.length === 0 ? 'no time' : times;
}

const EXPERTS_ONLY = { name: 'int4 experts', storage: { body: 16, experts: 4.25, embedding: 16, output: 16 } };

function storageNameOf(row: Row): StorageName | typeof EXPERTS_ONLY | null {
  const quant = row.quant!.toLowerCase();
  const model = row.model!.toLowerCase();
  // Ollama keeps the file of the makers.
  if (/gpt-oss/.test(model))
    return /llama/i.test(row.engine!) && !/ollama/i.test(row.engine! + quant) ? 'mxfp4_moe' : 'mxfp4';
  if (/kimi/.test(model) && quant === 'int4') return EXPERTS_ONLY;
  if (/nvfp4/.test(model) || /^(fp4|nvfp4)/.test(quant)) return 'nvfp4';
  if (/weight = (fp8|int8)/.test(quant)) return 'fp8';
  if (/fp8/.test(quant) || /fp8/.test(model)) return 'fp8';
  if (/^(weight = )?(fp16|bf16|bfloat16|f16)/.test(quant)) return 'bf16';
  const gguf = /(iq\d_\w+|q\d_k_[sml]|q\d_k|q\d_[01])/.exec(quant)?.[1];
  if (gguf === 'q4_k') return 'q4_k_m';
  if (gguf !== undefined) return isStorageName(gguf) ? gguf : null;
  if (/q8_k_xl/.test(quant)) return 'q8_0';
  if (/q4_k_xl/.test(quant)) return 'q4_k_m';
  if (/ud-q8_k_xl|q8_0/.test(model)) return 'q8_0';
  if (/ud-q4_k_xl/.test(model)) return 'q4_k_m';
  if (/^(int4|w4|w4a16|8da4w|spinquant|qlora|4-bit)/.test(quant)) return 'int4';
  if (/^(int8|8da8w)/.test(quant)) return 'int8';
  if (/mxfp4/.test(quant)) return 'mxfp4';
  return quant === '' && row.source === 'aiconfigurator-silicon' ? 'bf16' : null;
}

/** An engine with its year: old software does not calibrate today's. */
function engineOf(row: Row, kind: string): string | null {
  const engine = row.engine!.toLowerCase();
  if (row.source!.startsWith('argonne')) {
    if (/llama\.cpp/.test(engine)) return 'llama.cpp batched 2024';
    if (/tensorrt/.test(engine)) return 'trtllm 2024';
    if (/vllm/.test(engine)) return 'vllm 2024';
    return /deepspeed/.test(engine) ? 'deepspeed 2024' : null;
  }
  if (row.source === 'splitwise') return 'vllm 2023';
  if (row.source === 'dstack-405b') return 'vllm 2024';
  if (/llama\.cpp|ollama|llamacpp|lmstudio/.test(engine)) {
    if (/vllm/.test(engine)) return null;
    if (/metal/.test(engine) && kind === 'apple') return 'llama.cpp metal';
    if (/vulkan/.test(engine)) return 'llama.cpp vulkan';
    if (/rocm/.test(engine)) return 'llama.cpp rocm';
    if (kind === 'apple') return 'llama.cpp metal';
    if (kind === 'board' || kind === 'cpu' || / cpu/.test(engine)) return 'llama.cpp cpu';
    if (kind === 'phone') return 'llama.cpp cpu';
    return /^(rx|radeon|amd|strix)/i.test(row.device!) ? 'llama.cpp rocm' : 'llama.cpp cuda';
  }
  if (/executorch/.test(engine)) return 'executorch cpu';
  if (/qnn/.test(engine)) return 'qnn';
  if (/openvino/.test(engine)) return 'openvino';
  if (/litert.*gpu/.test(engine)) return 'litert gpu';
  if (/litert/.test(engine)) return 'litert cpu';
  if (/sglang/.test(engine)) return 'sglang 2025';
  if (/trtllm|tensorrt/.test(engine)) return 'trtllm 2025';
  if (/vllm/.test(engine)) return 'vllm 2025';
  return /mlx/.test(engine) ? 'mlx' : null;
}
