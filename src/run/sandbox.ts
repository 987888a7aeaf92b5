/**
 * Runs programs that a model wrote, which nobody has read. Linux's namespaces keep them from everything but the processor: no
 * network, no other process to be seen, every file system read-only but an empty /tmp of their own, no environment and no input,
 * and limits of time, memory, output and processes. Where the kernel or `unshare` cannot do that, nothing is run.
 *
 * Note: a program may end itself before its tests do. It has passed when it says, after its last test, a word that it was not told.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { UserError } from '../core/errors.js';
import type { Evidence, Request } from '../core/score/score.js';

type SandboxRequest = Extract<Request, { effect: 'sandbox' }>;
type SandboxEvidence = Extract<Evidence, { effect: 'sandbox' }>;

export interface Sandbox {
  /** @throws the reason of the signal when it is aborted. */
  run(request: SandboxRequest, signal: AbortSignal): Promise<SandboxEvidence>;
}

/** Of a program: 1 GiB of address space, files of 8 MiB, 64 MiB in /tmp. Seconds of processor time are those of the request. */
const LIMITS = { kibibytes: 1_048_576, fileBlocks: 16_384, processes: 256, temporary: '64m' } as const;
/** No variable of the user's, keys among them, reaches a program. */
const PLACE = { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, cwd: '/' };
const LONGEST_OUTPUT = 1 << 20;
const LONGEST_MESSAGE = 300;
const REFUSED = 125;

/** Inside the new namespaces, before the program: `$1` is the interpreter, `$2` the seconds of processor time. */
const ENTER = `
set -eu
while read -r _ _ _ _ point options _; do
  point=$(printf '%b' "$point")
  kept=ro
  IFS=,
  for option in $options; do
    case $option in nosuid|nodev|noexec|noatime|nodiratime|relatime) kept=$kept,$option ;; esac
  done
  unset IFS
  mount -o "remount,bind,$kept" "$point" || exit ${REFUSED}
done < /proc/self/mountinfo
mount -t tmpfs -o size=${LIMITS.temporary},mode=700 tmpfs /tmp || exit ${REFUSED}
cd /tmp
ulimit -v ${LIMITS.kibibytes} -f ${LIMITS.fileBlocks} 2>/dev/null || { ulimit -v ${LIMITS.kibibytes}; ulimit -f ${LIMITS.fileBlocks}; }
ulimit -t "$2"
ulimit -u ${LIMITS.processes} 2>/dev/null || true
exec env -i PATH=/usr/bin:/bin HOME=/tmp LC_ALL=C.UTF-8 "$1" -I -
`;

/** @throws UserError when programs cannot be confined here. */
export function openSandbox(): Sandbox {
  const python = findPython();
  const began = performance.now();
  const { status, stderr, error } = spawnSync('unshare', argumentsOf(python, 5), {
    ...PLACE,
    input: '',
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status !== 0) {
    const why = error?.message ?? (stderr.trim().split('\n').at(-1) || `it ended with status ${status}`);
    throw new UserError(
      `--run-code: expected Linux with namespaces for users (unshare of util-linux), found none that confine a program (${why}); run it in a virtual machine, or leave --run-code out`,
    );
  }
  const entering = Math.max(1, (2 * (performance.now() - began)) / 1000);
  return { run: (request, signal) => runProgram(request, { python, entering, signal }) };
}

/** The interpreter itself: `python3` may be a script that finds it, and looks for it in a home that is not there. */
function findPython(): string {
  const { status, stdout } = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  throw new UserError('--run-code: expected python3, which the programs are written for, found none; install it');
}

function argumentsOf(python: string, seconds: number): readonly string[] {
  return ['-rnmpfiu', '--kill-child', '--mount-proc', 'sh', '-c', ENTER, 'sh', python, String(Math.ceil(seconds))];
}

interface Entering {
  readonly python: string;
  /** Seconds until a program begins, at most. */
  readonly entering: number;
  readonly signal: AbortSignal;
}

async function runProgram(
  { program, timeout }: SandboxRequest,
  { python, entering, signal }: Entering,
): Promise<SandboxEvidence> {
  signal.throwIfAborted();
  const word = randomUUID();
  const child = spawn('unshare', argumentsOf(python, timeout + 1), { ...PLACE, stdio: 'pipe' });
  let late = false;
  const kill = () => child.kill('SIGKILL');
  const timer = setTimeout(
    () => {
      late = true;
      kill();
    },
    (entering + timeout) * 1000,
  );
  signal.addEventListener('abort', kill, { once: true });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      // Only the end is of interest: the word, or the last line of a traceback.
      said[name] = (said[name] + text).slice(-LONGEST_OUTPUT);
    });
  }
  // A program that ends without having read all of its text breaks the pipe.
  child.stdin.on('error', () => {});
  child.stdin.end(`${program}\n__import__("os").write(1, b"\\n${word}\\n")\n`);
  try {
    const [code, killed] = await new Promise<[number | null, string | null]>((resolve, reject) =>
      child.on('error', reject).on('close', (...how) => resolve(how)),
    );
    signal.throwIfAborted();
    // Processor time is limited by the kernel, which ends a program in its own way.
    if (late || killed === 'SIGXCPU' || killed === 'SIGKILL')
      return { effect: 'sandbox', result: 'timed out', message: `longer than ${timeout} s` };
    if (code === REFUSED) throw new Error(`the sandbox could not be entered: ${lastLine(said.stderr)}`);
    const passed = code === 0 && lastLine(said.stdout) === word;
    const message = passed ? '' : code === 0 ? 'it ended before its tests did' : lastLine(said.stderr);
    return { effect: 'sandbox', result: passed ? 'passed' : 'failed', message: message.slice(0, LONGEST_MESSAGE) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
  }
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
