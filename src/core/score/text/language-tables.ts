/**
 * The tables that detect languages and split English sentences. They take a megabyte and few suites need them, so they are data
 * files beside the code. Core reads no files: at its start the program sets the function that reads a table. A table is read
 * when a scorer first asks for it.
 */
import { UserError } from '../../errors.js';

export interface LanguageTables {
  readonly 'language-profiles': LanguageProfiles;
  readonly 'english-words': EnglishWords;
}

export interface LanguageProfiles {
  /** For each language and level, the n-grams with the relative frequency 2^(-level / 4), separated by "|". */
  readonly profiles: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Lists of words, separated by spaces, by their spelling inside the sentences of newspapers. */
export interface EnglishWords {
  /** Words that never have a capital letter. */
  readonly alwaysSmall: readonly string[];
  /** Words that sometimes have a capital letter. */
  readonly sometimesLarge: readonly string[];
}

export type ReadTable = <Name extends keyof LanguageTables>(name: Name) => LanguageTables[Name];

let readTable: ReadTable | undefined;

export function readLanguageTablesWith(read: ReadTable): void {
  readTable = read;
}

/** @throws UserError when the program has not set the function that reads tables. */
export function languageTable<Name extends keyof LanguageTables>(name: Name): LanguageTables[Name] {
  if (readTable === undefined)
    throw new UserError(`expected a way to read the table ${name}, found none; call readLanguageTablesWith first`);
  return readTable(name);
}
