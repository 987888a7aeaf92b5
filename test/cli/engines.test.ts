/** The same suite on the same weights through all four engines, as a user runs it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LogRecord, MeasurementRecord, SessionRecord } from '../../src/core/log/log.js';
import { folderWith, ROOT, rightsize } from '../support/cli.js';
import { LLAMA_SERVER, seenByServer } from '../support/llama-server.js';
import { describeWith, shared } from '../support/shared.js';

const GGUF = join(ROOT, 'models/reference-slm/reference-slm-f16.gguf');
const FOLDER = join(ROOT, 'models/reference-slm');

const MODELS = {
  default: ['gguf', 'onnx', 'transformers', 'served'],
  models: [
    { id: 'gguf', class: 'slm', backend: 'llama-cpp', source: GGUF },
    { id: 'onnx', class: 'slm', backend: 'onnxruntime', source: FOLDER },
    { id: 'transformers', class: 'slm', backend: 'transformers', source: FOLDER },
    {
      id: 'served',
      class: 'slm',
      backend: 'openai',
      source: 'reference-slm',
      endpoint: 'http://127.0.0.1:1/v1',
      extraBody: { cache_prompt: false },
      server: {
        command: [
          shared('tools/llama-cpp'),
          'llama-server',
          '-m',
          seenByServer(GGUF),
          '--host',
          '127.0.0.1',
          '--port',
          '{port}',
          '-c',
          '1024',
        ],
      },
    },
  ],
};

describeWith([LLAMA_SERVER, 'tools/llama-cpp'], 'the default suite on all four engines', () => {
  test('gives every engine the same prompts, and each measures speed, memory and answers', async () => {
    const cwd = folderWith({ 'models.json': MODELS });
    const { code, stderr } = await rightsize(
      ['run', '--suite', 'support-desk', '--limit', '3', '--quiet', '--reports', 'summary'],
      { cwd },
    );
    expect(code, stderr).toBe(0);
    const records = readFileSync(join(cwd, 'reports', readdirSync(join(cwd, 'reports'))[0]!, 'log.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as LogRecord);

    const sessions = records.filter((record): record is SessionRecord => record.type === 'session');
    expect(sessions.map(({ model }) => model).sort()).toEqual(['gguf', 'onnx', 'served', 'transformers']);
    for (const { memory } of sessions) expect(memory.loaded.resident).toMatchObject({ value: expect.any(Number) });
    expect(sessions.find(({ model }) => model === 'served')!.facts.network).toBe('loopback');

    const trials = records.filter((record): record is MeasurementRecord => record.type === 'measurement');
    const bySample = group(trials);
    expect(bySample.size).toBe(6 * 3);
    for (const [sample, same] of bySample) {
      expect(same, sample).toHaveLength(4);
      const answers = same.map(({ model, outcome }) => {
        if (outcome.state !== 'completed') throw new Error(`${sample} on ${model}: ${JSON.stringify(outcome)}`);
        expect(outcome.timing.pieces.length, `${sample} on ${model}`).toBeGreaterThan(0);
        return outcome.output;
      });
      expect(new Set(answers).size, `${sample}: ${answers.join(' | ')}`).toBe(1);
    }
  });
});

function group(trials: readonly MeasurementRecord[]): Map<string, MeasurementRecord[]> {
  const groups = new Map<string, MeasurementRecord[]>();
  for (const trial of trials) {
    const key = `${trial.task}/${trial.sample}`;
    groups.set(key, [...(groups.get(key) ?? []), trial]);
  }
  return groups;
}
