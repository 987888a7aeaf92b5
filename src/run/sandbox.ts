/**
 * Runs programs that a model wrote, which nobody has read. Linux's namespaces keep them from everything but the processor: an empty
 * root with the interpreter and nothing else, no network and no socket, no other process, no environment, no input, no
 * capability, and limits of time, memory, output and processes (src/run/confine.ts). Where the kernel or `unshare` cannot do
 * that, nothing is run.
 *
 * Note: a program in the same process as its tests can say that they passed, whatever secret they end with: it can read the
 * secret. So tests run in a process of their own, and values cross between the two.
 */
import { spawn, spawnSync } from 'node:child_process';
import { lstatSync, readlinkSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { describeError, UserError } from '../core/errors.js';
import type { Evidence, Request } from '../core/score/score.js';
import { CONFINE } from './confine.js';
import { type ControlGroup, createGroup, within } from './control-group.js';

type SandboxRequest = Extract<Request, { effect: 'sandbox' }>;
type SandboxEvidence = Extract<Evidence, { effect: 'sandbox' }>;

export interface Sandbox {
  /** @throws the reason of the signal when it is aborted. */
  run(request: SandboxRequest, signal: AbortSignal): Promise<SandboxEvidence>;
}

/** The limits of a program: 1 GiB of address space for each process, files of 8 MiB, 64 MiB in /tmp. */
const LIMITS = { memory: 2 ** 30, file: 2 ** 23, processes: 16, temporary: 2 ** 26 } as const;
/** Users that no system gives to anyone, for the program and its tests, where this process may choose. */
const NOBODY = 61_884;
/** No variable of the user's, keys among them, reaches a program. */
const PLACE = { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, cwd: '/' };
const LONGEST_VERDICT = 64 * 1024;
const LONGEST_MESSAGE = 300;

/** What the confining process writes into its pipe. */
const verdictSchema = z.union([
  z.strictObject({ refused: z.string() }),
  z.strictObject({ result: z.enum(['passed', 'failed', 'timed out']), message: z.string() }),
]);

/**
 * How a program gets into namespaces of its own. Bubblewrap does it where it is installed, also on systems that let no other program make
 * namespaces of users. Else `unshare` does: as root the namespaces need no user of their own, and the program gets another user than
 * this process; every other user is root in a namespace of users, and nobody outside of it.
 */
export type Entrance = 'by bubblewrap' | 'of root' | 'of a user';

const UNSHARED: Entrance = process.getuid?.() === 0 ? 'of root' : 'of a user';

/** @param entrances They are tried in order. @throws UserError when programs cannot be confined here. */
export async function openSandbox(entrances: readonly Entrance[] = ['by bubblewrap', UNSHARED]): Promise<Sandbox> {
  if (process.platform !== 'linux') throw unconfined(`this is ${process.platform}`);
  const python = findPython();
  const reasons: string[] = [];
  for (const entrance of entrances) {
    const sandbox = await tryEntrance(entrance, python);
    if (typeof sandbox !== 'string') return sandbox;
    reasons.push(sandbox);
  }
  throw unconfined(reasons.join('; '));
}

/** @returns The sandbox, or why it confines nothing. */
async function tryEntrance(entrance: Entrance, python: Python): Promise<Sandbox | string> {
  const group = createGroup(LIMITS);
  const began = performance.now();
  const trial = {
    effect: 'sandbox',
    language: 'python',
    program: 'x = 1',
    tests: 'assert x == 1',
    timeout: 5,
  } as const;
  const patience = { python, entrance, group, entering: 60, signal: new AbortController().signal };
  try {
    const { result, message } = await runProgram(trial, patience);
    if (result !== 'passed') return message || result;
  } catch (error) {
    return describeError(error);
  }
  const entering = Math.max(1, (2 * (performance.now() - began)) / 1000);
  return { run: (request, signal) => runProgram(request, { python, entrance, group, entering, signal }) };
}

function unconfined(why: string): UserError {
  return new UserError(
    `--run-code: expected Linux with bubblewrap or with namespaces for users (unshare of util-linux), found none that confine a program (${why}); run it in a virtual machine, or leave --run-code out`,
  );
}

interface Python {
  readonly executable: string;
  /** What it needs of this system's files. */
  readonly paths: readonly string[];
}

const WHERE = `
import json, os, sys, sysconfig
real = os.path.realpath(sys.executable)
paths = {real, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), *[p for p in sys.path if p.endswith("lib-dynload")]}
library = sysconfig.get_config_var("LIBDIR")
shared = sysconfig.get_config_var("INSTSONAME")
if library and shared and ".so" in shared: paths.add(os.path.join(library, shared))
print(json.dumps([real, sorted(paths)]))
`;
/** The folders of shared libraries on all distributions. */
const LIBRARIES = ['/lib', '/lib32', '/lib64', '/usr/lib', '/usr/lib64', '/etc/ld.so.cache'];

/** The interpreter itself: `python3` may be a script that finds it, and looks for it in a home that is not there. */
function findPython(): Python {
  const { status, stdout } = spawnSync('python3', ['-I', '-c', WHERE], { encoding: 'utf8' });
  if (status !== 0) {
    throw new UserError('--run-code: expected python3, which the programs are written for, found none; install it');
  }
  const [executable, paths] = z.tuple([z.string(), z.array(z.string())]).parse(JSON.parse(stdout));
  return { executable, paths: [...LIBRARIES, ...paths] };
}

function commandOf(entrance: Entrance, { executable, paths }: Python): readonly [string, ...string[]] {
  const program = [executable, '-I', '-S', '-c', CONFINE];
  if (entrance === 'by bubblewrap') return ['bwrap', ...BUBBLE, ...paths.flatMap(shown), ...SEALED, '--', ...program];
  const user = entrance === 'of root' ? [] : ['--user', '--map-root-user'];
  const others = ['--fork', '--pid', '--mount', '--net', '--ipc', '--uts', '--kill-child'];
  return ['unshare', ...user, ...others, ...program];
}

/**
 * Its own user in every kind of namespace; it and all that it starts ends with this process. The tests are the first process of their
 * namespace, which no signal of another reaches.
 */
const BUBBLE = [
  ...['--unshare-all', '--unshare-user', '--uid', String(NOBODY), '--gid', String(NOBODY), '--cap-drop', 'ALL'],
  ...['--as-pid-1', '--die-with-parent', '--new-session', '--clearenv'],
  ...['--size', String(LIMITS.temporary), '--tmpfs', '/tmp', '--dev-bind', '/dev/null', '/dev/null'],
];
/** The root takes no more files. */
const SEALED = ['--remount-ro', '/', '--chdir', '/tmp'];

/** A link stays a link, as from `/lib` to `/usr/lib`. */
function shown(path: string): readonly string[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  return found.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
}

interface Entering {
  readonly python: Python;
  readonly entrance: Entrance;
  /** Limits on all processes of a program together; null where this process may set none. */
  readonly group: ControlGroup | null;
  /** Seconds until a program begins, at most. */
  readonly entering: number;
  readonly signal: AbortSignal;
}

async function runProgram(
  { program, tests, timeout }: SandboxRequest,
  { python, entrance, group, entering, signal }: Entering,
): Promise<SandboxEvidence> {
  signal.throwIfAborted();
  // A session of its own: a signal to a process group reaches nothing of ours.
  const [command, ...given] = within(group, commandOf(entrance, python));
  const child = spawn(command, given, {
    ...PLACE,
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
  });
  let late = false;
  // The group holds the tests, and with them ends their namespace and whatever the program has started.
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  };
  const timer = setTimeout(
    () => {
      late = true;
      kill();
    },
    (entering + timeout) * 1000,
  );
  signal.addEventListener('abort', kill, { once: true });
  const verdict = readPipe(child.stdio[3] as Readable);
  const complaints = readPipe(child.stderr!);
  child.stdin!.on('error', () => {});
  const { paths } = python;
  const processor = Math.ceil(timeout + 1);
  child.stdin!.end(
    JSON.stringify({
      ...{ program, tests, paths, processor, user: NOBODY, ...LIMITS },
      enters: entrance !== 'by bubblewrap',
      root: entrance === 'of root',
    }),
  );
  try {
    const code = await new Promise<number | null>((resolve, reject) =>
      child.on('error', reject).on('close', (status) => resolve(status)),
    );
    signal.throwIfAborted();
    const tooLong = { effect: 'sandbox', result: 'timed out', message: `longer than ${timeout} s` } as const;
    if (late) return tooLong;
    const found = readVerdict(await verdict);
    if (found === null) {
      throw new Error(
        `the sandbox could not be entered: ${lastLine(await complaints) || `it ended with status ${code}`}`,
      );
    }
    if ('refused' in found) throw new Error(`the sandbox could not be entered: ${found.refused}`);
    // Processor time is limited by the kernel, which ends a program in its own way.
    if (found.result === 'timed out') return tooLong;
    return { effect: 'sandbox', result: found.result, message: found.message.slice(0, LONGEST_MESSAGE) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
  }
}

async function readPipe(pipe: Readable): Promise<string> {
  let text = '';
  try {
    for await (const chunk of pipe.setEncoding('utf8')) text = (text + String(chunk)).slice(-LONGEST_VERDICT);
  } catch {
    // It ended with its process.
  }
  return text;
}

function readVerdict(text: string): z.infer<typeof verdictSchema> | null {
  try {
    return verdictSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
