/** A step of a load test on an opened model. It is a module of its own because a worker of trials does without what it needs. */
import type { Session } from '../backends/backend.js';
import { type ReasoningMarks, withoutReasoning } from '../backends/reasoning.js';
import { withNonce } from '../core/load/synthetic.js';
import type { Outcome } from '../core/measure/measurement.js';
import { createClock } from '../load/clock.js';
import {
  type Asked,
  holdStep,
  type ServerLook,
  type StepClosing,
  type StepOrder,
  type StepReport,
} from '../load/step.js';
import { listenerOn } from '../system/listener.js';
import type { TrialRequest } from './protocol.js';
import { coresOf, serverUsage } from './server-usage.js';
import { runTrial } from './trial.js';

/** What the step is held on. */
export interface Held {
  readonly session: Session;
  readonly marks: ReasoningMarks | undefined;
  /** Of a server on this machine that is not ours. */
  readonly port: number | null;
}

export async function holdOnSession(
  held: Held,
  order: StepOrder<TrialRequest>,
  { report, finish }: { readonly report: (report: StepReport) => void; readonly finish: AbortSignal },
): Promise<StepClosing> {
  const { session } = held;
  const closing = await holdStep(order, {
    clock: createClock(),
    ask: (question, turn, cancel) => ask(held, unique(question, order.nonceSeed, turn), turn, cancel),
    report,
    finish,
    look: (signal) => lookAtServer(session, signal),
    shared: session.facts.network === 'none' ? 'the engine computes in the process of the client' : null,
  });
  return { ...closing, cores: await coresOfBoth(held) };
}

async function ask(
  { session, marks }: Held,
  question: TrialRequest,
  { due, pass }: Asked & { readonly due: number },
  cancel: AbortSignal,
): Promise<Outcome> {
  try {
    return withoutReasoning(await runTrial(session, repeated(question, pass), { cancel, due, marks }), marks);
  } catch {
    return { state: 'failed', by: 'harness', kind: 'cut', reason: 'the step ended before its answer', output: '' };
  }
}

/** The question with a nonce of its own, where it has room for one. */
function unique(question: TrialRequest, seed: string | undefined, { sample, pass }: Asked): TrialRequest {
  if (question.for !== 'answer' || question.nonce === undefined || seed === undefined) return question;
  return { ...question, prompt: withNonce(question.prompt, question.nonce, [seed, sample, pass]) };
}

/** A sampled answer that comes again draws from a seed of its own, or it would be one answer written down twice. */
function repeated(question: TrialRequest, pass: number): TrialRequest {
  if (pass === 0 || question.for !== 'answer') return question;
  const { generation } = question;
  return { ...question, generation: { ...generation, seed: generation.seed + pass } };
}

/** What the server says of itself, and what its processes use, where they are ours; null where neither is known. */
async function lookAtServer({ look, processes }: Session, signal: AbortSignal): Promise<ServerLook['values'] | null> {
  const [said, used] = await Promise.all([look?.(signal), serverUsage(processes)]);
  const values = { ...said, ...used };
  return Object.keys(values).length === 0 ? null : values;
}

async function coresOfBoth({ session, port }: Held): Promise<StepClosing['cores']> {
  const serving = session.processes[0] ?? (port === null ? null : await listenerOn(port));
  const [client, server] = [await coresOf('self'), serving === null ? null : await coresOf(serving)];
  return client === null ? undefined : { client, ...(server !== null && { server }) };
}
