/**
 * The clock of a client. Node's timers have a grain of a millisecond, so a wait is never a number of milliseconds from now: every call
 * has an absolute time, one timer waits for the earliest of them, and the callbacks that are due are called. A late call moves no later one.
 * Between two rings of the timer the clock looks whenever the process is awake, which under load is thousands of times a second: bytes
 * of answers arrive. Waiting takes no processor time.
 */

export interface Clock {
  /** Seconds, monotonic. */
  now(): number;
  /** Calls `run` at this time, or as soon after it as the event loop allows, and never before. */
  at(time: number, run: () => void): void;
  /** Drops all calls that are still to come. */
  stop(): void;
}

interface Call {
  readonly time: number;
  /** Calls of one time keep their order. */
  readonly order: number;
  readonly run: () => void;
}

export function createClock(): Clock {
  const calls: Call[] = [];
  let timer: NodeJS.Timeout | undefined;
  let looking: NodeJS.Immediate | undefined;
  let armed = Number.POSITIVE_INFINITY;
  let made = 0;

  function arm(): void {
    const next = calls[0];
    if (next === undefined || next.time >= armed) return;
    clearTimeout(timer);
    armed = next.time;
    // Rounded down: a timer that is early looks again, and a timer that is late would stay late.
    timer = setTimeout(ring, Math.max(1, Math.floor((next.time - now()) * 1000)));
  }

  function ring(): void {
    armed = Number.POSITIVE_INFINITY;
    callDue();
    arm();
  }

  function callDue(): void {
    while (calls.length > 0 && calls[0]!.time <= now()) takeFirst(calls).run();
  }

  /** Looks once the event loop has done what it was awake for: an immediate without a reference wakes nobody. */
  function lookWhenAwake(): void {
    looking ??= setImmediate(look).unref();
  }

  function look(): void {
    looking = undefined;
    callDue();
    if (calls.length > 0) lookWhenAwake();
  }

  return {
    now,
    at(time, run) {
      insert(calls, { time, order: made++, run });
      arm();
      lookWhenAwake();
    },
    stop() {
      calls.length = 0;
      clearTimeout(timer);
      clearImmediate(looking);
      looking = undefined;
      armed = Number.POSITIVE_INFINITY;
    },
  };
}

function now(): number {
  return performance.now() / 1000;
}

function isBefore(a: Call, b: Call): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}

/** A binary heap: the earliest call stands first, and each call stands before its two children, at 2i + 1 and 2i + 2. */
function insert(heap: Call[], call: Call): void {
  let place = heap.push(call) - 1;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!isBefore(call, heap[parent]!)) break;
    heap[place] = heap[parent]!;
    place = parent;
  }
  heap[place] = call;
}

function takeFirst(heap: Call[]): Call {
  const first = heap[0]!;
  const moved = heap.pop()!;
  if (heap.length === 0) return first;
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, moved)) break;
    heap[place] = heap[child]!;
    place = child;
  }
  heap[place] = moved;
  return first;
}
