/** Whole answers of servers, each as it is documented or was quoted, and what each means: see the table in dialects.ts. */
import { expect, test } from 'vitest';
import type { Script } from '../support/openai-server.js';
import { failure, useScripted } from '../support/openai-session.js';
import { DIALECTS, type Dialect } from './dialects.js';

const { answered } = useScripted();

function scriptOf({ body, status = 200 }: Dialect): Script {
  const type = status === 200 ? 'text/event-stream' : 'application/json';
  return { status, headers: { 'content-type': type }, steps: [{ write: body }] };
}

test('the table has forty dialects, each with its source', () => {
  expect(DIALECTS.length).toBeGreaterThanOrEqual(40);
  for (const { source } of DIALECTS) expect(source).toMatch(/^https:\/\/\S+$/);
});

test.each(DIALECTS.map((dialect) => [dialect.server, dialect] as const))('%s', async (_, dialect) => {
  const { meaning } = dialect;
  if ('error' in meaning) {
    const error = await failure(answered(scriptOf(dialect)));
    expect([error.name, error.message]).toEqual([meaning.error, expect.stringContaining(meaning.says)]);
    return;
  }
  const { text, end, pieces } = await answered(scriptOf(dialect));
  const reasoning = pieces.map((piece) => piece.reasoning ?? '').join('');
  const { promptTokens, outputTokens } = end;
  const tokens =
    'value' in promptTokens && 'value' in outputTokens
      ? { prompt: promptTokens.value, output: outputTokens.value }
      : null;
  expect({ text, reasoning, finish: end.finish, tokens }).toEqual({ reasoning: '', ...meaning });
});

test('an event in two halves is one event', async () => {
  const steps = DIALECTS[0]!.body.split(/(?<=data:)/).map((write) => ({ write }));
  expect((await answered({ headers: { 'content-type': 'text/event-stream' }, steps })).text).toBe('Hello there');
});
