/**
 * The tables that tell languages and English sentences apart. They are a megabyte that few suites need, so they ship as data
 * beside the code. Core reads no files: the program says once, when it starts, how a table is read, and a table is read when a
 * scorer first asks for it.
 */
import { UserError } from '../../errors.js';

export interface LanguageTables {
  readonly 'language-profiles': LanguageProfiles;
  readonly 'english-words': EnglishWords;
}

export interface LanguageProfiles {
  /** For each language and level the grams, separated by "|", whose relative frequency is 2^(-level / 4). */
  readonly profiles: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Words as newspapers write them inside sentences, separated by blanks. */
export interface EnglishWords {
  /** Written in small letters, and never with a capital. */
  readonly alwaysSmall: readonly string[];
  /** Written both ways. */
  readonly sometimesLarge: readonly string[];
}

export type ReadTable = <Name extends keyof LanguageTables>(name: Name) => LanguageTables[Name];

let readTable: ReadTable | undefined;

export function readLanguageTablesWith(read: ReadTable): void {
  readTable = read;
}

/** @throws UserError where the program has not said how tables are read. */
export function languageTable<Name extends keyof LanguageTables>(name: Name): LanguageTables[Name] {
  if (readTable === undefined)
    throw new UserError(`expected a way to read the table ${name}, found none; call readLanguageTablesWith first`);
  return readTable(name);
}
