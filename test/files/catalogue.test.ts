/** A models.json of one's own beside the one that ships. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadAllModels, loadModels, loadOwnModels } from '../../src/files/definitions.js';
import { check } from '../../src/run/check.js';
import { list } from '../../src/run/list.js';
import { folderWith, ROOT } from '../support/cli.js';

const OWN = {
  models: [
    { id: 'mine', class: 'slm', backend: 'scripted', variants: { slow: { threads: 1 } } },
    { id: 'phi-3-mini', class: 'slm', backend: 'scripted' },
  ],
};
const cwd = folderWith({ 'models.json': OWN });
const file = join(cwd, 'models.json');
const idsOf = async (loaded: ReturnType<typeof loadModels>) => (await loaded).map(({ model }) => model.id);

describe('a models.json of the user', () => {
  test('adds to the catalogue: its own ids and the shipped ones can be named together', async () => {
    const [mine, shipped] = await loadModels(file, ['mine:slow', 'reference-slm:llama-cpp']);
    expect(mine).toMatchObject({ directory: cwd, model: { id: 'mine:slow', threads: 1 } });
    expect(`${shipped!.directory}/`).toBe(ROOT);
  });

  test('replaces an entry of the same id with all its variants', async () => {
    const [phi, ...more] = await loadModels(file, ['phi-3-mini:*']);
    expect(phi!.model.backend).toBe('scripted');
    expect(more).toEqual([]);
    await expect(loadModels(file, ['phi-3-mini:q6_k'])).rejects.toThrow(/found "phi-3-mini:q6_k"/);
  });

  test('without a default stands for all its models, and for no shipped one', async () => {
    expect(await idsOf(loadModels(file, []))).toEqual(['mine', 'mine:slow', 'phi-3-mini']);
  });

  test('may name shipped models as its default', async () => {
    const folder = folderWith({ 'models.json': { ...OWN, default: ['mine', 'gpt-4o'] } });
    expect(await idsOf(loadModels(join(folder, 'models.json'), []))).toEqual(['mine', 'gpt-4o']);
  });

  test('is what check covers when no model is named; list shows both', async () => {
    expect(await idsOf(loadOwnModels(file))).toEqual(['mine', 'mine:slow', 'phi-3-mini']);
    const { models } = await check({ cwd, suites: ['support-desk'] });
    expect(models.map(({ model }) => model.id)).toEqual(['mine', 'mine:slow', 'phi-3-mini']);
    const listed = (await list('models', { cwd })).map(({ id }) => id);
    expect(listed.slice(0, 3)).toEqual(['mine', 'mine:slow', 'phi-3-mini']);
    expect(listed).toContain('gpt-4o');
    expect(new Set(listed).size).toBe(listed.length);
  });

  test('that is the shipped one holds each model once', async () => {
    const ids = await idsOf(loadAllModels(join(ROOT, 'models.json')));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a place in place of an id', () => {
  test('needs no entry, and is relative to the folder that the command runs in', async () => {
    const [inFile, served] = await loadModels(file, ['./w/tiny.gguf', 'http://127.0.0.1:8080/v1#name'], '/home/ada');
    expect(inFile).toMatchObject({
      directory: '/home/ada',
      model: { id: 'tiny', source: './w/tiny.gguf', class: 'slm' },
    });
    expect(served!.model).toMatchObject({ id: 'name', endpoint: 'http://127.0.0.1:8080/v1' });
  });

  test('is refused where another model already has its id', async () => {
    await expect(loadModels(file, ['a/tiny.gguf', 'b/tiny.gguf'])).rejects.toThrow(
      /expected models of different ids, found "tiny" for a\/tiny\.gguf and b\/tiny\.gguf/,
    );
  });
});
