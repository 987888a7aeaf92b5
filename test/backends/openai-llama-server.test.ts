/** The contract of backends on a real llama-server, which rightsize starts and stops itself. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createOpenai } from '../../src/backends/openai.js';
import { type ModelOf, modelSchema } from '../../src/core/definition/model.js';
import { LLAMA_SERVER, seenByServer } from '../support/llama-server.js';
import { describeWith, SHARED, shared } from '../support/shared.js';
import { collect, contract } from './contract.js';

const TOOL = 'tools/llama-cpp';
const WEIGHTS = 'models/trial-pair/slm-f16.gguf';

const backend = createOpenai({ attempts: 2, delay: 0.05, patience: 1 });
const context = { directory: SHARED, environment: process.env };
const prompt = {
  messages: [
    { role: 'system' as const, content: 'Write a reply to the customer.' },
    { role: 'user' as const, content: 'Customer Ivan Tran asks about the Delta mouse S91. Action: callback.' },
  ],
};

function served(fields: Record<string, unknown>): ModelOf<'openai'> {
  const weights = seenByServer(shared(WEIGHTS));
  const command = [shared(TOOL), ...`llama-server -m ${weights} --port {port} -t 1 -np 1 -c 512`.split(' ')];
  const server = { command, environment: { LLAMA_ARG_HOST: '127.0.0.1' } };
  const entry = { id: 'served', backend: 'openai', source: 'slm', endpoint: 'http://127.0.0.1/v1', server, ...fields };
  return modelSchema.parse(entry) as ModelOf<'openai'>;
}

const NEEDED = [TOOL, WEIGHTS, LLAMA_SERVER];
const HELD_BACK =
  'llama-server, streaming, drops the text that it held back for a stop string when the token limit comes first';

describeWith(NEEDED, 'openai, on the chat of a llama-server', () => {
  contract('openai', {
    backend,
    model: served({ extraBody: { cache_prompt: false } }),
    context,
    prompt,
    broken: served({ server: { command: ['no-such-server'] } }),
    exceptions: { 'keeps back nothing for a stop string that does not come': HELD_BACK },
  });
});

describeWith(NEEDED, 'openai, on the completions of a llama-server', () => {
  contract('openai', {
    backend,
    model: served({ api: 'completions', extraBody: { cache_prompt: false } }),
    context,
    prompt,
    broken: served({ api: 'completions', endpoint: 'http://127.0.0.1:1/v1', server: undefined }),
    exceptions: { 'keeps back nothing for a stop string that does not come': HELD_BACK },
  });
});

describeWith(NEEDED, 'a llama-server that rightsize starts', () => {
  const open = (model: ModelOf<'openai'>) => backend.open(model, context, new AbortController().signal);

  test('tells its context and parameters, shows its process, and ends when the session closes', async () => {
    const session = await open(served({}));
    expect(session.facts).toMatchObject({
      engine: expect.stringMatching(/^llamacpp at 127\.0\.0\.1, asked through undici \d/),
      context: { value: 512 },
      parameters: 750_464,
      network: 'loopback',
      warnings: [],
    });
    const [pid] = session.processes;
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('llama-server');
    const { text, end } = await collect(session, prompt, { maxTokens: 64 });
    expect(text).toMatch(/^Dear .*your support desk\.$/);
    expect(end.finish).toBe('stop');
    await session.close();
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  test('that cannot load its model says so in its own words', async () => {
    const server = {
      ...served({}).server!,
      command: [shared(TOOL), 'llama-server', '-m', 'none.gguf', '--port', '{port}'],
    };
    await expect(open(served({ server }))).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(
        /^model "served": server: expected ".*" to serve .*, but the server ended with .*none\.gguf/,
      ),
    });
  });

  test('that would listen to the network is refused', async () => {
    const server = { command: served({}).server!.command, environment: { LLAMA_ARG_HOST: '0.0.0.0' } };
    await expect(open(served({ server }))).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining('it is open to the network'),
    });
  });
});
