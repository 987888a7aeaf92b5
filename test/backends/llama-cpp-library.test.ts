/** The build of llama.cpp that a user names: taken by version and symbols, or refused in one sentence. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { shippedLibraries } from '../../src/backends/llama-cpp/find-library.js';
import { llamaCpp } from '../../src/backends/llama-cpp.js';
import { modelSchema } from '../../src/core/definition/model.js';
import { UserError } from '../../src/core/errors.js';
import type { Chat } from '../../src/core/message.js';
import { ROOT } from '../support/cli.js';
import { describeWith, SHARED } from '../support/shared.js';
import { collect } from './contract.js';

const SLM = 'models/trial-pair/slm-f16.gguf';
const HELLO: Chat = { messages: [{ role: 'user', content: 'Where is my parcel?' }] };
const context = { directory: SHARED, environment: {} };
const { signal } = new AbortController();
const { folder: shipped, llama } = await shippedLibraries('cpu');
const LLAMA = basename(llama);

function entry(library: string) {
  const model = modelSchema.parse({ id: 'm', backend: 'llama-cpp', threads: 1, source: SLM, library });
  if (model.backend !== 'llama-cpp') throw new Error('expected a llama-cpp model');
  return model;
}

/** A folder with the shipped libraries, and each text in place of another of the same length in libllama. */
function build(change: Readonly<Record<string, string>> = {}, take: (name: string) => boolean = () => true): string {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-llama-'));
  for (const name of readdirSync(shipped).filter(take)) copyFileSync(join(shipped, name), join(folder, name));
  let bytes = readFileSync(llama).toString('latin1');
  for (const [from, to] of Object.entries(change)) bytes = bytes.replaceAll(`${from}\0`, `${to}\0`);
  if (take(LLAMA)) writeFileSync(join(folder, LLAMA), bytes, 'latin1');
  return folder;
}

async function refusal(library: string): Promise<string> {
  const error = await llamaCpp.open(entry(library), context, signal).then(
    () => new Error('it opened'),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(UserError);
  const { message } = error as Error;
  expect(message).toMatch(/^models\.m: library: \S+ cannot be used: [^\n]+$/);
  expect(message).toContain(library);
  return message;
}

/** What a process of its own says of a library: builds of llama.cpp in one process share symbols. */
const said = (folder: string): string =>
  execFileSync(process.execPath, ['--import', 'tsx', join(ROOT, 'test/support/open-library.ts'), folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });

describeWith([SLM], 'a llama.cpp that the user names', () => {
  test('is looked for without loading it', async () => {
    expect(await llamaCpp.check(entry(build()), context)).toEqual({ ready: true });
    for (const library of ['nowhere', llama, build({}, (name) => name !== LLAMA)]) {
      const readiness = await llamaCpp.check(entry(library), context);
      expect(readiness).toMatchObject({ ready: false, reason: await refusal(library) });
    }
  });

  // The shipped build says this of itself; a changed text stands for another build.
  const version = /\d+\.\d+\.\d+-dev/.exec(readFileSync(llama, 'latin1'))![0];

  test('is refused when its version is none that is known', () => {
    const other = version.replace(/^\d+\.\d/, '0.6');
    expect(said(build({ [version]: other }))).toContain(`knows, found version ${other}`);
    expect(said(build({ llama_version: 'llama_ver5ion' }))).toContain('does not tell its version');
  });

  test('is refused when a function is missing', () => {
    expect(said(build({ llama_attach_threadpool: 'llama_attach_threadp00l' }))).toMatch(
      /, found no llama_attach_threadpool$/,
    );
  });

  test.runIf(process.arch === 'x64')(
    'is measured, and the report says which build and which code for the CPU',
    async () => {
      const folder = build({}, (name) => !name.includes('ggml-cpu-') || name.includes('-x64.'));
      const session = await llamaCpp.open(entry(folder), context, signal);
      expect(session.facts.engine).toMatch(/^llama\.cpp \d+\.\d+\.\d+\S*, ggml \w+, for x64 \(/);
      expect(session.facts.engine).toContain(`(${folder})`);
      expect((await collect(session, HELLO, { maxTokens: 4 })).text).not.toBe('');
      await session.close();
      // Two builds in one process would share the symbols of the first.
      expect(await refusal(build())).toContain('one build of llama.cpp in a process');
    },
  );
});
