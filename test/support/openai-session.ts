/** A scripted server and sessions of the openai backend on it, fresh for each test. */
import { afterEach, beforeEach, expect } from 'vitest';
import type { Session } from '../../src/backends/backend.js';
import { createOpenai } from '../../src/backends/openai.js';
import { type ModelOf, modelSchema } from '../../src/core/definition/model.js';
import type { Generation } from '../../src/core/definition/suite.js';
import type { Chat } from '../../src/core/message.js';
import { collect } from '../backends/contract.js';
import { type Script, type ScriptedServer, startScripted } from './openai-server.js';

export const backend = createOpenai({ attempts: 3, delay: 0.02, patience: 1 });
export const prompt: Chat = { messages: [{ role: 'user', content: 'Where is my parcel?' }] };
export const KEY = 'sk-verysecretverysecret';
export const environment = { TEST_KEY: KEY, BAD_KEY: 'half\nhalf' };

export function entry(fields: Record<string, unknown>): ModelOf<'openai'> {
  return modelSchema.parse({ id: 'm', backend: 'openai', source: 'tiny', ...fields }) as ModelOf<'openai'>;
}

/** To be called once in a test file: starts a server before each test, and ends it after. */
export function useScripted() {
  const current = {} as { server: ScriptedServer; session: Session | undefined };

  beforeEach(async () => {
    current.server = await startScripted();
  });

  afterEach(async () => {
    await current.session?.close();
    current.session = undefined;
    await current.server.close();
  });

  async function open(fields: Record<string, unknown> = {}): Promise<Session> {
    await current.session?.close();
    const model = entry({ endpoint: current.server.endpoint, ...fields });
    const context = { directory: '.', environment };
    current.session = await backend.open(model, context, new AbortController().signal);
    current.server.asked.length = 0;
    return current.session;
  }

  /** Opens on a server that behaves, then has it answer as given, once for each script, the last one for ever. */
  async function answered(scripts: Script | Script[], generation: Partial<Generation> = {}, fields = {}) {
    const opened = await open(fields);
    const queue = [scripts].flat();
    current.server.answer = () => (queue.length > 1 ? queue.shift()! : queue[0]!);
    return collect(opened, prompt, generation);
  }

  return { current, open, answered };
}

/** What a promise failed with: one line, without the key. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    (value) => expect.fail(`expected a failure, got ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown as Error,
  );
  expect(error.message).not.toContain('\n');
  expect(error.message).not.toContain(KEY);
  return error;
}
