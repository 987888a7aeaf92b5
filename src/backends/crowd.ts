/**
 * Several answers at once (continuous batching; Yu et al. 2022, "Orca"): every step computes the next token of each, and a new one
 * joins as soon as another has left. Who waits, who reads and who has left is the same for every engine, and stands here; what
 * a step computes is the engine's.
 *
 * A token's time here says how long a crowd of requests takes, not what the model can do for one.
 */
import { setImmediate } from 'node:timers/promises';
import { type Asked, createInbox, type Inbox } from './inbox.js';

export interface Crowd<Request> {
  /** Begins an answer, which goes on until it is as long as it may be or whoever asked leaves. */
  ask(request: Request): Asked;
  /** Waits until no answer is under way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export interface Waiting<Request> {
  readonly request: Request;
  readonly inbox: Inbox;
}

/** The engine's part. Its calls come one after another, and what they touch is touched at no other time. */
export interface CrowdEngine<Request> {
  /** Of the answers under way. */
  inboxes(): readonly Inbox[];
  /** Ends the answers that are as long as they may be, and those that nobody reads any more. */
  dismiss(left: ReadonlySet<Inbox>): void;
  /** Begins answers of those who wait, as long as there is room, and takes them from the head of the list. */
  admit(waiting: Waiting<Request>[]): Promise<void>;
  /** Where it fails, all answers under way do. */
  step(): Promise<void>;
}

export function createCrowd<Request>(engine: CrowdEngine<Request>): Crowd<Request> {
  const waiting: Waiting<Request>[] = [];
  /** Inboxes that nobody reads any more. */
  const left = new Set<Inbox>();
  let running: Promise<void> | null = null;
  let closed = false;

  function failAll(error: unknown): void {
    for (const inbox of engine.inboxes()) {
      inbox.fail(error);
      left.add(inbox);
    }
  }

  async function run(): Promise<void> {
    for (;;) {
      // Whoever has read its last token says so before the next step computes one more.
      await setImmediate();
      engine.dismiss(left);
      left.clear();
      await engine.admit(waiting);
      if (engine.inboxes().length === 0) break;
      try {
        await engine.step();
      } catch (error) {
        failAll(error);
      }
    }
    running = null;
  }

  return {
    ask(request) {
      if (closed) throw new Error('the session is closed');
      const inbox = createInbox();
      const entry = { request, inbox };
      waiting.push(entry);
      running ??= run();
      return {
        next: inbox.take,
        leave() {
          const place = waiting.indexOf(entry);
          if (place >= 0) waiting.splice(place, 1);
          else left.add(inbox);
        },
      };
    },
    idle: async () => void (await running),
    async close() {
      closed = true;
      const ended = new Error('the session is closed');
      for (const { inbox } of waiting.splice(0)) inbox.fail(ended);
      failAll(ended);
      await running;
    },
  };
}
