/** A log from elsewhere starts no program. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { requireOwnCommands } from '../../src/run/server-commands.js';
import { entry } from '../support/openai-session.js';

const served = (command: string[]) => ({ id: 'm', endpoint: 'http://127.0.0.1/v1', server: { command } });
const directory = mkdtempSync(join(tmpdir(), 'rightsize-'));
const catalogue = join(directory, 'models.json');
const own = { class: 'slm', backend: 'openai', source: 'tiny', ...served(['llama-server', '-m', 'a.gguf']) };
writeFileSync(catalogue, JSON.stringify({ default: ['m'], models: [own] }));

const logged = (fields: Record<string, unknown>) => [{ model: entry(fields), directory }];

describe('a command in a log', () => {
  test('runs where the catalogue has it', async () => {
    await requireOwnCommands(logged(served(['llama-server', '-m', 'a.gguf'])), catalogue);
  });

  test.each([
    ['another command', served(['sh', '-c', 'touch /tmp/pwned'])],
    ['another argument', served(['llama-server', '-m', 'b.gguf'])],
    ['a model that is not there', { ...served(['llama-server', '-m', 'a.gguf']), id: 'other' }],
    [
      'another environment',
      { id: 'm', endpoint: own.endpoint, server: { ...own.server, environment: { LD_PRELOAD: 'x' } } },
    ],
  ])('is refused for %s', async (_, fields) => {
    await expect(requireOwnCommands(logged(fields), catalogue)).rejects.toThrow(
      /^--resume: the log starts a server for model ".*" with the command ".*", which .* does not have/,
    );
  });

  test('is not looked for where no server is started', async () => {
    await requireOwnCommands(logged({ endpoint: 'http://127.0.0.1/v1' }), '/no/such/models.json');
  });
});
