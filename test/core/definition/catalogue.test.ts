import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { entriesOf, select } from '../../../src/core/definition/catalogue.js';
import { parseHubReference } from '../../../src/core/definition/hub-reference.js';
import {
  bitsOf,
  type Catalogue,
  catalogueSchema,
  classOf,
  type Model,
  modelSchema,
} from '../../../src/core/definition/model.js';
import { UserError } from '../../../src/core/errors.js';
import { ROOT } from '../../support/cli.js';

const catalogue = (...models: Catalogue['models']): Catalogue => ({ default: ['any'], models });
const ids = (models: Catalogue) => entriesOf(models).map(({ id }) => id);
const fieldsOf = (models: Catalogue, id: string) => entriesOf(models).find((entry) => entry.id === id)!.fields;

const PHI = catalogue(
  {
    id: 'phi',
    backend: 'llama-cpp',
    source: 'hf:org/phi-gguf:Q4_K_M',
    quantisation: 'q4_k_m',
    parameters: '3.8 B',
    gpuLayers: 20,
    threads: 4,
    variants: {
      q8_0: { source: 'hf:org/phi-gguf:Q8_0', quantisation: 'q8_0' },
      onnx: { backend: 'onnxruntime', source: 'hf:org/phi-onnx', quantisation: 'int4' },
    },
  },
  { id: 'phi-small', backend: 'llama-cpp', source: 'small.gguf', class: 'slm' },
);

describe('variants are laid over their entry', () => {
  test('a variant is the entry with its own fields changed, under the name entry:variant', () => {
    expect(ids(PHI)).toEqual(['phi', 'phi:q8_0', 'phi:onnx', 'phi-small']);
    expect(fieldsOf(PHI, 'phi:q8_0')).toEqual({
      id: 'phi:q8_0',
      backend: 'llama-cpp',
      source: 'hf:org/phi-gguf:Q8_0',
      quantisation: 'q8_0',
      parameters: '3.8 B',
      gpuLayers: 20,
      threads: 4,
    });
  });

  test('a variant on another engine does without the settings of the first, and keeps what all models have', () => {
    const onnx = fieldsOf(PHI, 'phi:onnx');
    expect(onnx).toMatchObject({ backend: 'onnxruntime', parameters: '3.8 B', threads: 4 });
    expect(onnx).not.toHaveProperty('gpuLayers');
    expect(modelSchema.safeParse(onnx).success).toBe(true);
  });

  test('a misspelt field is no setting of another engine: it stays, to be complained about', () => {
    const misspelt = catalogue({
      id: 'm',
      backend: 'llama-cpp',
      source: 'm.gguf',
      treads: 2,
      variants: { onnx: { backend: 'onnxruntime' } },
    });
    expect(fieldsOf(misspelt, 'm:onnx')).toHaveProperty('treads', 2);
    expect(modelSchema.safeParse(fieldsOf(misspelt, 'm:onnx')).error?.issues[0]).toMatchObject({ keys: ['treads'] });
  });

  test('an entry without a backend exists only in its variants', () => {
    const pair = catalogue({ id: 'pair', variants: { a: { backend: 'scripted' }, b: { backend: 'scripted' } } });
    expect(ids(pair)).toEqual(['pair:a', 'pair:b']);
  });

  test('an entry with neither backend nor variants is there, to be complained about', () => {
    expect(ids(catalogue({ id: 'lost', source: 'x' }))).toEqual(['lost']);
    expect(ids(catalogue({ id: 'lost', source: 'x', variants: {} }))).toEqual(['lost']);
  });

  test('every entry says where it stands in the file', () => {
    expect(entriesOf(PHI).map(({ path }) => path)).toEqual([
      ['models', 0],
      ['models', 0, 'variants', 'q8_0'],
      ['models', 0, 'variants', 'onnx'],
      ['models', 1],
    ]);
  });
});

describe('a selection', () => {
  const chosen = (...selectors: string[]) => select(entriesOf(PHI), selectors).map(({ id }) => id);

  test('by id is that entry alone, whatever begins likewise', () => expect(chosen('phi')).toEqual(['phi']));
  test('by id:variant is that variant', () => expect(chosen('phi:onnx')).toEqual(['phi:onnx']));
  test('by id:* is the entry and every variant of it', () =>
    expect(chosen('phi:*')).toEqual(['phi', 'phi:q8_0', 'phi:onnx']));
  test('keeps the order asked for, and names nothing twice', () =>
    expect(chosen('phi-small', 'phi:*', 'phi')).toEqual(['phi-small', 'phi', 'phi:q8_0', 'phi:onnx']));

  test('of what is not there says what there is', () => {
    expect(() => chosen('ph')).toThrow(
      new UserError(
        'expected a model of models.json, found "ph"; choose one of phi, phi:q8_0, phi:onnx, phi-small (see `rightsize list models`)',
      ),
    );
    expect(() => chosen('phi-small:*', 'ph:*')).toThrow(/found "ph:\*"/);
  });

  test('of an entry that exists only in variants names them', () => {
    const pair = { id: 'pair', variants: { a: { backend: 'scripted' } } };
    const entries = entriesOf(catalogue(pair, { id: 'other', backend: 'scripted' }));
    expect(() => select(entries, ['pair'])).toThrow(/found "pair"; choose one of its variants: pair:a \(see/);
  });

  test('of a large catalogue is answered with a few names', () => {
    const many = entriesOf(catalogue(...Array.from({ length: 20 }, (_, i) => ({ id: `m${i}`, backend: 'scripted' }))));
    expect(() => select(many, ['x'])).toThrow(/m7 and 12 more \(see/);
  });
});

describe('the class of a model follows from its size, as it is stored', () => {
  const cases: readonly (readonly [
    string,
    Partial<Pick<Model, 'class' | 'parameters' | 'quantisation' | 'bitsPerWeight'>>,
    string | null,
  ])[] = [
    ['3.8 B', { parameters: 3.8e9 }, 'slm'],
    ['7.6 B, which is sold as 7 B', { parameters: 7.61e9 }, 'slm'],
    ['7.7 B at f16: the last that is small however it is stored', { parameters: 7.7e9, quantisation: 'f16' }, 'slm'],
    ['8 B at f16: 16 GB do not fit a consumer GPU', { parameters: 8.03e9, quantisation: 'f16' }, 'llm'],
    ['8 B of which nobody says how it is stored', { parameters: 8.03e9 }, 'llm'],
    ['8 B at q8_0: 8.5 GB', { parameters: 8.03e9, quantisation: 'q8_0' }, 'slm'],
    ['8 B at Q4_K_M, in capitals', { parameters: 8.03e9, quantisation: 'Q4_K_M' }, 'slm'],
    ['9.2 B at int8: 9.2 GB', { parameters: 9.24e9, quantisation: 'int8' }, 'slm'],
    ['9.9 B at q8_0: 10.5 GB', { parameters: 9.9e9, quantisation: 'q8_0' }, 'llm'],
    [
      '9.9 B whose bits are stated, over their name',
      { parameters: 9.9e9, quantisation: 'q8_0', bitsPerWeight: 6 },
      'slm',
    ],
    ['10 B at int4', { parameters: 10e9, quantisation: 'int4' }, 'slm'],
    ['14 B at 2 bits: over 10 B is large', { parameters: 14e9, quantisation: 'q2_k' }, 'llm'],
    ['what the entry says, over its size', { class: 'llm', parameters: 3.3e6 }, 'llm'],
    ['no size and no class', {}, null],
  ];
  test.each(cases)('%s', (_name, model, expected) => expect(classOf(model)).toBe(expected));
});

describe('bits per weight, by the name of the way to store them', () => {
  test.each([
    ['f32', 32],
    ['fp16', 16],
    ['bf16', 16],
    ['fp8', 8],
    ['int4', 4],
    ['uint8', 8],
    ['q8', 8],
    ['Q4_0', 4.5],
    ['q5_1', 6],
    ['q4_k_m', 4.89],
    ['IQ3_M', 3.76],
    ['mxfp4', 4],
    ['something new', 16],
  ])('%s has %d', (name, bits) => expect(bitsOf(name)).toBe(bits));
});

const isEmbedded = (model: Model) => model.id.startsWith('reference-');

/** What an entry must find beside models.json. */
function filesOf(model: Model): readonly string[] {
  switch (model.backend) {
    case 'llama-cpp':
      return [model.source, ...model.lora.map(({ file }) => file)];
    case 'onnxruntime':
      return [`${model.source}/${model.file ?? 'genai_config.json'}`];
    case 'transformers':
      return [`${model.source}/onnx/${model.dtype === 'q8' ? 'model_quantized' : 'model'}.onnx`];
    case 'openai':
    case 'scripted':
      return [];
  }
}

describe('the catalogue that ships', () => {
  const shipped = catalogueSchema.parse(JSON.parse(readFileSync(`${ROOT}/models.json`, 'utf8')));
  const entries = entriesOf(shipped);
  const models = entries.map(({ fields }) => modelSchema.parse(fields));

  test.each(entries.map(({ id, fields }) => [id, fields] as const))(
    '%s is a whole model with a class',
    (_id, fields) => {
      const result = modelSchema.safeParse(fields);
      expect(result.error?.issues).toBeUndefined();
      expect(classOf(result.data!)).not.toBeNull();
    },
  );

  test('no id is there twice', () => expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length));

  test('its default is the embedded pair on one engine: other engines give the same answers', () => {
    const chosen = select(entries, shipped.default!).map(({ id }) => id);
    expect(chosen).toEqual(['reference-slm:llama-cpp', 'reference-llm:llama-cpp']);
  });

  test('every hub reference is well formed', () => {
    for (const { source } of models.filter((model) => model.source.startsWith('hf:')))
      expect(() => parseHubReference(source, 'model')).not.toThrow();
  });

  test.each(models.filter(isEmbedded).flatMap((model) => filesOf(model).map((file) => [model.id, file] as const)))(
    '%s finds %s in the repository',
    (_id, file) => expect(existsSync(`${ROOT}/${file}`)).toBe(true),
  );

  test('every model says its licence and the context it was made for, or is served by someone who may change both', () => {
    for (const model of models.filter(({ backend }) => backend !== 'openai')) {
      expect(model.licence, model.id).toBeDefined();
      expect(model.maxContext, model.id).toBeGreaterThanOrEqual(model.context!);
    }
  });

  test('no opened context is larger than memory that most prompts leave empty', () => {
    for (const { id, context } of models) expect(context ?? 0, id).toBeLessThanOrEqual(4096);
  });

  test('variants of one entry on one engine differ in what they run', () => {
    const runs = models.map(({ id, ...model }) => [
      id.split(':')[0],
      JSON.stringify({ ...model, notes: null, title: null, price: null }),
    ]);
    expect(new Set(runs.map((run) => run.join())).size).toBe(models.length);
  });

  test('what a hosted model costs is dated and says where it was read; its key is only named', () => {
    const hosted = models.filter((model) => model.backend === 'openai' && !/127\.0\.0\.1/.test(model.endpoint));
    expect(hosted.length).toBeGreaterThan(6);
    for (const model of hosted) {
      expect(model).toHaveProperty('apiKeyEnv', expect.stringMatching(/^[A-Z_]+$/));
      expect(model.class, model.id).toBeDefined();
      if (model.price) expect(model.price.source).toMatch(/^https:\/\//);
    }
  });

  test.each([
    ['phi-3-mini:transformers', 'transformers'],
    ['phi-3-mini:onnxruntime', 'onnxruntime'],
    ['phi-3-mini', 'llama-cpp'],
    ['mistral-7b', 'llama-cpp'],
    ['phi-3-medium', 'llama-cpp'],
    ['phi-3-medium:onnxruntime', 'onnxruntime'],
    ['gpt-4o', 'openai'],
    ['gpt-4.1', 'openai'],
  ])('%s runs on %s', (id, backend) => expect(models.find((model) => model.id === id)?.backend).toBe(backend));
});

test('the examples of docs/models.md are what they say: a catalogue, and a server that is started', () => {
  const page = readFileSync(`${ROOT}/docs/models.md`, 'utf8');
  const [catalogueExample, templates, served] = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text]) =>
    JSON.parse(text!),
  );
  const described = entriesOf(catalogueSchema.parse(catalogueExample));
  expect(select(described, catalogueExample.default)).toHaveLength(4);
  const templated = entriesOf(catalogueSchema.parse({ default: ['qwen3'], models: [templates] }));
  for (const { fields } of [...described, ...templated, { fields: served }])
    expect(classOf(modelSchema.parse(fields))).toBe('slm');
});
