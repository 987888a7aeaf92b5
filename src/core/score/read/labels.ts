/** Labels as models write them: in quotes, with a full stop, behind the word for what they are. */
import { strip } from '../text/text.js';
import { withoutFence } from './json-value.js';

/**
 * Case, punctuation and quotes around it and the choice between blank, hyphen and underscore make no other label. A sign that
 * is a label itself, such as + or -, stays.
 */
export function normaliseLabel(text: string): string {
  const words = strip(text)
    .toLowerCase()
    .replace(/[\s_\u2010-\u2015-]+/g, ' ');
  const bare = strip(words.replace(LEADING, '').replace(TRAILING, ''));
  return bare === '' ? strip(text).toLowerCase() : bare;
}

/** Bounded, so that a megabyte of punctuation takes no longer than its length. */
const LEADING = /^[\p{Pi}\p{Pf}\p{Ps}\p{Pe}"'`*<>.,:;!?\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f\s]{1,20}/u;
const TRAILING = /[\p{Pi}\p{Pf}\p{Ps}\p{Pe}"'`*<>.,:;!?\u2026\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f\s]{1,20}$/u;

/** "Label: yes", "Sentiment - positive", "The answer is: yes", "It is yes" and the like. */
const HEADING = new RegExp(
  '^(?:(?:the |my )?(?:final |correct |predicted )?(?:labels?|class(?:ification)?|categor(?:y|ies)|answer|sentiment|intents?|topics?|queue|' +
    'prediction|output|result|kategorie|klasse|antwort|étiquette|catégorie|réponse|etiqueta|categoría|respuesta|标签|类别|答案)' +
    "\\s?(?:is|are|ist|est|es|是)?\\s?[:=\u2192\uff1a]{0,2}>?|(?:this|it|that)(?: is|'s))\\s?(?!$)",
  'u',
);

/** The label that an output is, alone or behind the word for what it is; what has no label of the set is taken as it is. */
export function labelOf(output: string, labels: readonly string[] | undefined): string {
  const whole = normaliseLabel(output);
  if (labels === undefined || labels.includes(whole) || !labels.some((label) => whole.includes(label))) return whole;
  return statedLabel(withoutMarks(output), labels) ?? whole;
}

/** A line that is longer holds no label alone. */
const LONGEST_LINE = 200;
/** Lines in which a label is looked for: more of them are a text. */
const MOST_LINES = 20;

/** The label of the first line that is more than a heading; null where another line has another label. */
function statedLabel(text: string, labels: readonly string[]): string | null {
  const found: (string | null)[] = [];
  for (const line of text.split('\n', MOST_LINES)) {
    const label = lineLabel(line, labels);
    if (label !== HEADING_LINE) found.push(label);
  }
  const [first = null] = found;
  return found.every((label) => label === null || label === first) ? first : null;
}

/** A line with the word for a label alone, the language of a fence, or nothing: the label may stand below it. */
const HEADING_LINE = Symbol('a heading');
const HEADING_ALONE = /^(?:the )?(?:final )?(?:label|class|category|answer|sentiment|intent|topic|json|text)?$/;

function lineLabel(line: string, labels: readonly string[]): string | typeof HEADING_LINE | null {
  if (line.length > LONGEST_LINE) return null;
  const plain = normaliseLabel(line);
  if (labels.includes(plain)) return plain;
  const bare = isListed(line, labels) ? normaliseLabel(line.replace(BULLET, '')) : plain;
  if (labels.includes(bare)) return bare;
  if (HEADING_ALONE.test(bare)) return HEADING_LINE;
  const behind = bare.replace(HEADING, '');
  const label = behind === bare ? bare : normaliseLabel(behind);
  return labels.includes(label) ? label : null;
}

/** Whether a line begins with the mark of a list. Where numbers are labels, one before a text may be meant. */
function isListed(line: string, labels: readonly string[]): boolean {
  const mark = BULLET.exec(line)?.[0];
  return mark !== undefined && !labels.includes(/\d+/.exec(mark)?.[0] ?? '');
}

/** Marks of lists and headings, and arrows. */
const BULLET = /^\s{0,20}(?:#{1,6}|[-*•·]|\d{1,3}[.)]|[=-]>|\u2192)\s{0,9}/u;

/** Tags around a text, control tokens, and characters that do not show. */
const MARKS = /<\|[^|<>]{1,40}\|>|<\/?[a-z_]{1,20}>|\p{Cf}/giu;

/** A text without fences, tags, control tokens, and characters that do not show. */
export function withoutMarks(text: string): string {
  const plain = withoutFence(text);
  return /[<\u0080-\uffff]/.test(plain) ? plain.replace(MARKS, '') : plain;
}
