/** A clock that moves only when it is told to, and a server with slots on that clock. */
import type { Clock } from '../../src/load/clock.js';

export interface VirtualClock extends Clock {
  /** Moves on, from call to call. What a call leads to happens before the next one. */
  run(until: number): Promise<void>;
}

export function virtualClock(): VirtualClock {
  const calls: { readonly time: number; readonly run: () => void }[] = [];
  let time = 0;
  return {
    now: () => time,
    at: (at, run) => void calls.push({ time: at, run }),
    stop: () => void calls.splice(0),
    async run(until) {
      for (;;) {
        await settled();
        const next = calls.toSorted((a, b) => a.time - b.time)[0];
        if (next === undefined || next.time > until) break;
        calls.splice(calls.indexOf(next), 1);
        time = Math.max(time, next.time);
        next.run();
      }
      time = until;
    },
  };
}

/** Promises that wait for nothing but each other are done. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
