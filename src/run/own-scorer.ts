/**
 * Asks a scorer of the user's own. It is started once, in a process of its own, and is told one answer a line:
 *
 *     in    {"output": "…", "target": …, "fields": {…}, "settings": {…}}
 *     out   0.5      or      {"score": 0.5, "answer": "…", "said": "…"}
 *
 * It gets no variable of the environment but those that programs need to start, so no key reaches it. After a crash, or when its
 * time is over, it is started again for the next answer.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UserError } from '../core/errors.js';
import type { LoggedSuite } from '../core/log/log.js';
import type { OwnSource, OwnVerdict, Request } from '../core/score/score.js';
import { nameOfOwn, ownOptions } from '../core/score/scorers/own.js';
import type { World } from './world.js';

export type OwnRequest = Extract<Request, { effect: 'own' }>;

export interface OwnScorers {
  ask(request: OwnRequest, signal: AbortSignal): Promise<OwnVerdict>;
  close(): void;
}

/** What a user allows to run, as the command line names it. */
export interface Allowed {
  readonly names: readonly string[];
  readonly cwd: string;
  readonly environment: World['environment'];
}

/** How a source is started; null where the user has not allowed it. */
function argumentsOf(
  source: Exclude<OwnSource, { scores: string }>,
  { names, cwd }: Allowed,
): readonly string[] | null {
  const name = nameOfOwn(source);
  if (!('module' in source)) {
    if (!names.includes(name)) return null;
    return typeof source.command === 'string'
      ? source.command.split(/\s+/).filter((part) => part !== '')
      : source.command;
  }
  const wanted = resolve(cwd, source.module);
  // A log from another folder names a file that is elsewhere: the allowed one of that name is asked.
  const file = names
    .map((allowed) => resolve(cwd, allowed))
    .find((path) => path === wanted || (!existsSync(wanted) && basename(path) === basename(wanted)));
  return file === undefined ? null : [process.execPath, HOST, pathToFileURL(file).href];
}

/** The scorers of the user's own that suites name, each with its place. */
export function ownScorersOf(suites: readonly LoggedSuite[]): readonly { place: string; source: OwnSource }[] {
  return suites.flatMap((suite) =>
    suite.tasks.flatMap(({ name, scorer, secondary = [] }) =>
      [scorer, ...secondary].flatMap((one) => {
        if (typeof one === 'string' || one.name !== 'own') return [];
        const { name: _own, ...source } = one;
        return [{ place: `${suite.name}/${name}`, source: ownOptions.parse(source) }];
      }),
    ),
  );
}

/** @throws UserError where a scorer is not allowed to run. */
export function requireAllowed(source: OwnSource, place: string, allowed: Allowed): void {
  if ('scores' in source || argumentsOf(source, allowed) !== null) return;
  const name = nameOfOwn(source);
  throw new UserError(
    `${place}: expected permission to run the scorer ${JSON.stringify(name)}, found none; give it with --allow-scorer ${JSON.stringify(name)}`,
  );
}

export function isAllowed(source: OwnSource, allowed: Allowed): boolean {
  return 'scores' in source || argumentsOf(source, allowed) !== null;
}

export function openOwnScorers(allowed: Allowed): OwnScorers {
  const open = new Map<string, Conversation>();
  return {
    async ask({ source, ...question }, signal) {
      if ('scores' in source) throw new TypeError('a file of scores is read, not asked');
      const key = nameOfOwn(source);
      const conversation = open.get(key) ?? new Conversation(argumentsOf(source, allowed)!, allowed);
      open.set(key, conversation);
      const { output, target, fields } = question;
      const line = { output, target, fields, settings: source.settings };
      return conversation.ask(line, { seconds: source.timeout, signal });
    },
    close() {
      for (const conversation of open.values()) conversation.close();
    },
  };
}

/** The program that runs the module of a user. */
const HOST = fileURLToPath(new URL('../worker/scorer-host.js', import.meta.url));

const LONGEST_LINE = 1 << 20;
const LONGEST_MESSAGE = 300;

/** What programs need to start; keys of servers are not among it. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'TEMP', 'SystemRoot'] as const;

/** The first answers of a process after which it is waited for a line too many. A scorer that writes two writes them from the first. */
const WATCHED_ANSWERS = 2;
const WATCH_MS = 50;
/** After every other answer: a line that is written right after the answer arrives within this time. */
const SHORT_WATCH_MS = 2;
const TOO_MANY_LINES: OwnVerdict = { failed: 'it wrote more than one line for an answer' };

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

interface AskOptions {
  readonly seconds: number;
  readonly signal: AbortSignal;
}

class Conversation {
  private child: Child | null = null;
  private answered = 0;
  /** Whether a line came that nobody asked for. */
  private strayed = false;

  constructor(
    private readonly command: readonly string[],
    private readonly place: Pick<Allowed, 'cwd' | 'environment'>,
  ) {}

  async ask(question: object, options: AskOptions): Promise<OwnVerdict> {
    const verdict = await this.askOnce(question, options);
    if (verdict !== 'ended before') return verdict;
    // A new process has answered nothing, so it is not asked a third time.
    return (await this.askOnce(question, options)) as OwnVerdict;
  }

  /** @returns `ended before` where it had answered earlier questions and ended by itself, perhaps before it saw this one. */
  private askOnce(question: object, { seconds, signal }: AskOptions): Promise<OwnVerdict | 'ended before'> {
    signal.throwIfAborted();
    if (this.strayed) {
      this.close();
      return Promise.resolve(TOO_MANY_LINES);
    }
    const child = this.started();
    child.stdout.off('data', this.onStray);
    return new Promise((settle, fail) => {
      let reply = '';
      let ended = false;
      let verdict: OwnVerdict | null = null;
      const end = (settled: OwnVerdict | 'ended before', then: 'keep' | 'stop') => {
        if (ended) return;
        ended = true;
        clearTimeout(timer);
        child.stdout.off('data', onData);
        child.off('close', onClose);
        child.off('error', onError);
        signal.removeEventListener('abort', onAbort);
        if (then === 'stop') this.close();
        else child.stdout.on('data', this.onStray);
        settle(settled);
      };
      const onData = (chunk: string) => {
        reply += chunk;
        const length = reply.indexOf('\n');
        if (length >= 0 && reply.length > length + 1) end(TOO_MANY_LINES, 'stop');
        else if (length >= 0) {
          const given = verdictIn(reply.slice(0, length));
          verdict = given;
          setTimeout(() => end(given, 'keep'), ++this.answered > WATCHED_ANSWERS ? SHORT_WATCH_MS : WATCH_MS);
        } else if (reply.length > LONGEST_LINE) end({ failed: 'it wrote a megabyte without a line end' }, 'stop');
      };
      const onClose = (code: number | null, killed: string | null) => {
        if (verdict === null && reply === '' && code === 0 && this.answered > 0) end('ended before', 'stop');
        else end(verdict ?? { failed: `it ended with ${killed ?? `exit code ${code}`}${this.lastWords()}` }, 'stop');
      };
      const onError = (error: Error) => end({ failed: `it cannot be started (${error.message})` }, 'stop');
      const onAbort = () => {
        end({ failed: 'interrupted' }, 'stop');
        fail(signal.reason);
      };
      const timer = setTimeout(() => end({ failed: `it gave no score within ${seconds} s` }, 'stop'), seconds * 1000);
      child.stdout.on('data', onData);
      child.on('close', onClose);
      child.on('error', onError);
      signal.addEventListener('abort', onAbort);
      child.stdin.write(`${lineOf(question)}\n`);
    });
  }

  private readonly onStray = () => {
    this.strayed = true;
  };

  private complaint = '';

  private lastWords(): string {
    const said = this.complaint.trim().replaceAll(/\s+/g, ' ').slice(-LONGEST_MESSAGE);
    return said === '' ? '' : `: ${said}`;
  }

  private started(): Child {
    if (this.child !== null) return this.child;
    const [program = '', ...rest] = this.command;
    const { cwd, environment } = this.place;
    const env = Object.fromEntries(PASSED_ON.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
    const child = spawn(program, rest, {
      cwd,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    this.complaint = '';
    this.answered = 0;
    child.stdout.setEncoding('utf8');
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.complaint = (this.complaint + chunk).slice(-4 * LONGEST_MESSAGE);
    });
    // A scorer that has ended takes no more lines; its end is told by 'close'.
    child.stdin.on('error', () => {});
    this.child = child;
    return child;
  }

  /** Ends it with all that it has started. */
  close(): void {
    const { child } = this;
    this.child = null;
    this.strayed = false;
    if (child?.pid === undefined || child.exitCode !== null) return;
    try {
      if (process.platform === 'win32') child.kill('SIGKILL');
      else process.kill(-child.pid, 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
  }
}

/** Readers of lines part them at U+2028 and U+2029, too, which JSON may hold as they are. */
function lineOf(question: object): string {
  return JSON.stringify(question).replace(/[\u2028\u2029]/g, (mark) => (mark === '\u2028' ? '\\u2028' : '\\u2029'));
}

function verdictIn(line: string): OwnVerdict {
  let reply: unknown;
  try {
    reply = JSON.parse(line);
  } catch {
    return { failed: `expected a number from 0 to 1, found ${JSON.stringify(line.slice(0, 80))}` };
  }
  return readVerdict(reply);
}

/** A number, or an object with `score`. */
export function readVerdict(reply: unknown): OwnVerdict {
  const isObject = typeof reply === 'object' && reply !== null && !Array.isArray(reply);
  const { score, answer, said }: { score?: unknown; answer?: unknown; said?: unknown } = isObject
    ? reply
    : { score: reply };
  if (typeof score !== 'number' || !(score >= 0 && score <= 1))
    return { failed: `expected a number from 0 to 1, found ${(JSON.stringify(score) ?? 'nothing').slice(0, 80)}` };
  return {
    value: score,
    ...((typeof answer === 'string' || answer === null) && { answer }),
    ...(typeof said === 'string' && { said: said.slice(0, 2000) }),
  };
}
