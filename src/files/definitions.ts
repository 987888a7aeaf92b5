/**
 * Suites and models, from the files that people write to checked values. Everything that can be wrong with a definition is
 * found here, before anything runs.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { z } from 'zod';
import { entriesOf, select } from '../core/definition/catalogue.js';
import { catalogueSchema, classOf, type Model, modelSchema } from '../core/definition/model.js';
import { groupSchema, type Suite, suiteSchema } from '../core/definition/suite.js';
import { UserError } from '../core/errors.js';
import { SCORERS } from '../core/score/table.js';
import { PACKAGE_ROOT } from '../system/package.js';
import { documentOf, parseAt, parseUser, readDocument, type UserDocument } from './document.js';

export interface LoadedSuite {
  readonly suite: Suite;
  readonly file: string;
  /** For complaints about a place inside the file. */
  readonly document: UserDocument;
}

export interface LoadedModel {
  readonly model: Model;
  /** What relative paths in the entry are relative to. */
  readonly directory: string;
}

/**
 * @param reference A path to a suite file, or the name of a suite in `./suites` or in the package.
 * @param directory The folder that relative paths and `./suites` start from.
 * @returns One suite, or those of a group in its order, each once.
 * @throws UserError
 */
export async function loadSuites(reference: string, directory = '.'): Promise<readonly LoadedSuite[]> {
  const loaded = new Map<string, LoadedSuite>();
  const file = await findSuite(reference, { place: '--suite', directory, home: directory });
  await collectSuites(file, [], { loaded, home: directory });
  return [...loaded.values()];
}

interface Collected {
  readonly loaded: Map<string, LoadedSuite>;
  /** Where `./suites` is. */
  readonly home: string;
}

/** @param within The groups that led here: one that holds itself would never end. */
async function collectSuites(file: string, within: readonly string[], into: Collected): Promise<void> {
  const document = await readDocument(file);
  if (!isGroup(document.content)) {
    into.loaded.set(file, readSuite(document));
    return;
  }
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
        `${place}expected a group that does not hold itself, found it again in "${reference}"; take it out`,
      );
    }
    await collectSuites(member, [...within, file], into);
  }
}

function isGroup(content: unknown): boolean {
  return typeof content === 'object' && content !== null && 'suites' in content;
}

/** A suite as a program writes it: an object of the same form as a suite file. */
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
        `${document.place([...path, 'name'])}expected every task to have a name of its own, found "${task.name}" twice; rename one`,
      );
    }
    names.add(task.name);
    if (task.ask !== 'generate' && task.filters.length > 0) {
      throw new UserError(
        `${document.place([...path, 'filters'])}expected filters only where an answer is given, found them with ask: ${task.ask}; leave them out`,
      );
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

/** The suites that can be named without a path: those in `./suites`, then those of the package. */
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
  /** Who named the suite, for complaints. */
  readonly place: string;
  /** What a relative path is relative to. */
  readonly directory: string;
  /** Where `./suites` is. */
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

/** `./models.json` where there is one, else the one that ships with the package. */
export function defaultCatalogue(directory = '.'): string {
  const local = resolve(directory, 'models.json');
  return existsSync(local) ? local : join(PACKAGE_ROOT, 'models.json');
}

/**
 * @param selectors Ids as `--model` takes them; empty for the file's own default.
 * @throws UserError
 */
export async function loadModels(file: string, selectors: readonly string[]): Promise<readonly LoadedModel[]> {
  const document = await readDocument(file);
  const catalogue = parseUser(catalogueSchema, document, 'see docs/models.md');
  const entries = entriesOf(catalogue);
  const seen = new Set<string>();
  for (const { id, path } of entries) {
    if (seen.has(id))
      throw new UserError(
        `${document.place(path)}expected every model to have an id of its own, found "${id}" twice; rename one`,
      );
    seen.add(id);
  }
  const wanted = selectors.length > 0 ? selectors : catalogue.default;
  return select(entries, wanted).map(({ fields, path }) => ({
    model: readModel(fields, document, path),
    directory: dirname(resolve(file)),
  }));
}

/** A model as a program writes it: an object of the same form as an entry of models.json. */
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

/** Every model of a catalogue, for listing and checking. */
export async function loadAllModels(file: string): Promise<readonly LoadedModel[]> {
  const document = await readDocument(file);
  const catalogue = parseUser(catalogueSchema, document, 'see docs/models.md');
  return loadModels(
    file,
    entriesOf(catalogue).map(({ id }) => id),
  );
}
