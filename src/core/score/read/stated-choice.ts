/**
 * The letter that an answer in free words chooses. The ways are tried in this order, and a way that finds several different
 * letters has found none:
 *
 *     the letter alone                  B   (b)   **B**
 *     a JSON document                   {"reason": "D is out", "answer": "C"}
 *     a statement                       The answer is (B)   Answer: B   La respuesta es B   \boxed{B}   option b.
 *     the letter at the head            B) Paris   D, 21 min.   C - it is the largest
 *     the only letter that stands alone 答えはBです
 *     the text of one choice            Paris.   The answer is Paris.
 *
 * "A or C" and "A/B" choose nothing. Letters end where words of Latin, Greek or Cyrillic do: "Dès" holds no D, "ΔH" no H.
 */
import { strip } from '../text/text.js';
import { answerField, documentsIn } from './documents.js';
import type { Json } from './json-value.js';
import { labelOf } from './labels.js';

export interface ChoiceRules {
  readonly letters: string;
  /** The texts of the choices, where they are known. */
  readonly texts: readonly string[] | null;
  /** Which of several statements counts. */
  readonly take: 'first' | 'last';
}

/** Longer than any statement of a choice. */
const LONGEST_HEAD = 200;

/** @returns null where no letter, or more than one, is chosen. */
export function statedChoice(output: string, rules: ChoiceRules): string | null {
  const text = withoutRole(withAsciiLetters(output), rules.letters);
  const inDocument = choiceInJson(text, rules);
  return inDocument === undefined ? choiceInWords(text, rules) : inDocument;
}

/** "A: C" and "Q: …\nA: C" are an answer in a dialogue, where what follows is a letter. */
function withoutRole(text: string, letters: string): string {
  const role = /^(?:q:[^\n]{0,400}\n{1,2})?a:\s{1,3}(?=[("*A-Z])/i.exec(text.slice(0, 2 * LONGEST_HEAD))?.[0];
  const rest = role === undefined ? text : text.slice(role.length);
  return rest !== text && leadingLetter(rest, letters) !== null ? rest : text;
}

/** `B`, `(B)`, `B.`, `**B**`, `B) the text`, `B: the text`. A letter and a blank is a word ("A good answer") and is none. */
export function leadingLetter(output: string, letters: string): string | null {
  const head = strip(output).slice(0, LONGEST_HEAD);
  const match = /^[*_`"'([\s]*([A-Za-z])(?:[*_`"')\].:\s]*$|[*_`"']*(?:[):\]]|\.(?!\p{L})))/u.exec(head);
  return letterOf(match?.[1], letters);
}

function letterOf(found: string | undefined, letters: string): string | null {
  const letter = found?.toUpperCase();
  return letter !== undefined && letters.includes(letter) ? letter : null;
}

/** Full-width letters and signs, as Chinese and Japanese set them, are ASCII's, and so are quotes of any script. */
function withAsciiLetters(text: string): string {
  return /[\uff01-\uff5e«»\u2018-\u201f]/.test(text)
    ? text
        .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
        .replace(/[«»\u201c-\u201f]/g, '"')
        .replace(/[\u2018-\u201b]/g, "'")
    : text;
}

function choiceInWords(text: string, rules: ChoiceRules): string | null {
  const { letters, take } = rules;
  const whole = leadingLetter(text, letters);
  if (whole !== null && strip(text).length <= 4) return whole;
  const first = take === 'first' ? headLetter(text, letters) : null;
  if (typeof first === 'string') return first;
  const statements = statementsIn(text, letters);
  const stated = take === 'first' ? statements[0] : statements.at(-1);
  if (stated !== undefined) return stated === UNDECIDED ? null : stated;
  const head = first ?? headLetter(text, letters);
  if (head === UNDECIDED) return null;
  return head ?? onlyLetter(text, letters) ?? choiceByText(text, rules) ?? smallLetter(text, letters);
}

/** A longer text has small letters that are words. */
const LONGEST_SMALL = 300;

/** A small letter that stands alone. */
const SMALL: Readonly<Record<Alphabet, RegExp>> = {
  ascii: /(?:^|[^A-Za-z])[a-z](?![A-Za-z])/,
  unicode: /(?<!\p{L})[a-z](?!\p{L})/u,
};

/** A small letter where a label would stand: "b", "b, because …", "<answer>b</answer>". */
function smallLetter(text: string, letters: string): string | null {
  if (text.length > LONGEST_SMALL) return null;
  const small = letters.toLowerCase();
  if (!SMALL[alphabetOf(text)].test(text)) return null;
  const label = labelOf(text, Array.from(small));
  return label.length === 1 && small.includes(label) ? label.toUpperCase() : null;
}

const UNDECIDED = Symbol('several letters');
type Stated = string | typeof UNDECIDED;

/** `or`, `and` and their like between two letters. */
const JOINED = String.raw`[*_\x60"')\]]{0,4}(?:\s{0,3}[/,&|+]\s{0,3}(?:or\s|and\s)?|\s{1,3}(?:or|and|oder|und|ou|et|o|y|e|或|和)\s{1,3})[*_\x60"'([]{0,4}`;

/** No letter, digit or accent of a word touches it; neither do the other half of "B-12" or of "D.C.". */
const AHEAD = {
  ascii: String.raw`(?![\w']|[-.]\w)`,
  unicode: String.raw`(?![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{N}\p{M}_'’]|[-.][\p{L}\p{N}])`,
};
const BEHIND = {
  ascii: String.raw`(?<![\w']|\w[-.])`,
  unicode: String.raw`(?<![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{N}\p{M}_'’]|[\p{L}\p{N}][-.])`,
};

interface Patterns {
  readonly statement: RegExp;
  readonly joined: RegExp;
  readonly alone: RegExp;
}

const patterns = new Map<string, Patterns>();

/** Of a text in ASCII alone, which most are, the same is found by patterns that know ASCII alone, and much sooner. */
type Alphabet = 'ascii' | 'unicode';

const WORDS: Readonly<Record<Alphabet, string>> = {
  ascii: 'answer|choice|choose|option|antwort|respuesta|risposta|opzione|resposta',
  unicode:
    'answer|choice|choose|option|antwort|lösung|respuesta|opción|réponse|risposta|opzione|resposta|opção|odpowiedź|ответ|' +
    '答え|回答|答案|正解|选项|選択肢|정답|답',
};
const COPULAS: Readonly<Record<Alphabet, string>> = {
  ascii: 'is|are|was|would\\sbe|should\\sbe|must\\sbe|ist|lautet|es|est|to',
  unicode: 'is|are|was|would\\sbe|should\\sbe|must\\sbe|ist|lautet|es|est|è|é|to|это',
};

function alphabetOf(text: string): Alphabet {
  return /[\u0080-\uffff]/.test(text) ? 'unicode' : 'ascii';
}

function patternsFor(letters: string, text: string): Patterns {
  const alphabet = alphabetOf(text);
  const key = `${alphabet} ${letters}`;
  const known = patterns.get(key);
  if (known !== undefined) return known;
  const one = `[${letters}${letters.toLowerCase()}]`;
  const made = {
    statement: new RegExp(
      `(?:${WORDS[alphabet]})(?:\\s{1,9}(?:${COPULAS[alphabet]})${alphabet === 'unicode' ? '|は|是|为|為|은|는' : ''})?` +
        `[\\s:*_\`"'([=]{0,12}(?:option\\s|choice\\s)?[*_\`"'([]{0,4}(${one})(?:${AHEAD[alphabet]}|(?=['’]\\s{0,9}[}\\],]))|` +
        `\\\\boxed\\{\\s{0,9}(?:\\\\(?:text|mathrm|textbf)\\{)?\\(?(${one})\\)?\\s{0,9}\\}`,
      alphabet === 'unicode' ? 'giu' : 'gi',
    ),
    joined: new RegExp(`${JOINED}([${letters}])${AHEAD[alphabet]}`, 'yu'),
    alone: new RegExp(`${BEHIND[alphabet]}([${letters}])${AHEAD[alphabet]}`, 'gu'),
  };
  if (patterns.size > 30) patterns.clear();
  patterns.set(key, made);
  return made;
}

/** Every letter that is said to be the answer, in order. */
function statementsIn(text: string, letters: string): readonly Stated[] {
  const stated: Stated[] = [];
  for (const match of text.matchAll(patternsFor(letters, text).statement)) {
    const found = match[1] ?? match[2]!;
    const end = match.index + match[0].length;
    // "the answer is a matter of taste" states nothing: a bare small letter must end its clause.
    const isStated = found === found.toUpperCase() || /^["')\]*.,;:}\s]*(?:$|\n)/.test(text.slice(end, end + 20));
    if (isStated && !isArticle(text, end, found) && !isDenied(text, match.index))
      stated.push(unlessJoined(text, end, found.toUpperCase(), letters));
  }
  return stated;
}

function unlessJoined(text: string, end: number, letter: string, letters: string): Stated {
  const { joined } = patternsFor(letters, text);
  joined.lastIndex = end;
  const other = joined.exec(text)?.[1];
  return other === undefined || other === letter ? letter : UNDECIDED;
}

/** What may follow a letter that is no article and no "I". */
const VERBS = /^\s+(?:is|was|because|since|as|for|seems|would|should|has|best|due|ist|weil|es|est|è)(?![\p{L}])/u;

/** "A careful reader", "I think": A and I are words where a word in small letters follows. */
function isArticle(text: string, end: number, letter: string): boolean {
  if (letter !== 'A' && letter !== 'I') return false;
  const rest = text.slice(end, end + 20);
  return /^[^\S\n]+\p{Ll}{2}/u.test(rest) && !VERBS.test(rest) && !/^\s+(?:or|and|oder|und|ou|et)\s/.test(rest);
}

/** A letter that an answer begins with, and goes on behind: `D, 21 min.`, `C - the largest`, `A or C`. */
function headLetter(text: string, letters: string): Stated | null {
  const head = strip(text).slice(0, LONGEST_HEAD);
  const start = /^[*_`"'([\s]*(?:option\s|choice\s)?[*_`"'([]*([A-Z])/iu.exec(head);
  const letter = letterOf(start?.[1], letters);
  if (start === null || letter === null) return null;
  const end = start[0].length;
  const isCapital = start[1] === letter;
  const stated = unlessJoined(head, end, letter, letters);
  if (stated === UNDECIDED) return isCapital ? UNDECIDED : null;
  if (leadingLetter(head, letters) !== null) return letter;
  return isCapital && /^[*_`"')\]]*(?:[,;\n]|\s+[-–—=]\s)/u.test(head.slice(end)) ? letter : null;
}

function onlyLetter(text: string, letters: string): string | null {
  let only: string | null = null;
  for (const { 1: letter, index } of text.matchAll(patternsFor(letters, text).alone)) {
    if (letter === only || isArticle(text, index + 1, letter!)) continue;
    if (only !== null || isDenied(text, index)) return null;
    only = letter!;
  }
  return only;
}

/** "It is not C" and "not option (C)" choose nothing. */
function isDenied(text: string, at: number): boolean {
  return DENIAL.test(text.slice(Math.max(0, at - LONGEST_DENIAL), at));
}
const LONGEST_DENIAL = 40;
const DENIAL =
  /(?:^|[^\p{L}])(?:not|never|neither|cannot|\p{L}{2,6}n['’]t|nicht|kein|keine|pas|non|не)\s{1,3}(?:(?:be|really|option|choice|answer|the|an?|die|der|das|la|le|el|il)\s{1,3}){0,2}[*_`"'([]{0,4}$/iu;

/** The choice whose text an answer is, or states. */
function choiceByText(text: string, { letters, texts, take }: ChoiceRules): string | null {
  if (texts === null) return null;
  const choices = texts.map(plain);
  const small = text.toLowerCase();
  if (!choices.some((choice) => choice !== '' && small.includes(choice))) return null;
  const at = placeOf(text, choices) ?? statedPlace(text, choices, take) ?? placeOf(labelOf(text, choices), choices);
  return at === null ? null : letters[at]!;
}

/** The only choice that is this text; null where there is none, or more than one. */
function placeOf(text: string, choices: readonly string[]): number | null {
  const said = plain(text);
  const place = said === '' ? -1 : choices.indexOf(said);
  return place >= 0 && choices.indexOf(said, place + 1) < 0 ? place : null;
}

/** What may stand between the words for an answer and its text. */
const BEFORE_TEXT =
  /(?:answer|choice|option|antwort|respuesta|réponse|答案)(?:\s(?:is|ist|es|est|是))?[\s:*_"'(]{1,12}|^(?:it|this) is /giu;

/** The choice whose text is all that an answer states in a line: "The answer is Paris." The last statement counts, or the first. */
function statedPlace(text: string, choices: readonly string[], take: ChoiceRules['take']): number | null {
  const found = Array.from(text.matchAll(BEFORE_TEXT)).flatMap(({ 0: words, index }) => {
    const start = index + words.length;
    const line = text.slice(start, start + LONGEST_HEAD).split('\n', 1)[0]!;
    return placeOf(line, choices) ?? [];
  });
  return (take === 'first' ? found[0] : found.at(-1)) ?? null;
}

const EDGES = /^["'“”*]|[.!"'“”*]$/;

function plain(text: string): string {
  const bare = strip(text).toLowerCase();
  return EDGES.test(bare) ? bare.replace(/^["'“”*]{1,9}|[.!"'“”*]{1,9}$/g, '') : bare;
}

/** undefined where there is no document with a field for the choice; null where that field chooses nothing. */
function choiceInJson(text: string, rules: ChoiceRules): string | null | undefined {
  const found = documentsIn(text).flatMap((document) => {
    const value = answerField(document);
    return value === undefined ? [] : [choiceOfValue(value, rules)];
  });
  return rules.take === 'first' ? found[0] : found.at(-1);
}

function choiceOfValue(value: Json, rules: ChoiceRules): string | null {
  if (Array.isArray(value)) return value.length === 1 ? choiceOfValue(value[0], rules) : null;
  return typeof value === 'string' ? choiceInWords(value, rules) : null;
}
