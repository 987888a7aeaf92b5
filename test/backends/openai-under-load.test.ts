/** The openai backend under load: a request is made once, and all of its time counts. */
import { describe, expect, test } from 'vitest';
import {
  type GenerationEvent,
  type LoadManner,
  RequestFailure,
  ServerFailure,
  type Session,
} from '../../src/backends/backend.js';
import { generationSchema } from '../../src/core/definition/suite.js';
import { UserError } from '../../src/core/errors.js';
import { type Asked, chunk, DONE, finish, json, type Script, script, stream } from '../support/openai-server.js';
import { backend, entry, prompt, useScripted } from '../support/openai-session.js';

const { current } = useScripted();
const CUT: Script = { steps: [{ halt: 'cut' }] };
const BUSY = json(429, { error: { message: 'slow down' } }, { 'retry-after': '1' });

async function openUnderLoad(manner: LoadManner = {}): Promise<Session> {
  const context = { directory: '.', environment: {}, under: 'load', manner } as const;
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

const STALL = { halt: 'stall' } as const;

test('an answer that stalls keeps the pieces that came, with their own times', async () => {
  const session = await openUnderLoad();
  current.server.answer = () => script(chunk({ content: 'so' }), { wait: 0.15 }, chunk({ content: ' far' }), STALL);
  const pieces: GenerationEvent[] = [];
  const generation = generationSchema.parse({ timeout: 0.6 });
  const asking = async () => {
    for await (const event of session.generate(prompt, generation, new AbortController().signal)) pieces.push(event);
  };
  await expect(asking()).rejects.toMatchObject({ kind: 'timeout' });
  expect(pieces.map((piece) => piece.kind === 'piece' && piece.text)).toEqual(['so', ' far']);
  // They are read when the answer has ended, and bear the times at which they came.
  expect(pieces[1]!.time - pieces[0]!.time).toBeGreaterThan(0.1);
  expect(session.now() - pieces[1]!.time).toBeGreaterThan(0.2);
});

test('an answer is over with its last event, also where the server keeps the stream open', async () => {
  const session = await openUnderLoad();
  current.server.answer = () =>
    script(chunk({ content: 'all [DONE] of it' }), chunk({ content: '.' }), finish('stop'), DONE, STALL);
  const began = session.now();
  const events = await ask(session);
  expect(events.map((event) => (event.kind === 'piece' ? event.text : event.kind))).toEqual([
    'all [DONE] of it',
    '.',
    'end',
  ]);
  expect(session.now() - began).toBeLessThan(5);
});

test('a stop string that the server does not look for ends the answer', async () => {
  const session = await openUnderLoad();
  current.server.answer = ({ body }) =>
    'stop' in (body as object)
      ? json(400, { error: { message: 'stop is not supported' } })
      : script(chunk({ content: 'one' }), chunk({ content: '; two' }), STALL);
  const texts: string[] = [];
  for (let i = 0; i < 2; i++) {
    const generation = generationSchema.parse({ stop: [';'], timeout: 2 });
    for await (const event of session.generate(prompt, generation, new AbortController().signal)) {
      if (event.kind === 'piece') texts.push(event.text);
    }
  }
  expect(texts.join('')).toBe('oneone');
});

describe('what is asked of a server beside its answers', () => {
  const ownedBy = (owned_by?: string) => {
    current.server.models = () => json(200, { data: [{ id: 'tiny', object: 'model', owned_by }] });
  };

  async function bodiesOf(manner: LoadManner): Promise<Record<string, unknown>[]> {
    const session = await openUnderLoad(manner);
    for (let i = 0; i < 2; i++) await ask(session);
    return current.server.asked.map(({ body }) => body as Record<string, unknown>);
  }

  test('is in each request, by the names of the server', async () => {
    ownedBy('llamacpp');
    const [first] = await bodiesOf({ prefixCache: 'off', length: 'fixed' });
    expect(first).toMatchObject({ cache_prompt: false, ignore_eos: true });
    ownedBy('vllm');
    const bodies = await bodiesOf({ prefixCache: 'off', length: 'fixed' });
    expect(bodies[0]).toMatchObject({ ignore_eos: true, min_tokens: bodies[0]!.max_tokens });
    expect(new Set(bodies.map(({ cache_salt }) => cache_salt)).size).toBe(2);
  });

  test('is nothing where nothing was asked', async () => {
    ownedBy('llamacpp');
    const [body] = await bodiesOf({});
    expect(Object.keys(body!)).not.toContain('cache_prompt');
    expect(Object.keys(body!)).not.toContain('ignore_eos');
  });

  test.each([
    [
      undefined,
      { prefixCache: 'off' },
      '--no-prefix-cache: expected a server that a request can tell to keep no prompts (llama-server, vLLM) behind model "m", found one that does not say what it is; leave out --no-prefix-cache',
    ],
    ['sglang', { prefixCache: 'off' }, /found sglang; leave out --no-prefix-cache$/],
    ['library', { length: 'fixed' }, /^--fixed-length: .* found library; leave out --fixed-length$/],
  ] as const)('is refused before the first request where the server is %s', async (owner, manner, message) => {
    ownedBy(owner);
    const opening = openUnderLoad(manner);
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toBeInstanceOf(UserError);
  });
});
