/** A step in its process: what it asks, how several clients share it, and what it reports. */
import { describe, expect, test } from 'vitest';
import { type Condition, parseCondition } from '../../src/core/definition/condition.js';
import type { Outcome } from '../../src/core/measure/measurement.js';
import { createClock } from '../../src/load/clock.js';
import { type Asked, holdStep, type Share, type StepAnswer, type StepOrder, systemTime } from '../../src/load/step.js';

const FAILED: Outcome = { state: 'failed', by: 'harness', kind: 'engine', reason: 'there is no engine', output: '' };
const ALONE: Share = { client: 0, clients: 1 };

interface Held {
  readonly answers: readonly StepAnswer[];
  readonly asked: readonly (Asked & { readonly question: string })[];
}

/** Holds a step until so many requests were answered; each takes `service` seconds. */
async function hold(
  condition: Condition,
  most: number,
  more: Partial<StepOrder<string>> = {},
  service = 0.002,
): Promise<Held> {
  const finish = new AbortController();
  const answers: StepAnswer[] = [];
  const asked: (Asked & { question: string })[] = [];
  const share = more.share ?? ALONE;
  const mine = Math.ceil((most - share.client) / share.clients);
  const order = {
    condition,
    seed: 1,
    orderSeed: 1,
    share,
    begin: systemTime(),
    first: 0,
    most,
    questions: ['a', 'b', 'c'],
    ...more,
  };
  await holdStep(order, {
    clock: createClock(),
    async ask(question, { sample, pass }) {
      asked.push({ question, sample, pass });
      await new Promise((resolve) => setTimeout(resolve, service * 1000));
      return FAILED;
    },
    report(report) {
      answers.push(...report.answers);
      if (answers.length >= mine) finish.abort();
    },
    finish: finish.signal,
    look: async () => null,
    shared: null,
  });
  return { answers, asked };
}

describe('the samples', () => {
  test('are each asked once in every pass, in the same order under every condition', async () => {
    const under = async (text: string) => (await hold(parseCondition(text), 9)).asked;
    const closed = await under('closed 1');
    expect(closed.map(({ pass }) => pass)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
    for (const pass of [0, 1, 2]) {
      const questions = closed.filter((asked) => asked.pass === pass).map(({ question }) => question);
      expect(questions.sort()).toEqual(['a', 'b', 'c']);
    }
    expect(await under('open 500 poisson')).toEqual(closed);
  });

  test('go on where the step before ended', async () => {
    const whole = (await hold(parseCondition('closed 1'), 9)).asked;
    const rest = (await hold(parseCondition('closed 1'), 5, { first: 4 })).asked;
    expect(rest).toEqual(whole.slice(4));
  });
});

test.each(['open 400 poisson', 'open 400 constant', 'open 400 gamma:2'])(
  'two clients send together what one sends: %s',
  async (text) => {
    const condition = parseCondition(text);
    const wholly = (held: readonly Held[]) =>
      held
        .flatMap(({ answers }) => answers.map(({ due, sample, pass }) => ({ due, sample, pass })))
        .sort((a, b) => a.due - b.due);
    const one = await hold(condition, 21);
    const two = await Promise.all([0, 1].map((client) => hold(condition, 21, { share: { client, clients: 2 } })));
    expect(two.map(({ answers }) => answers.length)).toEqual([11, 10]);
    expect(wholly(two)).toEqual(wholly([one]));
  },
);

test('two clients divide the users among them', async () => {
  const condition = parseCondition('users 5 think 0.001s');
  let most = 0;
  const underWay = async (share: Share) => {
    const { answers } = await hold(condition, 30, { share }, 0.01);
    most = Math.max(most, answers.length);
    return mostAtOnce(answers);
  };
  expect(await Promise.all([0, 1].map((client) => underWay({ client, clients: 2 })))).toEqual([3, 2]);
});

function mostAtOnce(answers: readonly StepAnswer[]): number {
  return Math.max(...answers.map(({ due }) => answers.filter((other) => other.due <= due && other.end > due).length));
}

describe('the looks at the server', () => {
  const lookedAt = async (looks: readonly (Record<string, number> | null)[]) => {
    const finish = new AbortController();
    let looked = 0;
    const holding = holdStep(
      {
        ...{ condition: parseCondition('closed 1'), seed: 1, orderSeed: 1, share: ALONE, begin: systemTime() },
        ...{ first: 0, most: Number.POSITIVE_INFINITY, questions: ['a'] },
      },
      {
        clock: createClock(),
        ask: (_, __, signal) =>
          new Promise((resolve) => signal.addEventListener('abort', () => resolve(FAILED), { once: true })),
        report: () => {},
        finish: finish.signal,
        look: async () => {
          const found = looks[looked++] ?? null;
          if (looked === looks.length) setImmediate(() => finish.abort());
          return found;
        },
        shared: null,
      },
    );
    if (looks.every((look) => look === null)) setTimeout(() => finish.abort(), 4_500);
    const { server } = await holding;
    return { looked, values: server.map(({ values }) => values) };
  };

  test.concurrent('leave out one that came to nothing, and go on', async () => {
    expect((await lookedAt([{ a: 1 }, null, { a: 3 }])).values).toEqual([{ a: 1 }, { a: 3 }]);
  });

  test.concurrent('end where the server never says anything', async () => {
    expect(await lookedAt([null, null, null, null, null])).toEqual({ looked: 3, values: [] });
  });
});
