/** A fleet of processes: a Redis of its own on loopback or in a network of namespaces, machines that join it, and a coordinator. Any of them can be killed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Network } from './namespaces.js';

const MAIN = join(import.meta.dirname, '../../dist/main.js');
export const FLEET_KEY = 'a-key-of-the-fleet-of-tests';
/** Seconds without a word after which others take a block. */
const LEASE = 2;

/** Why there is no Redis to test with; null where there is one. */
export function whyNoRedis(): string | null {
  return spawnSync('redis-server', ['--version']).status === 0 ? null : 'redis-server is not installed';
}

export interface Running {
  readonly child: ChildProcess;
  readonly closed: Promise<number | null>;
  output(): string;
  stdout(): string;
}

export function spawned(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  return {
    child,
    closed: new Promise((resolve) => child.on('close', resolve)),
    output: () => output,
    stdout: () => stdout,
  };
}

export interface Fleet {
  readonly url: string;
  /** Redis's socket in the file system, which is reached from every namespace. */
  readonly socket: string;
  /** Starts Redis, again after it was killed. */
  startRedis(data?: 'kept' | 'lost'): Promise<void>;
  killRedis(): void;
  /** Starts a machine, again after it was killed. */
  startMachine(name: string, flags?: readonly string[]): Running;
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Running;
  /** The machines that are there. */
  machines(): ReadonlyMap<string, Running>;
  close(): Promise<void>;
}

/**
 * @param folder Has `models.json` and what else a run needs; parts and Redis's data go there too.
 * @param network Where each machine is in a namespace of its own, and Redis and the coordinator in the hub.
 */
export async function openFleet(folder: string, network?: Network): Promise<Fleet> {
  const port = await freePort();
  const host = network?.hub ?? '127.0.0.1';
  const url = `redis://${host}:${port}`;
  const start = (machine: string | null, command: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const [program, ...args] = network === undefined ? command : network.inside(machine, command);
    return spawned(program!, args, folder, env);
  };
  const socket = join(folder, 'redis.sock');
  const machines = new Map<string, Running>();
  let redis: Running | null = null;
  const locks = (name: string) => ({
    RIGHTSIZE_LOCK_DIR: join(folder, `locks-${name}`),
    RIGHTSIZE_FLEET_KEY: FLEET_KEY,
  });
  return {
    url,
    socket,
    async startRedis(data = 'kept') {
      const dir = join(folder, 'redis');
      if (data === 'lost') rmSync(dir, { recursive: true, force: true });
      mkdirSync(dir, { recursive: true });
      const args = `--port ${port} --bind ${host} --protected-mode no --appendonly yes --appendfsync everysec --dir ${dir} --unixsocket ${socket}`;
      redis = start(null, ['redis-server', ...args.split(' '), '--save', '']);
      for (let i = 0; i < 100 && !redis.stdout().includes('Ready to accept connections'); i++) await sleep(50);
    },
    killRedis: () => void redis?.child.kill('SIGKILL'),
    startMachine(name, flags = []) {
      const args = ['join', url, '--name', name, '--lease', String(LEASE), '-o', `parts-${name}`, ...flags];
      const isPlaced = network?.machines.includes(name);
      const machine = start(isPlaced ? name : null, [process.execPath, MAIN, ...args], locks(name));
      machines.set(name, machine);
      return machine;
    },
    run: (args, env = {}) => start(null, [process.execPath, MAIN, ...args], { ...locks('coordinator'), ...env }),
    machines: () => machines,
    async close() {
      for (const { child } of machines.values()) child.kill('SIGKILL');
      redis?.child.kill('SIGKILL');
      await Promise.all([...machines.values(), ...(redis === null ? [] : [redis])].map(({ closed }) => closed));
    },
  };
}

/** A port below those that the system gives to clients: Redis finds it free when it is started again. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** The ids of the trials in a log, as often as they are there. */
export function trialsIn(log: string): readonly string[] {
  return (
    readFileSync(log, 'utf8')
      .split('\n')
      // What follows the last end of a line is nothing, or a line that is being written.
      .slice(0, -1)
      .map((line): { type: string; trial: string } => JSON.parse(line))
      .filter(({ type }) => type === 'measurement')
      .map(({ trial }) => trial)
  );
}

/** A suite of yes and no, and a small and a large model that answer it at this pace, the small one less well. */
export function evens({
  samples,
  ttft,
  itl,
}: {
  readonly samples: number;
  readonly ttft: number;
  readonly itl: number;
}) {
  const rows = Array.from({ length: samples }, (_, i) => ({
    id: `s${i}`,
    q: `is ${i} even?`,
    target: i % 2 ? 'no' : 'yes',
  }));
  /** Answers rightly but for every nth question. */
  const model = (id: string, size: string, nth: number) => ({
    id,
    class: size,
    backend: 'scripted',
    script: {
      realTime: true,
      ttft,
      itl,
      answers: Object.fromEntries(rows.map(({ q, target }, i) => [q, i % nth ? target : 'perhaps'])),
    },
  });
  return {
    'models.json': JSON.stringify({ models: [model('small', 'slm', 9), model('large', 'llm', 20)] }),
    'suite.yaml': JSON.stringify({
      name: 'evens',
      tasks: [{ name: 'even', prompt: { user: '{{ q }}' }, samples: rows, scorer: 'exact' }],
    }),
  };
}

const OF_QUALITY = new Set(['answer', 'headline', 'quality', 'difference', 'recorded', 'complete']);

/** What a summary says of quality and of what to choose, which depends on no time and no machine. */
export function qualityIn(summary: string): string {
  const found: string[] = [];
  JSON.parse(readFileSync(summary, 'utf8'), (key, value) => {
    if (OF_QUALITY.has(key)) found.push(`${key}: ${JSON.stringify(value)}`);
    return value;
  });
  return found.join('\n');
}
