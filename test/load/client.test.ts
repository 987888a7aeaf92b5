/** What a client sends when, by a clock that stands still until it is moved. */
import { describe, expect, test } from 'vitest';
import type { Schedule } from '../../src/core/load/schedule.js';
import { startStep, type Turn } from '../../src/load/client.js';
import { type VirtualClock, virtualClock } from '../support/virtual-clock.js';

interface Sent extends Turn {
  readonly sent: number;
}

/** Runs a step on a server that takes `service` seconds for each answer. */
async function play(
  schedule: Schedule,
  { service, until, most = 1000, late = 0 }: { service: number; until: number; most?: number; late?: number },
) {
  const clock = virtualClock();
  const finish = new AbortController();
  const sent: Sent[] = [];
  const answered: Turn[] = [];
  const cut: number[] = [];
  const step = startStep<'answer' | 'cut'>(schedule, {
    clock: lateBy(clock, late),
    begin: 10,
    places: numbers(most),
    users: () => true,
    ask: (turn, signal) => {
      sent.push({ ...turn, sent: clock.now() });
      return new Promise((resolve) => {
        clock.at(clock.now() + service, () => resolve('answer'));
        signal.addEventListener('abort', () => resolve('cut'));
      });
    },
    onAnswer: (turn, answer) => void (answer === 'cut' ? cut.push(turn.place) : answered.push(turn)),
    finish: finish.signal,
  });
  await clock.run(10 + until);
  finish.abort();
  return { sent, answered, cut, unsent: await step.unsent };
}

/** The clock of a client that is busy when its time comes. */
function lateBy(clock: VirtualClock, seconds: number): VirtualClock {
  return { ...clock, at: (time, run) => clock.at(time + seconds, run) };
}

function* numbers(most: number): Generator<number, void> {
  for (let i = 0; i < most; i++) yield i;
}

const closed = (requests: number): Schedule => ({ kind: 'closed', requests });
const users = (thinks: readonly (readonly number[])[]): Schedule => ({
  kind: 'users',
  users: thinks.length,
  think: (user) => thinks[user]!.values(),
});
const due = (times: readonly number[], ceiling: number | null = null): Schedule => ({
  kind: 'due',
  times: () => times.values(),
  ceiling,
});

describe('closed n', () => {
  test('keeps n requests under way, and each is due when the answer before it is complete', async () => {
    const { sent, cut } = await play(closed(2), { service: 3, until: 7 });
    expect(sent.map(({ sent }) => sent)).toEqual([10, 10, 13, 13, 16, 16]);
    expect(sent.map(({ due }) => due)).toEqual([10, 10, 13, 13, 16, 16]);
    expect(cut).toEqual([4, 5]);
  });

  test('stops asking after the most requests that it may make', async () => {
    const { sent, cut } = await play(closed(2), { service: 1, until: 9, most: 3 });
    expect(sent.map(({ place }) => place)).toEqual([0, 1, 2]);
    expect(cut).toEqual([]);
  });
});

describe('users', () => {
  test('think, ask, wait for the answer and think again', async () => {
    const { sent } = await play(
      users([
        [1, 5],
        [2, 0.5, 30],
      ]),
      { service: 2, until: 12 },
    );
    expect(sent.map(({ sent, due }) => [sent, due])).toEqual([
      [11, 11],
      [12, 12],
      [14.5, 14.5],
      [18, 18],
    ]);
  });

  test('whose time came while the client was busy are due and unsent', async () => {
    const { sent, unsent } = await play(
      users([
        [1, 9],
        [4, 9],
      ]),
      { service: 1, until: 5, late: 2 },
    );
    expect(sent.map(({ sent, due }) => [sent, due])).toEqual([[13, 11]]);
    expect(unsent.map(({ due }) => due)).toEqual([14]);
  });
});

describe('due times', () => {
  test('do not depend on the answers', async () => {
    const { sent } = await play(due([0, 1, 1.5, 6]), { service: 100, until: 8 });
    expect(sent.map(({ sent }) => sent)).toEqual([10, 11, 11.5, 16]);
  });

  test('stay as they are when the client is late', async () => {
    const { sent, unsent } = await play(due([0, 1, 1.5, 6]), { service: 1, until: 7, late: 2 });
    expect(sent.map(({ sent, due }) => [sent, due])).toEqual([
      [12, 10],
      [12, 11],
      [12, 11.5],
    ]);
    expect(unsent).toEqual([{ place: 3, due: 16 }]);
  });

  test('wait for a ceiling, and that wait is seen', async () => {
    const { sent, unsent } = await play(due([0, 1, 2, 3], 2), { service: 5, until: 6 });
    expect(sent).toEqual([
      { place: 0, due: 10, sent: 10 },
      { place: 1, due: 11, sent: 11 },
      { place: 2, due: 12, released: 15, sent: 15 },
      { place: 3, due: 13, released: 16, sent: 16 },
    ]);
    expect(unsent).toEqual([]);
  });

  test('are named when the end came before they were sent', async () => {
    const { cut, unsent } = await play(due([0, 1, 2, 30], 1), { service: 50, until: 6 });
    expect(cut).toEqual([0]);
    expect(unsent).toEqual([
      { place: 1, due: 11 },
      { place: 2, due: 12 },
    ]);
  });
});
