/**
 * The language of a text, by the algorithm of langdetect, which IFEval uses: a naive Bayes classifier over runs of one to three
 * letters. It draws runs at random until it is sure, and does so seven times. The verdicts of IFEval carry its quirks (a word
 * in capitals counts by its first letter alone), so this code follows it, with its profiles. Here the draws come from a fixed
 * seed: the same text is always in the same language.
 *
 * One part is not followed: langdetect maps rare Chinese characters to common ones, which only separates zh-cn, zh-tw and ja.
 */
import { createRandom } from '../../stats/basics/random.js';
import { type LanguageProfiles, languageTable } from './language-tables.js';

const TRIALS = 7;
const ALPHA = 0.5;
const ALPHA_WIDTH = 0.05;
const BASE_FREQUENCY = 10_000;
const ITERATIONS = 1000;
const SURE = 0.99999;
const THRESHOLD = 0.1;
const LENGTH = 10_000;

interface Profiles {
  readonly languages: readonly string[];
  /** The frequencies of each gram, in the order of the languages. */
  readonly frequencies: ReadonlyMap<string, Float64Array>;
}

let decoded: Profiles | undefined;

/** The profiles are decoded at first use: most runs never ask for a language. */
function profiles(): Profiles {
  decoded ??= decode(languageTable('language-profiles'));
  return decoded;
}

function decode(table: LanguageProfiles): Profiles {
  const languages = Object.keys(table.profiles);
  const frequencies = new Map<string, Float64Array>();
  for (const [index, levels] of Object.values(table.profiles).entries()) {
    for (const [level, grams] of Object.entries(levels)) {
      for (const gram of grams.split('|')) {
        const row = frequencies.get(gram) ?? new Float64Array(languages.length);
        row[index] = 2 ** (-Number(level) / 4);
        frequencies.set(gram, row);
      }
    }
  }
  return { languages, frequencies };
}

/** @returns an ISO 639-1 code (zh-cn and zh-tw for Chinese), or null where the text has no letters to judge by. */
export function detectLanguage(text: string): string | null {
  const { languages, frequencies } = profiles();
  const grams = gramsOf(lettersOf(text)).flatMap((gram) => frequencies.get(gram) ?? []);
  if (grams.length === 0) return null;
  const random = createRandom('langdetect');
  const mean = new Float64Array(languages.length);
  for (let trial = 0; trial < TRIALS; trial++) {
    const probabilities = new Float64Array(languages.length).fill(1 / languages.length);
    const weight = (ALPHA + random.normal() * ALPHA_WIDTH) / BASE_FREQUENCY;
    for (let iteration = 0; ; iteration++) {
      const row = grams[random.below(grams.length)]!;
      for (let index = 0; index < row.length; index++) probabilities[index]! *= weight + row[index]!;
      if (iteration % 5 === 0 && (normalise(probabilities) > SURE || iteration >= ITERATIONS)) break;
    }
    for (let index = 0; index < mean.length; index++) mean[index]! += probabilities[index]! / TRIALS;
  }
  const best = mean.reduce((winner, value, index) => (value > mean[winner]! ? index : winner), 0);
  return mean[best]! > THRESHOLD ? languages[best]! : null;
}

/** Scales to a sum of 1. @returns the largest. */
function normalise(probabilities: Float64Array): number {
  const sum = probabilities.reduce((total, value) => total + value, 0);
  let largest = 0;
  for (let index = 0; index < probabilities.length; index++) {
    probabilities[index]! /= sum;
    largest = Math.max(largest, probabilities[index]!);
  }
  return largest;
}

/** The text without addresses, shortened, and without Latin letters where most of it is in another script. */
function lettersOf(text: string): string {
  const plain = text
    .slice(0, 10 * LENGTH)
    .replace(/https?:\/\/[-_.?&~;+=/#0-9A-Za-z]{1,2076}/g, ' ')
    .replace(/[-_.0-9A-Za-z]{1,64}@[-_0-9A-Za-z]{1,255}[-_.0-9A-Za-z]{1,255}/g, ' ')
    .normalize('NFC')
    .slice(0, LENGTH)
    .replace(/ {2,}/g, ' ');
  let latin = 0;
  let other = 0;
  for (const character of plain) {
    if (character >= 'A' && character <= 'z') latin++;
    else if (character >= '\u0300' && !(character >= '\u1e00' && character <= '\u1eff')) other++;
  }
  return latin * 2 < other ? plain.replace(/[A-z]/g, '') : plain;
}

function gramsOf(text: string): string[] {
  const found: string[] = [];
  let recent = ' ';
  let capitals = false;
  for (const raw of text) {
    const character = fold(raw);
    const last = recent.at(-1)!;
    if (last === ' ') {
      recent = ' ';
      capitals = false;
    } else if (recent.length >= 3) recent = recent.slice(1);
    if (!(last === ' ' && character === ' ')) {
      recent += character;
      if (isUpper(character)) capitals ||= isUpper(last);
      else capitals = false;
    }
    if (capitals) continue;
    for (let length = 1; length <= recent.length; length++) {
      const gram = recent.slice(-length);
      if (gram !== ' ') found.push(gram);
    }
  }
  return found;
}

function isUpper(character: string): boolean {
  return character !== character.toLowerCase() && character === character.toUpperCase();
}

/** Maps letters that count as the same: those of large scripts, and two ways to write one letter. */
function fold(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x80) return /[A-Za-z]/.test(character) ? character : ' ';
  if (code <= 0xff) return '\u00a0\u00ab\u00b0\u00bb'.includes(character) ? ' ' : character;
  if (code === 0x219) return '\u015f';
  if (code === 0x21b) return '\u0163';
  if (code === 0x6cc) return '\u064a';
  if (code >= 0x1ea0 && code <= 0x1eff) return '\u1ec3';
  if (code >= 0x2000 && code <= 0x206f) return ' ';
  if (code >= 0x3040 && code <= 0x309f) return '\u3042';
  if (code >= 0x30a0 && code <= 0x30ff) return '\u30a2';
  if ((code >= 0x3100 && code <= 0x312f) || (code >= 0x31a0 && code <= 0x31bf)) return '\u3105';
  if (code >= 0xac00 && code <= 0xd7af) return '\uac00';
  return character;
}
