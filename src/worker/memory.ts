/**
 * Reads memory as the operating system counts it, from `/proc` and outside the process, so reading does not disturb the process.
 *
 * `ru_maxrss` would be simpler and is wrong: a child inherits its parent's maximum across exec (an idle child of a 1 GiB
 * parent reports 1 GiB). `VmHWM` is the process's own. File-mapped pages (weights through mmap) are kept apart from
 * anonymous ones: the system may drop the former at any time.
 */
import { readFile } from 'node:fs/promises';
import type { MemoryReading } from '../core/measure/measurement.js';
import { isMissing, known, missing, type Quantity } from '../core/quantity.js';

const NO_PROC = 'this operating system has no /proc to read memory from';
const NO_GPU_READING = 'no GPU was used, or its memory cannot be read per process';

/** The memory that several processes hold together, now. */
export async function readMemory(pids: readonly number[]): Promise<MemoryReading> {
  return sum(await Promise.all(pids.map(readProcess))).now;
}

export interface MemorySampler {
  /** The peak comes from the system's high-water mark, where it keeps one. */
  stop(): Promise<{ peak: MemoryReading; final: MemoryReading }>;
}

/** Reads every `interval` milliseconds. `VmHWM` gives the height of the peak, and these readings give its parts. */
export function sampleMemory(pids: readonly number[], interval = 100): MemorySampler {
  let peak: MemoryReading | null = null;
  let last: MemoryReading | null = null;
  const tick = async () => {
    const readings = await Promise.all(pids.map(readProcess));
    if (readings.some(({ alive }) => !alive)) return;
    const { now, highWater } = sum(readings);
    last = now;
    peak = {
      resident: larger(peak?.resident, highWater),
      anonymous: larger(peak?.anonymous, now.anonymous),
      fileMapped: larger(peak?.fileMapped, now.fileMapped),
      gpu: now.gpu,
    };
  };
  const timer = setInterval(() => void tick(), interval);
  timer.unref();
  const first = tick();
  return {
    async stop() {
      clearInterval(timer);
      await first;
      await tick();
      const gone = unknown(process.platform === 'linux' ? 'the process ended before its memory was read' : NO_PROC);
      return { peak: peak ?? gone, final: last ?? gone };
    },
  };
}

interface ProcessReading {
  readonly alive: boolean;
  readonly now: MemoryReading;
  readonly highWater: Quantity;
}

async function readProcess(pid: number): Promise<ProcessReading> {
  let status: string;
  try {
    status = await readFile(`/proc/${pid}/status`, 'utf8');
  } catch {
    const reason = process.platform === 'linux' ? `process ${pid} has ended` : NO_PROC;
    return { alive: process.platform !== 'linux', now: unknown(reason), highWater: missing(reason) };
  }
  const field = (name: string): Quantity => {
    const kibibytes = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1];
    return kibibytes === undefined ? missing(`/proc/${pid}/status has no ${name}`) : known(Number(kibibytes) * 1024);
  };
  const shared = field('RssShmem');
  return {
    alive: !/^State:\s*[ZX]/m.test(status) && /^VmRSS:/m.test(status),
    now: {
      resident: field('VmRSS'),
      anonymous: isMissing(shared) ? field('RssAnon') : add(field('RssAnon'), shared),
      fileMapped: field('RssFile'),
      gpu: missing(NO_GPU_READING),
    },
    highWater: field('VmHWM'),
  };
}

function sum(readings: readonly ProcessReading[]): { now: MemoryReading; highWater: Quantity } {
  const total = (part: (reading: ProcessReading) => Quantity) => readings.map(part).reduce(add);
  return {
    now: {
      resident: total(({ now }) => now.resident),
      anonymous: total(({ now }) => now.anonymous),
      fileMapped: total(({ now }) => now.fileMapped),
      gpu: total(({ now }) => now.gpu),
    },
    highWater: total(({ highWater }) => highWater),
  };
}

function add(a: Quantity, b: Quantity): Quantity {
  if (isMissing(a)) return a;
  return isMissing(b) ? b : known(a.value + b.value);
}

function larger(a: Quantity | undefined, b: Quantity): Quantity {
  if (a === undefined || isMissing(a)) return b;
  return isMissing(b) || a.value >= b.value ? a : b;
}

function unknown(reason: string): MemoryReading {
  return { resident: missing(reason), anonymous: missing(reason), fileMapped: missing(reason), gpu: missing(reason) };
}
