/**
 * The arguments of IFEval's instructions, read back from prompts. Evalverse scored an early version of the prompts and
 * published verdicts without the arguments; they stand in the prompt, in words, and most can be read. What cannot be read
 * with certainty is null, and its verdict is not compared.
 */
import type { Arguments } from '../src/core/score/read/ifeval-instructions.js';

const WORDS = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
];
const N = `(\\d+|${WORDS.join('|')})`;

const LANGUAGES: Readonly<Record<string, string>> = {
  English: 'en',
  Spanish: 'es',
  Portuguese: 'pt',
  Arabic: 'ar',
  Hindi: 'hi',
  French: 'fr',
  Russian: 'ru',
  German: 'de',
  Japanese: 'ja',
  Italian: 'it',
  Bengali: 'bn',
  Ukrainian: 'uk',
  Thai: 'th',
  Urdu: 'ur',
  Tamil: 'ta',
  Telugu: 'te',
  Bulgarian: 'bg',
  Korean: 'ko',
  Polish: 'pl',
  Hebrew: 'he',
  Persian: 'fa',
  Vietnamese: 'vi',
  Nepali: 'ne',
  Swahili: 'sw',
  Kannada: 'kn',
  Marathi: 'mr',
  Gujarati: 'gu',
  Punjabi: 'pa',
  Malayalam: 'ml',
  Finnish: 'fi',
};

/** @returns the arguments, {} for an instruction that takes none, or null where the prompt does not settle them. */
export function argumentsFrom(prompt: string, instruction: string): Arguments | null {
  const reader = READERS[instruction];
  return reader === undefined ? {} : reader(prompt);
}

const READERS: Readonly<Record<string, (prompt: string) => Arguments | null>> = {
  'combination:repeat_prompt': (prompt) => {
    const end = prompt.search(
      /\n+\s*(?:Before you answer it|First,? repeat|Repeat the (?:exact )?request|First of all repeat)/i,
    );
    return end < 0 ? null : { prompt_to_repeat: prompt.slice(0, end) };
  },
  'detectable_format:number_highlighted_sections': (prompt) =>
    only(
      prompt,
      [
        new RegExp(
          `at least ${N} (?:\\w+ ){0,3}?(?:sections?|parts?|phrases?|ideas?|points?|words?|headings?|paragraphs?|titles?)`,
          'gi',
        ),
      ],
      'num_highlights',
    ),
  'length_constraints:number_words': (prompt) => limit(prompt, 'words?', 'num_words'),
  'length_constraints:number_sentences': (prompt) => limit(prompt, 'sentences?', 'num_sentences'),
  'keywords:frequency': (prompt) => {
    const word = `the word ["“']?([\\w-]+?)[.,]?["”']?`;
    const found = [
      ...prompt.matchAll(new RegExp(`${word} (?:\\w+ ){0,3}?(at least|less than) ${TIMES}`, 'gi')),
      ...prompt.matchAll(new RegExp(`(?:not|n't) (?:use|include) ${word}()()(?=[. ]|$)`, 'gi')),
    ];
    const [match] = found;
    if (found.length !== 1 || match === undefined) return null;
    const relation = match[2] === '' ? 'less than' : match[2]!.toLowerCase();
    return { keyword: match[1]!, relation, frequency: match[3] === '' ? 1 : timesOf(match[3]!) };
  },
  'keywords:letter_frequency': (prompt) => {
    const found = [
      ...prompt.matchAll(
        new RegExp(`the letter ["“']?([a-z])["”']? (?:\\w+ ){0,3}?(at least|less than|fewer than) ${TIMES}`, 'gi'),
      ),
    ];
    const [match] = found;
    if (found.length !== 1 || match === undefined) return null;
    const relation = match[2]!.toLowerCase().replace('fewer', 'less');
    return { letter: match[1]!, let_relation: relation, let_frequency: timesOf(match[3]!) };
  },
  'language:response_language': (prompt) => {
    const named = Object.keys(LANGUAGES).filter((language) => new RegExp(`\\b${language}\\b`, 'i').test(prompt));
    return named.length === 1 ? { language: LANGUAGES[named[0]!]! } : null;
  },
  'detectable_content:number_placeholders': (prompt) =>
    only(prompt, [new RegExp(`at least ${N} placeholders?`, 'gi')], 'num_placeholders'),
  'length_constraints:number_paragraphs': (prompt) =>
    only(prompt, [new RegExp(`(?:exactly )?${N}[- ]paragraphs?`, 'gi')], 'num_paragraphs'),
  'startend:end_checker': (prompt) => {
    const known = ['Is there anything else I can help with?', 'Any other questions?', 'Follow your heart.'];
    const phrase = known.filter((one) => prompt.includes(one));
    return phrase.length === 1 ? { end_phrase: phrase[0]! } : null;
  },
  'change_case:capital_word_frequency': (prompt) => {
    const found = [...prompt.matchAll(new RegExp(`(at least|less than) ${N} (?:times|words)`, 'gi'))];
    const [match] = found;
    if (found.length !== 1 || match === undefined) return null;
    return { capital_relation: match[1]!.toLowerCase(), capital_frequency: numberOf(match[2]!) };
  },
  'detectable_content:postscript': (prompt) => {
    if (prompt.includes('P.P.S')) return { postscript_marker: 'P.P.S' };
    return prompt.includes('P.S.') ? { postscript_marker: 'P.S.' } : null;
  },
  'keywords:existence': (prompt) => {
    const keywords = wordList(prompt, 'include');
    return keywords === null ? null : { keywords };
  },
  'keywords:forbidden_words': (prompt) => {
    const words = wordList(prompt, "(?:not|n't|cannot) (?:\\w+ )?(?:include|use|mention)");
    return words === null ? null : { forbidden_words: words };
  },
  'detectable_format:number_bullet_lists': (prompt) =>
    only(prompt, [new RegExp(`exactly ${N} (?:markdown )?bullet`, 'gi')], 'num_bullets'),
  'detectable_format:multiple_sections': (prompt) => {
    const match = [...prompt.matchAll(new RegExp(`${N} sections?`, 'gi'))];
    const splitter = /\b(SECTION|Section|PARAGRAPH) X/.exec(prompt)?.[1];
    return match.length === 1 && splitter !== undefined
      ? { num_sections: numberOf(match[0]![1]!), section_spliter: splitter }
      : null;
  },
  'length_constraints:nth_paragraph_first_word': (prompt) => {
    const total = [...prompt.matchAll(new RegExp(`${N} paragraphs`, 'gi'))];
    const nth = /Paragraph (\d+) must start with (?:the )?word ["“']?(\w+)/i.exec(prompt);
    return total.length === 1 && nth !== null
      ? { num_paragraphs: numberOf(total[0]![1]!), nth_paragraph: Number(nth[1]), first_word: nth[2]! }
      : null;
  },
};

/** The words that a prompt lists after a verb: `include the keywords "a" and "b"`, `not use words a or b`, `['a', 'b']`. */
function wordList(prompt: string, verb: string): readonly string[] | null {
  const listOf = (item: string) => `${item}(?:(?:, | and | or |, and |, or )${item})+`;
  const quoted = `["“']?[\\w-]+[.,]?["”']`;
  const list = new RegExp(
    `${verb} (?:the )?(?:following )?(?:key)?words:? \\[?(${listOf(quoted)}|${listOf('[\\w-]+')})`,
    'i',
  ).exec(prompt);
  return list === null ? null : list[1]!.split(/, and |, or |, | and | or /).map((word) => word.replace(/[^\w-]/g, ''));
}

const TIMES = `(once|twice|(?:\\d+|${WORDS.join('|')}) times?)`;

function timesOf(text: string): number {
  return { once: 1, twice: 2 }[text.toLowerCase()] ?? numberOf(text.split(' ')[0]!);
}

/** The one number that any of the patterns finds. */
function only(prompt: string, patterns: readonly RegExp[], name: string): Arguments | null {
  const found = patterns.flatMap((one) => [...prompt.matchAll(one)]);
  return found.length === 1 ? { [name]: numberOf(found[0]![1]!) } : null;
}

function limit(prompt: string, unit: string, name: string): Arguments | null {
  const found = [
    ...prompt.matchAll(
      new RegExp(
        `(at least|less than|fewer than|more than|at most)? ?(?:a total of )?${N}\\+? (?:or more )?${unit}`,
        'gi',
      ),
    ),
  ];
  const [match] = found;
  const relation = match?.[1]?.toLowerCase().replace('fewer', 'less');
  if (found.length !== 1 || (relation !== 'at least' && relation !== 'less than')) return null;
  return { relation, [name]: numberOf(match![2]!) };
}

function numberOf(text: string): number {
  const index = WORDS.indexOf(text.toLowerCase());
  return index >= 0 ? index : Number(text);
}
