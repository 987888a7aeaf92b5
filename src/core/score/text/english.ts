/**
 * Splits English text into sentences and words as NLTK does, because the verdicts of IFEval and others rest on it: Punkt (Kiss and
 * Strunk 2006) with NLTK's English model, and NLTKWordTokenizer (Treebank). Punkt decides for each full stop whether it ends a
 * sentence. It has learnt abbreviations, words that often begin sentences, and pairs of words that a stop does not separate.
 */
import { languageTable } from './language-tables.js';
import { isSpace, splitWords, strip } from './text.js';

/** Sentences, without the blank space between them. */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  const spans = [...spansOf(text)];
  let realign = 0;
  for (const [index, span] of spans.entries()) {
    const next = spans[index + 1];
    const start = span.start + realign;
    realign = 0;
    // A closing quote or bracket after the stop belongs to the sentence before.
    const closing = next === undefined ? null : /["')\]}]+?(?:\s+|(?=--)|$)/my.exec(text.slice(next.start, next.end));
    if (next !== undefined && closing !== null) {
      sentences.push(text.slice(start, next.start + closing[0].trimEnd().length));
      realign = closing[0].length;
    } else if (start < span.end) sentences.push(text.slice(start, span.end));
  }
  return sentences;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

const NON_WORD = `[)";}\\]*:@'({\\[!?]`;
const STOP = new RegExp(`[.?!](?=(${NON_WORD})|\\s+(\\S+))`, 'g');

interface Candidate {
  /** Where the word before the stop begins, and where the stop stands. */
  readonly word: number;
  readonly at: number;
  readonly after: string;
  readonly next: string | undefined;
  readonly nextStart: number;
}

function* spansOf(text: string): Generator<Span> {
  let start = 0;
  for (const candidate of candidatesOf(text)) {
    const context = `${text.slice(candidate.word, candidate.at + 1)}${candidate.after}`;
    if (!endsSentence(context)) continue;
    yield { start, end: candidate.at + 1 };
    start = candidate.next === undefined ? candidate.at + 1 : candidate.nextStart;
  }
  yield { start, end: text.length - (text.length - text.trimEnd().length) };
}

/** Stops with the word before and the token after; of several stops in one word ("!!!") only the last. */
function* candidatesOf(text: string): Generator<Candidate> {
  let previous: Candidate | undefined;
  let from = 0;
  let wordOfPrevious = 0;
  for (const match of text.matchAll(STOP)) {
    const at = match.index;
    let space = at - 1;
    while (space >= from && !isSpace(text.charCodeAt(space))) space--;
    const word = space > from ? space + 1 : wordOfPrevious;
    const [, closing, next] = match;
    const gap = next === undefined ? 0 : text.slice(at + 1).search(/\S/);
    if (previous !== undefined && previous.at <= word) yield previous;
    const after = closing ?? text.slice(at + 1, at + 1 + gap) + next!;
    previous = { word, at, after, next, nextStart: at + 1 + gap };
    from = at;
    wordOfPrevious = word;
  }
  if (previous !== undefined) yield previous;
}

const MULTI = `(?:-{2,}|\\.{2,}|(?:\\.\\s){2,}\\.)`;
const TOKEN = new RegExp(
  `${MULTI}|(?=[^("\`{\\[:;&#*@)}\\]\\-,])\\S+?(?=\\s|$|${NON_WORD}|${MULTI}|,(?=$|\\s|${NON_WORD}|${MULTI}))|\\S`,
  'g',
);

/** Whether any token of a context but its last ends a sentence. */
function endsSentence(context: string): boolean {
  const tokens = context.split('\n').flatMap((line) => line.match(TOKEN) ?? []);
  return tokens.some((token, index) => index < tokens.length - 1 && isEnd(token, tokens[index + 1]!));
}

function isEnd(token: string, next: string): boolean {
  if (token === '?' || token === '!') return true;
  if (!token.endsWith('.')) return false;
  const type = typeOf(token).replace(/(?<=.)\.$/s, '');
  // A stop that seems to end a sentence does not belong to the next word: "B." in "J. B. Fox" is b, which also occurs in small letters.
  const nextType = seemsEnd(next) ? typeOf(next).replace(/(?<=.)\.$/s, '') : typeOf(next);
  const ellipsis = /^\.\.+$/.test(token);
  const abbreviation = isAbbreviation(token);
  if (COLLOCATIONS.has(`${type} ${nextType}`)) return false;
  const initial = /^[\p{L}\p{Nl}_]\.$/u.test(token);
  let end = !ellipsis && !abbreviation && (token === '.' || !token.endsWith('..'));
  const capital = startsUpper(next);
  const { alwaysSmall, sometimesLarge } = cases();
  if ((abbreviation || ellipsis) && !initial && capital && (alwaysSmall.has(nextType) || STARTERS.has(nextType)))
    end = true;
  if (initial || type === '##number##') {
    if (PUNCTUATION.has(next) || startsLower(next)) return false;
    // An initial before a word that is never written small: J. Bach.
    if (initial && capital && !alwaysSmall.has(nextType) && !sometimesLarge.has(nextType)) return false;
  }
  return end;
}

/** Whether Punkt takes a token for the end of a sentence before it looks at the next word. */
function seemsEnd(token: string): boolean {
  return token.endsWith('.') && !token.endsWith('..') && !isAbbreviation(token);
}

function isAbbreviation(token: string): boolean {
  if (token === '.' || token.endsWith('..')) return false;
  return ABBREVIATIONS.has(lower(token)) || ABBREVIATIONS.has(lower(token).split('-').at(-1)!);
}

function lower(token: string): string {
  return token.slice(0, -1).toLowerCase();
}

function typeOf(token: string): string {
  return token.toLowerCase().replace(/^-?[.,]?\d[\d,.-]*\.?$/, '##number##');
}

const startsUpper = (token: string) => /^\p{Uppercase}/u.test(token);
const startsLower = (token: string) => /^\p{Lowercase}/u.test(token);
const PUNCTUATION = new Set([';', ':', ',', '.', '!', '?']);

/** NLTK's English Punkt model: its abbreviations, sentence starters and collocations. */
const ABBREVIATIONS = new Set(
  (
    'a.a a.c a.d a.g a.h a.m a.m.e a.s a.t adm ala ariz aug ave b.f b.v bros c c.i.t c.o.m.b c.v calif chg cie co col colo ' +
    'conn corp cos ct d d.c d.h d.w dec dr e e.f e.h e.l e.m f f.g f.j feb fla fri ft g g.d g.f g.k ga gen h h.c h.f h.m ' +
    'i.m.s ill inc j.b j.c j.j j.k j.p j.r jan jr k kan ky l l.a l.f l.p lt ltd m m.b.a m.d.c m.j maj messrs mg mich minn ' +
    'mr mrs ms n n.c n.d n.h n.j n.m n.v n.y nev nov oct ok okla ore p p.a.m p.m pa ph.d prof r r.a r.h r.i r.j r.k r.t ' +
    'rep reps s s.a s.a.y s.c s.g s.p.a s.s sen sep sept sr st sw t t.j tenn tues u.k u.n u.s u.s.a u.s.s.r v va vs vt w ' +
    'w.c w.r w.va w.w wash wed wis yr'
  ).split(' '),
);
const STARTERS = new Set(
  (
    'according although among both but despite even he however i if in indeed instead it many meanwhile moreover most ' +
    'nevertheless nonetheless nor sales separately similarly since so some the there these they this though thus under ' +
    'when while yet'
  ).split(' '),
);
const COLLOCATIONS = new Set([
  ...(
    'abreast aes business cbot colgate commodities cooper corrections credit dividend financing genentech henley insider ' +
    'international leisure letters notable pay-fone pegasus pepper review rj wedgestone who zimmer'
  )
    .split(' ')
    .map((word) => `##number## ${word}`),
  ...'edelman levine smith stewart wigton'.split(' ').map((word) => `b ${word}`),
  ...'aron fialka walter'.split(' ').map((word) => `j ${word}`),
  'i magnin',
  'i toussie',
  'o ludcke',
]);
interface Cases {
  readonly alwaysSmall: ReadonlySet<string>;
  readonly sometimesLarge: ReadonlySet<string>;
}

let casesOfWords: Cases | undefined;

/** The words are split at first use: most runs never count sentences. */
function cases(): Cases {
  if (casesOfWords === undefined) {
    const { alwaysSmall, sometimesLarge } = languageTable('english-words');
    casesOfWords = {
      alwaysSmall: new Set(alwaysSmall.flatMap(splitWords)),
      sometimesLarge: new Set(sometimesLarge.flatMap(splitWords)),
    };
  }
  return casesOfWords;
}

/** Tokens as `nltk.word_tokenize` gives them: it splits sentences, and in them words, punctuation and clitics. */
export function splitTokens(text: string): string[] {
  return splitSentences(text).flatMap(treebankTokens);
}

function treebankTokens(sentence: string): string[] {
  let text = sentence
    .replace(/[«“‘„]|`+/g, ' $& ')
    .replace(/^"/, '``')
    .replace(/``/g, ' `` ')
    .replace(/([ ([{<])(?:"|'{2})/g, '$1 `` ')
    .replace(/'(?!re|ve|ll|m|t|s|d|n)(?=[\p{L}\p{N}_](?![\p{L}\p{N}_]))/giu, "' ");
  text = splitFinalStop(text)
    .replace(/([:,])(\D)/g, ' $1 $2')
    .replace(/[:,]$/, ' $& ')
    .replace(/\.{2,}/g, ' $& ')
    .replace(/[;@#$%&?!*]/g, ' $& ')
    .replace(/([^'])' /g, "$1 ' ")
    .replace(/[\][(){}<>]/g, ' $& ')
    .replace(/--/g, ' -- ');
  text = ` ${text} `
    .replace(/[»”’]/g, ' $& ')
    .replace(/''|"/g, " '' ")
    .split(/\s/)
    .filter((word) => word !== '')
    .join(' ');
  return splitWords(
    ` ${text} `
      .replace(/([^' ])('[sS]|'[mM]|'[dD]|') /g, '$1 $2 ')
      .replace(/([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) /g, '$1 $2 ')
      .replace(
        /\b(can)(not)\b|\b(d)('ye)\b|\b(gim|lem)(me)\b|\b(gon)(na)\b|\b(got)(ta)\b|\b(mor)('n)\b|\b(wan)(na)\s/gi,
        splitPair,
      )
      .replace(/ ('t)(is|was)\b/gi, ' $1 $2 '),
  );
}

function splitPair(_: string, ...groups: (string | undefined | number)[]): string {
  const [first, second] = groups.filter((group) => typeof group === 'string');
  return ` ${first} ${second} `;
}

/** Separates the full stop at the end of a sentence. Closing quotes and brackets may follow it. */
function splitFinalStop(sentence: string): string {
  const body = strip(sentence);
  let stop = body.length - 1;
  while (stop >= 0 && `])}>"'»”’ `.includes(body[stop]!)) stop--;
  if (stop < 1 || body[stop] !== '.' || body[stop - 1] === '.') return sentence;
  return `${body.slice(0, stop)} . ${body.slice(stop + 1)} `;
}
