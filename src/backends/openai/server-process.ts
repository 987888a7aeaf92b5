/**
 * A server that rightsize starts itself, on this machine and for this machine only: its own process group, so that what it
 * starts ends with it; a guard that ends it even when this process is killed; and the last of what it said, for errors.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelOf } from '../../core/definition/model.js';
import { describeError, UserError } from '../../core/errors.js';
import type { BackendContext } from '../backend.js';
import { type Endpoint, isLoopback } from './endpoint.js';

export interface ServerProcess {
  readonly port: number;
  /** Its process and those that it started, as they were when it became ready. */
  readonly processes: readonly number[];
  /** How it ended, with its last words; null while it runs. */
  ended(): string | null;
  stop(): Promise<void>;
}

type Command = NonNullable<ModelOf<'openai'>['server']>;

/** Seconds between SIGTERM and SIGKILL. */
const GRACE = 5;
const LAST_WORDS = 2000;

/** @throws UserError when it cannot be started, ends, is not ready in time, or listens to more than this machine. */
export async function startServer(
  model: ModelOf<'openai'> & { readonly server: Command },
  { directory, environment }: BackendContext,
  quote: Endpoint['quote'],
  signal: AbortSignal,
): Promise<ServerProcess> {
  const { server } = model;
  const place = `model "${model.id}": server`;
  const endpoint = new URL(model.endpoint);
  if (!isLoopback(endpoint.hostname)) {
    throw new UserError(
      `${place}: expected an endpoint on this machine (http://127.0.0.1/v1) for a server that is started, found ${endpoint.hostname}`,
    );
  }
  const anyPort = server.command.some((word) => word.includes('{port}'));
  const port = await freePort(anyPort ? 0 : Number(endpoint.port || 80)).catch((error: unknown) => {
    // Another server there would be measured in the place of this one.
    throw new UserError(
      `${place}: expected port ${endpoint.port || 80} to be free (${describeError(error)}); write {port} into the command`,
    );
  });
  const [program, ...parameters] = server.command.map((word) => word.replaceAll('{port}', String(port)));
  const child = spawn(program!, parameters, {
    cwd: directory,
    env: { ...environment, ...server.environment },
    detached: true,
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const running = supervise(child, program!, quote);
  try {
    endpoint.port = String(port);
    const ready = new URL(server.ready, endpoint.origin);
    const deadline = performance.now() + server.timeout * 1000;
    while (!(await answers(ready, signal))) {
      signal.throwIfAborted();
      const end = running.ended();
      if (end !== null) throw new UserError(`${place}: expected "${program}" to serve ${ready.href}, but ${end}`);
      if (performance.now() > deadline) {
        throw new UserError(
          `${place}: expected ${ready.href} to answer 200 within ${server.timeout} s, but it did not${running.lastWords()}; ` +
            'check `ready`, or raise `timeout`',
        );
      }
      await sleep(50, undefined, { signal });
    }
    if (listensToAll(port)) {
      throw new UserError(
        `${place}: expected a server that listens on 127.0.0.1 alone, but it is open to the network on port ${port}; ` +
          'give it its option for that (often --host 127.0.0.1)',
      );
    }
    return { port, processes: groupOf(child.pid!), ended: running.ended, stop: running.stop };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

function supervise(child: ChildProcess, program: string, quote: Endpoint['quote']) {
  let words = '';
  let end: string | null = null;
  const hear = (bytes: Buffer) => {
    words = (words + bytes.toString('utf8')).slice(-LAST_WORDS);
  };
  child.stdout!.on('data', hear);
  child.stderr!.on('data', hear);
  const lastWords = () => {
    const lines = words
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean)
      .slice(-3);
    return lines.length === 0 ? '' : `, having said last: ${quote(lines.join(' | ').slice(-300))}`;
  };
  const gone = new Promise<void>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      end = error.code === 'ENOENT' ? `there is no program "${program}" on the PATH` : describeError(error);
      resolve();
    });
    // `close` comes after the last of its output, unless a child of it keeps the pipes open.
    child.on('exit', (code, cause) => {
      setTimeout(() => {
        end ??= `the server ended with ${cause ?? `exit code ${code}`}${lastWords()}`;
        resolve();
      }, 50);
    });
  });
  const kill = (cause: NodeJS.Signals) => killGroup(child.pid, cause);
  const last = () => kill('SIGKILL');
  process.on('exit', last);
  const guard = child.pid === undefined ? null : startGuard(child.pid);
  async function stop(): Promise<void> {
    kill('SIGTERM');
    const patience = setTimeout(last, GRACE * 1000);
    await gone;
    clearTimeout(patience);
    // What the server started may have outlived it.
    last();
    process.off('exit', last);
    guard?.kill('SIGKILL');
  }

  // Once only: later, the number of the process may be another's.
  let stopping: Promise<void> | undefined;
  return {
    ended: () => end,
    lastWords,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

/**
 * A shell that waits for the end of its input, which comes when this process ends in whatever way, and then ends the
 * server. Where there is no shell (Windows), only an orderly end of this process ends the server.
 */
function startGuard(pid: number): ChildProcess | null {
  if (process.platform === 'win32') return null;
  const script = `read -r _; kill -s TERM -- -${pid}; sleep ${GRACE}; kill -s KILL -- -${pid}`;
  const guard = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.on('error', () => {});
  guard.stdin!.on('error', () => {});
  guard.unref();
  return guard;
}

function killGroup(pid: number | undefined, cause: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, cause);
  } catch {
    // It is gone already.
  }
}

async function answers(url: URL, signal: AbortSignal): Promise<boolean> {
  const { request } = await import('undici');
  try {
    const response = await request(url, { signal, headersTimeout: 5000, bodyTimeout: 5000, reset: true });
    await response.body.dump();
    return response.statusCode === 200;
  } catch {
    return false;
  }
}

/** @param wanted 0 for any. */
function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(wanted, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** Whether the port is open on an address other than this machine's own; where the system does not tell, it is not. */
function listensToAll(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const listening = (file: string, own: RegExp) =>
    linesOf(file).some((line) => {
      const [, local, , state] = line.trim().split(/\s+/);
      return state === '0A' && local?.endsWith(`:${hex}`) && !own.test(local);
    });
  // Addresses are in the processor's byte order: 0100007F is 127.0.0.1.
  return (
    listening('/proc/net/tcp', /^[0-9A-F]{6}7F:/) ||
    listening('/proc/net/tcp6', /^(0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F):/)
  );
}

/** The processes of a group; the fifth field of `/proc/<pid>/stat` names it, after a name that may hold anything. */
function groupOf(leader: number): number[] {
  const pids = process.platform === 'linux' ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
  const members = pids.filter((pid) => {
    const stat = linesOf(`/proc/${pid}/stat`)[0] ?? '';
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]) === leader;
  });
  return members.length === 0 ? [leader] : members.map(Number);
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
