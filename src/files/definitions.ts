/**
 * Loads suites and models from the files that people write, and checks them. Every error in a definition is found here, before
 * anything runs.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { z } from 'zod';
import { type CatalogueEntry, entriesOf, mergeEntries, select } from '../core/definition/catalogue.js';
import { modelAt } from '../core/definition/direct.js';
import { catalogueSchema, classOf, type Model, modelSchema } from '../core/definition/model.js';
import { groupSchema, type Suite, suiteSchema } from '../core/definition/suite.js';
import { UserError } from '../core/errors.js';
import { SCORERS } from '../core/score/table.js';
import { PACKAGE_ROOT } from '../system/package.js';
import { documentOf, parseAt, parseUser, readDocument, type UserDocument } from './document.js';

export interface LoadedSuite {
  readonly suite: Suite;
  readonly file: string;
  /** Names a place inside the file in a complaint. */
  readonly document: UserDocument;
}

export interface LoadedModel {
  readonly model: Model;
  /** Relative paths in the entry start from this folder. */
  readonly directory: string;
}

/**
 * @param reference A path to a suite file, or the name of a suite in `./suites` or in the package.
 * @param directory The folder that relative paths and `./suites` start from.
 * @returns One suite, or the suites of a group in the order of the group. Each suite appears once.
 * @throws UserError
 */
export async function loadSuites(reference: string, directory = '.'): Promise<readonly LoadedSuite[]> {
  const loaded = new Map<string, LoadedSuite>();
  const file = await findSuite(reference, { place: '--suite', directory, home: directory });
  await collectSuites(file, [], { loaded, groups: new Set(), home: directory });
  return [...loaded.values()];
}

interface Collected {
  readonly loaded: Map<string, LoadedSuite>;
  /** Groups that were read. */
  readonly groups: Set<string>;
  /** Where `./suites` is. */
  readonly home: string;
}

/** @param within The groups that contain this file. A group that contains itself would never end. */
async function collectSuites(file: string, within: readonly string[], into: Collected): Promise<void> {
  const document = await readDocument(file);
  if (!isGroup(document.content)) {
    into.loaded.set(file, readSuite(document));
    return;
  }
  // A group that two others name is read once: else 24 groups that name the next twice are sixteen million.
  if (into.groups.has(file)) return;
  into.groups.add(file);
  const group = parseUser(groupSchema, document, 'see docs/suites.md');
  for (const [i, reference] of group.suites.entries()) {
    const place = document.place(['suites', i]);
    const member = await findSuite(reference, {
      place: place.replace(/: $/, ''),
      directory: dirname(file),
      home: into.home,
    });
    if (member === file || within.includes(member)) {
      throw new UserError(
        `${place}expected a group that does not contain itself, found it again in "${reference}"; remove it`,
      );
    }
    await collectSuites(member, [...within, file], into);
  }
}

function isGroup(content: unknown): boolean {
  return typeof content === 'object' && content !== null && 'suites' in content;
}

/** A suite of a program: an object of the same form as a suite file. */
export type SuiteInput = z.input<typeof suiteSchema>;

/** @param directory The folder that its relative paths start from. @throws UserError */
export function suiteFrom(suite: SuiteInput, directory: string): LoadedSuite {
  return readSuite(documentOf(suite, { name: `suite ${suite.name}`, file: resolve(directory, suite.name) }));
}

function readSuite(document: UserDocument): LoadedSuite {
  const suite = parseUser(suiteSchema, document, 'see docs/suites.md');
  const names = new Set<string>();
  for (const [index, task] of suite.tasks.entries()) {
    const path = ['tasks', index];
    if (names.has(task.name)) {
      throw new UserError(
        `${document.place([...path, 'name'])}expected every task to have a name of its own, found "${task.name}" twice; rename one task`,
      );
    }
    names.add(task.name);
    if (task.ask !== 'generate' && task.filters.length > 0) {
      throw new UserError(
        `${document.place([...path, 'filters'])}expected filters only in a task with ask: generate, found ask: ${task.ask}; remove the filters`,
      );
    }
    const secondaries = new Set<string>();
    for (const [i, choice] of (task.secondary ?? []).entries()) {
      const { name, ...options } = typeof choice === 'string' ? { name: choice } : choice;
      const at = [...path, 'secondary', i];
      parseAt(SCORERS[name].options, options, document, at, 'see docs/scorers.md');
      if (SCORERS[name].needs === 'loglikelihoods')
        throw new UserError(
          `${document.place(at)}expected a scorer of answers, found "${name}", which ranks choices; make it the scorer of the task`,
        );
      if (secondaries.has(name))
        throw new UserError(
          `${document.place(at)}expected each secondary scorer once, found "${name}" again; its score is reported by that name`,
        );
      secondaries.add(name);
    }
    if (typeof task.scorer === 'object') {
      const { name, ...options } = task.scorer;
      parseAt(SCORERS[name].options, options, document, [...path, 'scorer'], 'see docs/scorers.md');
    }
  }
  return { suite, file: document.file, document };
}

export interface SuiteListing {
  readonly name: string;
  readonly file: string;
}

/** Lists the suites that a user can name without a path: first those in `./suites`, then those of the package. */
export async function listSuites(directory = '.'): Promise<readonly SuiteListing[]> {
  const found = new Map<string, string>();
  for (const folder of new Set([resolve(directory, 'suites'), join(PACKAGE_ROOT, 'suites')])) {
    if (!existsSync(folder)) continue;
    for (const entry of (await readdir(folder)).sort()) {
      const name = /^(.+)\.ya?ml$/.exec(entry)?.[1];
      if (name !== undefined && !found.has(name)) found.set(name, join(folder, entry));
    }
  }
  return [...found].map(([name, file]) => ({ name, file }));
}

interface SuiteSearch {
  /** The file or option that names the suite. Complaints begin with it. */
  readonly place: string;
  /** A relative path starts from this folder. */
  readonly directory: string;
  /** The folder that holds `./suites`. */
  readonly home: string;
}

async function findSuite(reference: string, { place, directory, home }: SuiteSearch): Promise<string> {
  if (/\.(ya?ml|json)$/.test(reference) || reference.includes('/')) return resolve(directory, reference);
  const suites = await listSuites(home);
  const file = suites.find(({ name }) => name === reference)?.file;
  if (file === undefined) {
    throw new UserError(
      `${place}: expected a suite file or one of ${suites.map(({ name }) => name).join(', ')}, found "${reference}"; see \`rightsize list suites\``,
    );
  }
  return file;
}

/** Returns `./models.json` if it exists, else the catalogue of the package. */
export function defaultCatalogue(directory = '.'): string {
  const local = resolve(directory, 'models.json');
  return existsSync(local) ? local : join(PACKAGE_ROOT, 'models.json');
}

/** An entry with the file that it stands in. */
interface PlacedEntry extends CatalogueEntry {
  readonly document: UserDocument;
}

interface ReadCatalogue {
  readonly entries: readonly PlacedEntry[];
  /** What runs when no model is named. */
  readonly chosen: readonly string[];
}

async function readCatalogue(file: string): Promise<ReadCatalogue> {
  const document = await readDocument(file);
  const catalogue = parseUser(catalogueSchema, document, 'see docs/models.md');
  const entries = entriesOf(catalogue).map((entry) => ({ ...entry, document }));
  const seen = new Set<string>();
  for (const { id, path } of entries) {
    if (seen.has(id))
      throw new UserError(
        `${document.place(path)}expected every model to have an id of its own, found "${id}" twice; rename one model`,
      );
    seen.add(id);
  }
  return { entries, chosen: catalogue.default ?? entries.map(({ id }) => id) };
}

/** The user's file, and what ships beside it. An entry of the user's replaces the shipped one of the same id. */
async function readBoth(file: string): Promise<ReadCatalogue> {
  const shipped = join(PACKAGE_ROOT, 'models.json');
  const own = await readCatalogue(file);
  if (resolve(file) === shipped) return own;
  return { ...own, entries: mergeEntries(own.entries, (await readCatalogue(shipped)).entries) };
}

/**
 * @param file The user's models.json, which adds to the one that ships.
 * @param selectors Ids as `--model` takes them, or places of models; empty for the file's own default.
 * @param directory The folder that relative places start from.
 * @throws UserError
 */
export async function loadModels(
  file: string,
  selectors: readonly string[],
  directory = '.',
): Promise<readonly LoadedModel[]> {
  const { entries, chosen } = await readBoth(file);
  const models = new Map<string, LoadedModel>();
  for (const selector of selectors.length > 0 ? selectors : chosen) {
    const direct = modelAt(selector);
    const found = direct === null ? select(entries, [selector]).map(loadEntry) : [modelFrom(direct, directory)];
    for (const loaded of found) {
      const { id, source } = loaded.model;
      const known = models.get(id)?.model.source ?? source;
      if (known !== source)
        throw new UserError(
          `--model: expected models of different ids, found "${id}" for ${known} and ${source}; give one an entry in models.json`,
        );
      models.set(id, loaded);
    }
  }
  return [...models.values()];
}

/** Every model of a user's file, for checking. */
export async function loadOwnModels(file: string): Promise<readonly LoadedModel[]> {
  return (await readCatalogue(file)).entries.map(loadEntry);
}

/** Every model that can be named, for listing: the user's, and those that ship. */
export async function loadAllModels(file: string): Promise<readonly LoadedModel[]> {
  return (await readBoth(file)).entries.map(loadEntry);
}

function loadEntry({ fields, document, path }: PlacedEntry): LoadedModel {
  return { model: readModel(fields, document, path), directory: dirname(resolve(document.file)) };
}

/** A model of a program: an object of the same form as an entry of models.json. */
export type ModelInput = z.input<typeof modelSchema>;

/** @param directory The folder that its relative paths start from. @throws UserError */
export function modelFrom(model: ModelInput, directory: string): LoadedModel {
  const document = documentOf(model, { name: `model ${model.id}`, file: resolve(directory, model.id) });
  return { model: readModel(model, document, []), directory };
}

function readModel(fields: unknown, document: UserDocument, path: readonly PropertyKey[]): Model {
  const model = parseAt(modelSchema, fields, document, path, 'see docs/models.md');
  const modelClass = classOf(model);
  if (modelClass === null) {
    throw new UserError(
      `${document.place(path)}expected "class" (slm or llm) or "parameters" to infer it from, found neither for "${model.id}"; add one`,
    );
  }
  return { ...model, class: modelClass };
}
