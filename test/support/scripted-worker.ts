/**
 * A worker that plays a script: it answers at once by a clock of its own, dies where it is told to, and counts what it was asked. It
 * stands in for a process wherever an `OpenWorker` is taken, so kills and hangs take no time.
 */
import type { Closed } from '../../src/core/definition/condition.js';
import { generationSchema } from '../../src/core/definition/suite.js';
import type { LogRecord, SampleRecord, SessionFacts } from '../../src/core/log/log.js';
import type { MemoryReading, Outcome } from '../../src/core/measure/measurement.js';
import { plan } from '../../src/core/plan/plan.js';
import { missing } from '../../src/core/quantity.js';
import { type LoadedModel, modelFrom } from '../../src/files/definitions.js';
import { LONGEST_BATCH, type TrialRequest } from '../../src/worker/protocol.js';
import type { KeeperOptions, SessionEvent } from '../../src/worker/session-keeper.js';
import { type OpenWorker, WorkerDied } from '../../src/worker/worker-session.js';

const NO_READING = missing('a scripted worker has no memory');
const MEMORY: MemoryReading = {
  resident: NO_READING,
  anonymous: NO_READING,
  fileMapped: NO_READING,
  gpu: NO_READING,
};
export const FACTS: SessionFacts = {
  engine: 'scripted',
  device: 'none',
  threads: NO_READING,
  context: NO_READING,
  chatTemplateHash: NO_READING,
  cannot: {},
  network: 'none',
  warnings: [],
};

/** Seconds until the death of a worker is known. */
const DYING = 1;

export interface Script {
  /** Seconds that a trial takes. */
  readonly seconds?: number;
  /** How often a worker dies of a prompt; always, where this is Infinity. */
  readonly deadly?: Readonly<Record<string, number>>;
  /** How many workers die before they have opened the model. */
  readonly stillborn?: number;
  readonly concurrency?: number;
  readonly network?: SessionFacts['network'];
  /** Whether its clock is that of the runner too; by default the runner has a real one, by which a scripted answer takes no time. */
  readonly isClock?: boolean;
}

export interface ScriptedWorker {
  readonly openWorker: OpenWorker;
  /** The prompts of each message. */
  readonly messages: string[][];
  readonly opened: () => number;
  readonly closed: () => number;
  /** Seconds by the script's clock. */
  readonly now: () => number;
}

export function scriptedWorker({
  seconds = 2 ** -10,
  deadly = {},
  stillborn = 0,
  concurrency = 1,
  network = 'none',
  isClock = false,
}: Script = {}): ScriptedWorker {
  const lives = new Map(Object.entries(deadly));
  const messages: string[][] = [];
  let clock = 0;
  let opened = 0;
  let closed = 0;

  const openWorker: OpenWorker = async (_, { signal }) => {
    signal.throwIfAborted();
    if (opened++ < stillborn) throw new WorkerDied('the worker process was ended by SIGKILL');
    let dead = false;
    return {
      facts: { ...FACTS, network },
      load: 0.5,
      memory: { baseline: MEMORY, loaded: MEMORY },
      concurrency,
      async run(trials, until) {
        until.throwIfAborted();
        messages.push(trials.map(promptOf));
        const begun = clock;
        const answers: { outcome: Outcome; at: number }[] = [];
        for (const trial of trials) {
          const left = lives.get(promptOf(trial)) ?? 0;
          lives.set(promptOf(trial), left - 1);
          dead ||= left > 0;
          // A process that is gone takes its neighbours with it, after they had the time to be under way too.
          await Promise.resolve();
          if (dead) {
            clock += DYING;
            throw new WorkerDied('the worker process was ended by SIGSEGV');
          }
          clock += seconds;
          answers.push({ outcome: completed(promptOf(trial), seconds), at: clock });
          if (clock - begun > LONGEST_BATCH) break;
        }
        return answers.map(({ outcome, at }) => ({ outcome, ago: isClock ? clock - at : 0 }));
      },
      hold: async () => {
        throw new Error('a scripted worker holds no step');
      },
      async close() {
        closed++;
        return { memory: { peak: MEMORY, final: MEMORY }, workerDelay: missing('a scripted worker has no loop') };
      },
    };
  };
  return { openWorker, messages, opened: () => opened, closed: () => closed, now: () => clock };
}

export const scriptedModel = (id: string): LoadedModel => modelFrom({ id, class: 'slm', backend: 'scripted' }, '.');

/** What a trial requests. */
export function trialOf(prompt: string, timeout = 60): TrialRequest {
  return { for: 'answer', prompt: { text: prompt }, generation: generationSchema.parse({ timeout }) };
}

function promptOf(trial: TrialRequest): string {
  return trial.for === 'answer' && 'text' in trial.prompt ? trial.prompt.text : '';
}

function completed(output: string, seconds: number): Outcome {
  return {
    state: 'completed',
    output,
    finish: 'stop',
    promptTokens: { value: 1, source: 'engine' },
    outputTokens: { value: 1, source: 'engine' },
    timing: { sent: 0, pieces: [seconds], end: seconds },
    logprobs: missing('a scripted worker has no probabilities'),
  };
}

/** Trials of one task whose prompts are the names of its samples. */
export function workload(samples: readonly string[], requests = 1) {
  const condition: Closed = { kind: 'closed', requests };
  const blocks = plan([{ suite: 'desk', task: 'route', samples, condition }], ['small'], { repetitions: 1, seed: 0 });
  const records = samples.map(
    (sample): SampleRecord => ({
      type: 'sample',
      suite: 'desk',
      task: 'route',
      sample,
      group: null,
      target: sample,
      fields: {},
      prompt: { text: sample },
      promptHash: sample,
      hash: sample,
    }),
  );
  return {
    blocks,
    trials: [...blocks[0]!.cells[0]!.trials],
    samples: new Map(records.map((record) => [`desk/route/${record.sample}`, record])),
    tasks: new Map([['desk/route', { generation: generationSchema.parse({}), unconditional: false }]]),
  };
}

/** What a keeper of one model is given, and what it wrote and said. */
export function keeperWith(script: Script, samples: readonly string[]) {
  const worker = scriptedWorker({ ...script, isClock: true });
  const { trials, blocks, ...definitions } = workload(samples, script.concurrency);
  const stop = new AbortController();
  const log: LogRecord[] = [];
  const events: SessionEvent[] = [];
  let sessions = 0;
  const options: KeeperOptions = {
    openWorker: worker.openWorker,
    environment: {},
    models: new Map([['small', scriptedModel('small')]]),
    ...definitions,
    concurrency: script.concurrency ?? 1,
    append: (record) => void log.push(record),
    signal: stop.signal,
    nextSession: () => String(++sessions),
    origin: { machine: 'here', part: 'first' },
    elapsed: worker.now,
    onEvent: (event) => void events.push(event),
  };
  return { worker, trials, blocks, log, events, stop, options };
}
