/** The openai backend under load: a request is made once, and all of its time counts. */
import { expect, test } from 'vitest';
import { type GenerationEvent, RequestFailure, ServerFailure, type Session } from '../../src/backends/backend.js';
import { generationSchema } from '../../src/core/definition/suite.js';
import { type Asked, json, type Script, stream } from '../support/openai-server.js';
import { backend, entry, prompt, useScripted } from '../support/openai-session.js';

const { current } = useScripted();
const CUT: Script = { steps: [{ halt: 'cut' }] };
const BUSY = json(429, { error: { message: 'slow down' } }, { 'retry-after': '1' });

async function openUnderLoad(): Promise<Session> {
  const context = { directory: '.', environment: {}, under: 'load' } as const;
  const session = await backend.open(
    entry({ endpoint: current.server.endpoint }),
    context,
    new AbortController().signal,
  );
  current.session = session;
  current.server.asked.length = 0;
  return session;
}

async function ask(session: Session): Promise<GenerationEvent[]> {
  const events: GenerationEvent[] = [];
  const generation = generationSchema.parse({});
  for await (const event of session.generate(prompt, generation, new AbortController().signal)) events.push(event);
  return events;
}

async function failureOf(session: Session): Promise<unknown> {
  return ask(session).then(
    () => expect.fail('expected a failure'),
    (error: unknown) => error,
  );
}

/** Breaks every request on a connection that was used before, as a server does that has just given it up. */
function breakUsedConnections(rest: () => Script): (asked: Asked) => Script {
  const ports = new Set<number>();
  return ({ port }) => {
    if (ports.has(port)) return CUT;
    ports.add(port);
    return rest();
  };
}

test('a refusal for too many requests is not tried again, and says what it is', async () => {
  const session = await openUnderLoad();
  current.server.answer = () => BUSY;
  const error = await failureOf(session);
  expect(error).toBeInstanceOf(RequestFailure);
  expect(error).toMatchObject({
    kind: 'rate-limit',
    message: expect.stringMatching(/answered 429 and said "slow down"/),
  });
  expect(current.server.asked).toHaveLength(1);
});

test('a server that breaks down is not asked again', async () => {
  const session = await openUnderLoad();
  current.server.answer = () => json(503, { error: { message: 'overloaded' } });
  expect(await failureOf(session)).toBeInstanceOf(ServerFailure);
  expect(current.server.asked).toHaveLength(1);
});

test('connections that the server had given up are replaced by a new one, and that is said', async () => {
  const session = await openUnderLoad();
  current.server.answer = breakUsedConnections(() => stream('ok'));
  const ends = [];
  for (let i = 0; i < 8; i++) ends.push((await ask(session)).at(-1)!);
  // The connections of the opening serve the first ones.
  expect(ends.filter((end) => end.kind === 'end' && end.reconnected).length).toBeGreaterThan(2);
  expect(ends.every((end) => end.kind === 'end' && end.retries === undefined)).toBe(true);
});

test('a new connection that breaks is a breakdown of the server', async () => {
  const session = await openUnderLoad();
  // The first request replaces the connection of the opening, and breaks on the new one.
  current.server.answer = () => CUT;
  expect(await failureOf(session)).toBeInstanceOf(ServerFailure);
  const asked = current.server.asked.length;
  expect(await failureOf(session)).toBeInstanceOf(ServerFailure);
  expect(current.server.asked.length - asked).toBe(1);
});

test('a server that takes no connection has not answered', async () => {
  const session = await openUnderLoad();
  await current.server.close();
  // The connection of the opening breaks with the server.
  await failureOf(session);
  const error = await failureOf(session);
  expect(error).toMatchObject({ kind: 'connection', message: expect.stringMatching(/ECONNREFUSED.*no connection/) });
  current.session = undefined;
  current.server = { ...current.server, close: async () => {} };
});

test('the time of the lost attempt is part of every stamp', async () => {
  const session = await openUnderLoad();
  const answer = breakUsedConnections(() => stream('ok'));
  current.server.answer = async (asked) => {
    await new Promise((resolve) => setTimeout(resolve, 40));
    return answer(asked);
  };
  for (;;) {
    const due = session.now();
    const [piece, end] = await ask(session);
    if (end?.kind !== 'end' || !end.reconnected) continue;
    // Both attempts waited for 40 ms.
    expect(piece!.time - due).toBeGreaterThan(0.075);
    return;
  }
});
