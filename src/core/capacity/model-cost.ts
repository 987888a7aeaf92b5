/** What `--model` can name: a published model with a way to store its weights, as `qwen3-4b:q4_k_m`. */
import { UserError } from '../errors.js';
import { nearNames } from '../near-names.js';
import { PUBLISHED_MODELS } from './catalogue/models.js';
import type { PublishedModel } from './catalogue/published-model.js';
import { shapeOfConfig } from './config/config.js';
import type { ModelShape } from './shape.js';
import { isEstimate, isStorageName, STORAGE_NAMES, type StorageName, storageOf } from './storage.js';

export interface PricedModel {
  readonly name: string;
  readonly shape: ModelShape;
  /** Whether the bytes of the weights follow from bits of a weight (../capacity/memory-interval.ts), and were not read from a file. */
  readonly isEstimated: boolean;
  /** The source of the shape and of the bytes of the weights. */
  readonly source: string;
}

/** The ways to store weights that `id:*` compares. */
const SWEEP: readonly StorageName[] = [
  'iq2_xxs',
  'iq2_m',
  'q2_k',
  'iq3_xxs',
  'q3_k_m',
  'iq4_xs',
  'q4_k_m',
  'q5_k_m',
  'q6_k',
  'q8_0',
  'f16',
];

/** Whether a name is that of a published model, with a way to store weights or without one. */
export function isPublished(name: string): boolean {
  const [id, tag] = partsOf(name);
  const knownTag = tag === undefined || tag === '*' || isStorageName(tag.toLowerCase());
  return knownTag && PUBLISHED_MODELS.some((model) => model.id === id);
}

/**
 * @param text `id`, `id:storage`, or `id:*` for several ways to store the weights.
 * @param usual How the engine's users store weights: the way of a model that the makers do not store in fewer bits.
 * @throws UserError for a model or a storage that the catalogue does not have.
 */
export function publishedModels(text: string, usual: StorageName): readonly PricedModel[] {
  const [id, named] = partsOf(text);
  const model = PUBLISHED_MODELS.find((known) => known.id === id);
  if (model === undefined) throw notPublished(text);
  const tag = named ?? storedAs(model, usual);
  const storages = tag === '*' ? SWEEP : [tag.toLowerCase()];
  return storages.map((storage) => {
    if (!isStorageName(storage)) throw notPublished(text);
    return {
      name: `${model.id}:${storage}`,
      shape: shapeOfConfig(model.config, storageOf(storage), model.id),
      isEstimated: isEstimate(storage),
      source: `the config.json of ${model.hub}, as ${storage}`,
    };
  });
}

/** What is wrong with a name that no published model has (`isPublished`). */
export function notPublished(text: string): UserError {
  const [id, storage] = partsOf(text);
  const ids = PUBLISHED_MODELS.map((known) => known.id);
  if (ids.includes(id)) {
    return new UserError(
      `--model: expected a way to store weights (${STORAGE_NAMES.join(', ')}) after "${id}:", found "${storage?.toLowerCase()}"`,
    );
  }
  const near = nearNames(id, ids);
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}? ` : ofItsSize(id, ids);
  return new UserError(
    `--model: expected a file, a folder or a published model, found "${text}"; ${hint}\`rightsize list models --published\` shows all`,
  );
}

/** The size in a name: `7b` of `nosuch-7b-instruct`. */
const SIZE = /(?<![a-z0-9.])\d+(?:\.\d+)?[bm](?![a-z0-9])/;
const MOST_OF_A_SIZE = 4;

/** A name that no family has tells its size at least. */
function ofItsSize(id: string, ids: readonly string[]): string {
  const [size] = SIZE.exec(id.toLowerCase()) ?? [];
  const alike = size === undefined ? [] : ids.filter((known) => SIZE.exec(known)?.[0] === size);
  return alike.length === 0 ? '' : `models of ${size} are ${alike.slice(0, MOST_OF_A_SIZE).join(', ')}; `;
}

/** `qwen3-4b:q8_0`: the id, and the way to store the weights. */
function partsOf(text: string): readonly [id: string, storage?: string] {
  const end = text.indexOf(':');
  return end < 0 ? [text] : [text.slice(0, end), text.slice(end + 1)];
}

/** Nobody stores weights in more bits than their makers do; users of llama.cpp store most in fewer, and in files of their own. Experts are most of a mixture of them. */
function storedAs({ storage }: PublishedModel, usual: StorageName): StorageName {
  if (storage === undefined || storageOf(storage).experts > storageOf(usual).experts) return usual;
  return storage === 'mxfp4' && usual.startsWith('q') ? 'mxfp4_moe' : storage;
}

/**
 * The published model of a repository of the hub. A repository with GGUF files is named after the model's own.
 * @returns Null where the catalogue does not have it, or not stored like this.
 */
export function publishedAt(repository: string, storage: string): readonly PricedModel[] | null {
  const name = nameOf(repository);
  const model =
    PUBLISHED_MODELS.find(({ hub }) => hub === repository) ?? PUBLISHED_MODELS.find(({ hub }) => nameOf(hub) === name);
  return model === undefined || !isStorageName(storage) ? null : publishedModels(`${model.id}:${storage}`, storage);
}

/** The name without its owner and without what repackagers add. */
function nameOf(repository: string): string {
  return repository
    .split('/')
    .at(-1)!
    .toLowerCase()
    .replace(/[-_.](gguf|onnx)$/, '')
    .replace(/^[a-z]+_/, '');
}
