/**
 * The 25 verifiable instructions of IFEval (Zhou et al. 2023), each a check of a response against its arguments, as
 * google-research `instruction_following_eval/instructions.py` decides it, oddities included. The names of instructions and
 * arguments are those of its data set.
 */

import { SampleError } from '../score.js';
import { splitSentences, splitTokens } from '../text/english.js';
import { detectLanguage } from '../text/language.js';
import { pattern } from '../text/pattern.js';
import { splitWords, strip } from '../text/text.js';
import { parseJson } from './json-value.js';

export type Arguments = Readonly<Record<string, unknown>>;

/** @throws SampleError when an argument is missing or of the wrong kind. */
type Instruction = (response: string, given: Arguments) => boolean;

export const INSTRUCTIONS: Readonly<Record<string, Instruction>> = {
  'keywords:existence': (response, given) => texts(given, 'keywords').every((word) => countOf(word, response) > 0),
  'keywords:frequency': (response, given) =>
    compare(countOf(strip(text(given, 'keyword')), response), given, 'frequency'),
  'keywords:forbidden_words': (response, given) =>
    texts(given, 'forbidden_words').every((word) => !hasWord(word, response)),
  // The reference draws a letter at random where the argument is none ("#", "!"); here that character is counted.
  'keywords:letter_frequency': (response, given) =>
    compare(
      response.toLowerCase().split(strip(text(given, 'letter')).toLowerCase()).length - 1,
      given,
      'let_frequency',
      'let_relation',
    ),
  'language:response_language': (response, given) => {
    const language = detectLanguage(response);
    return language === null || language === text(given, 'language');
  },
  'length_constraints:number_sentences': (response, given) =>
    compare(splitSentences(response).length, given, 'num_sentences'),
  'length_constraints:number_paragraphs': (response, given) => {
    const paragraphs = response.split(/\s?\*\*\*\s?/).map((paragraph) => strip(paragraph) !== '');
    const inner = paragraphs.slice(1, -1);
    return inner.every(Boolean) && paragraphs.filter(Boolean).length === count(given, 'num_paragraphs');
  },
  'length_constraints:number_words': (response, given) =>
    compare(response.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0, given, 'num_words'),
  'length_constraints:nth_paragraph_first_word': nthParagraphFirstWord,
  'detectable_content:number_placeholders': (response, given) =>
    matchesOf('\\[.*?\\]', response) >= count(given, 'num_placeholders'),
  'detectable_content:postscript': (response, given) => {
    const marker = strip(text(given, 'postscript_marker'));
    const source = { 'P.P.S': `p\\.${S}?p\\.${S}?s`, 'P.S.': `p\\.${S}?s\\.` }[marker] ?? marker.toLowerCase();
    return matchesOf(source, response.toLowerCase()) > 0;
  },
  'detectable_format:number_bullet_lists': (response, given) =>
    matchesOf(`^${S}*\\*[^\\*].*$`, response) + matchesOf(`^${S}*-.*$`, response) === count(given, 'num_bullets'),
  'detectable_format:constrained_response': (response) =>
    ['My answer is yes.', 'My answer is no.', 'My answer is maybe.'].some((answer) => response.includes(answer)),
  'detectable_format:number_highlighted_sections': (response, given) => {
    const single = (response.match(/\*[^\n*]*\*/g) ?? []).filter((part) => strip(part.replaceAll('*', '')) !== '');
    const double = (response.match(/\*\*[^\n*]*\*\*/g) ?? []).filter((part) => strip(part.replaceAll('*', '')) !== '');
    return single.length + double.length >= count(given, 'num_highlights');
  },
  'detectable_format:multiple_sections': (response, given) =>
    matchesOf(`${S}?${strip(text(given, 'section_spliter'))}${S}?[0-9]+${S}?`, response) >=
    count(given, 'num_sections'),
  'detectable_format:json_format': (response) => isPythonJson(withoutTicks(response)),
  'detectable_format:title': (response) =>
    response.split('\n').some((line) => {
      const start = line.indexOf('<<');
      const end = line.lastIndexOf('>>');
      return start >= 0 && end >= start + 3 && strip(betweenBrackets(line.slice(start, end))) !== '';
    }),
  'combination:two_responses': (response) => {
    const parts = response.split('******').map(strip);
    const given = parts.filter((part) => part !== '');
    return !parts.slice(1, -1).includes('') && given.length === 2 && given[0] !== given[1];
  },
  'combination:repeat_prompt': (response, given) =>
    strip(response)
      .toLowerCase()
      .startsWith(strip(text(given, 'prompt_to_repeat')).toLowerCase()),
  'startend:end_checker': (response, given) =>
    trimCharacter(strip(response), '"')
      .toLowerCase()
      .endsWith(strip(text(given, 'end_phrase')).toLowerCase()),
  'startend:quotation': (response) => {
    const whole = strip(response);
    return whole.length > 1 && whole.startsWith('"') && whole.endsWith('"');
  },
  'change_case:capital_word_frequency': (response, given) =>
    compare(splitTokens(response).filter(isUpper).length, given, 'capital_frequency', 'capital_relation'),
  'change_case:english_capital': (response) => isUpper(response) && isEnglish(response),
  'change_case:english_lowercase': (response) => isLower(response) && isEnglish(response),
  'punctuation:no_comma': (response) => !response.includes(','),
};

/** `\s` of Python, for RE2. */
const S = '[\\t-\\r\\x1c-\\x20\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}]';

function matchesOf(source: string, response: string): number {
  return Array.from(pattern(source, { multiline: true }).matches(response)).length;
}

/** Keywords are patterns, searched without regard to case. */
function countOf(keyword: string, response: string): number {
  return Array.from(pattern(keyword, { ignoreCase: true }).matches(response)).length;
}

/** `\bword\b` of Python, whose letters are those of Unicode. */
function hasWord(word: string, response: string): boolean {
  const isWord = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}_]/u.test(character);
  for (const match of pattern(word, { ignoreCase: true }).matches(response)) {
    const end = match.index + match.text.length;
    const starts = isWord(response[match.index - 1]) !== isWord(match.text[0]);
    if (starts && isWord(response[end]) !== isWord(match.text.at(-1))) return true;
  }
  return false;
}

function nthParagraphFirstWord(response: string, given: Arguments): boolean {
  const paragraphs = response.split('\n\n').map(strip);
  const filled = paragraphs.filter((paragraph) => paragraph !== '').length;
  const nth = count(given, 'nth_paragraph');
  const paragraph = paragraphs[nth - 1] ?? '';
  if (nth > filled || paragraph === '') return false;
  const word = splitWords(paragraph)[0]!.replace(/^'+/, '').replace(/^"+/, '');
  const first = /^[^.,?!'"]*/.exec(word)![0].toLowerCase();
  return filled === count(given, 'num_paragraphs') && first === text(given, 'first_word').toLowerCase();
}

function withoutTicks(response: string): string {
  let value = strip(response);
  for (const prefix of ['```json', '```Json', '```JSON', '```']) {
    if (value.startsWith(prefix)) value = value.slice(prefix.length);
  }
  return strip(value.endsWith('```') ? value.slice(0, -3) : value);
}

/** Python's `json.loads` also takes NaN and Infinity for numbers. */
function isPythonJson(value: string): boolean {
  if (parseJson(value).ok) return true;
  if (!/NaN|Infinity/.test(value)) return false;
  const outside = value
    .split(/("(?:[^"\\]|\\.)*")/s)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(/NaN|-?Infinity/g, '0')));
  return parseJson(outside.join('')).ok;
}

function isEnglish(response: string): boolean {
  const language = detectLanguage(response);
  return language === null || language === 'en';
}

/** `str.isupper()`: cased characters, all of them upper case. */
function isUpper(value: string): boolean {
  return /\p{Uppercase}/u.test(value) && !/[\p{Lowercase}\p{Lt}]/u.test(value);
}

function isLower(value: string): boolean {
  return /\p{Lowercase}/u.test(value) && !/[\p{Uppercase}\p{Lt}]/u.test(value);
}

/** `lstrip('<')`, then `rstrip('>')`. */
function betweenBrackets(title: string): string {
  let start = 0;
  let end = title.length;
  while (start < end && title[start] === '<') start++;
  while (end > start && title[end - 1] === '>') end--;
  return title.slice(start, end);
}

function trimCharacter(value: string, character: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && value[start] === character) start++;
  while (end > start && value[end - 1] === character) end--;
  return value.slice(start, end);
}

function compare(found: number, given: Arguments, limit: string, relation = 'relation'): boolean {
  const wanted = count(given, limit);
  switch (text(given, relation)) {
    case 'less than':
      return found < wanted;
    case 'at least':
      return found >= wanted;
    default:
      throw new SampleError(`expected "less than" or "at least" as ${relation}, found "${given[relation]}"`);
  }
}

function text(given: Arguments, name: string): string {
  const value = given[name];
  if (typeof value !== 'string' || value === '')
    throw new SampleError(`expected a text as ${name}, found ${JSON.stringify(value) ?? 'nothing'}`);
  return value;
}

function texts(given: Arguments, name: string): readonly string[] {
  const value = given[name];
  if (!Array.isArray(value) || value.length === 0)
    throw new SampleError(`expected a list as ${name}, found ${JSON.stringify(value) ?? 'nothing'}`);
  return value.map(String);
}

function count(given: Arguments, name: string): number {
  const value = Number(given[name] ?? Number.NaN);
  if (!Number.isFinite(value))
    throw new SampleError(`expected a number as ${name}, found ${JSON.stringify(given[name]) ?? 'nothing'}`);
  return value;
}
