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
  if (labels === undefined || labels.includes(whole)) return whole;
  return statedLabel(withoutMarks(output), labels) ?? whole;
}

/** A line that is longer holds no label alone. */
const LONGEST_LINE = 200;
/** Lines in which a label is looked for: more of them are a text. */
const MOST_LINES = 20;

/** The label of the first line that is more than a heading; null where another line has another label. */
function statedLabel(text: string, labels: readonly string[]): string | null {
  const lines = text.split('\n', MOST_LINES).flatMap((line) => {
    const plain = normaliseLabel(line);
    const isHeading = HEADING_ALONE.test(normaliseLabel(line.replace(BULLET, '')));
    return plain === '' || line.length > LONGEST_LINE || isHeading ? [] : [lineLabel(line, labels)];
  });
  const [first = null] = lines;
  return lines.every((label) => label === null || label === first) ? first : null;
}

/** The word for a label, which stands in a line of its own before it, or names the language of a fence. */
const HEADING_ALONE = /^(?:the )?(?:final )?(?:label|class|category|answer|sentiment|intent|topic|json|text)$/;

function lineLabel(line: string, labels: readonly string[]): string | null {
  // Where a number is a label, one before a text may be meant.
  const isListed = !labels.includes(/^\s*(\d{1,3})[.)]/.exec(line)?.[1] ?? '');
  for (const text of isListed ? [line, line.replace(BULLET, '')] : [line]) {
    const plain = normaliseLabel(text);
    const found = [plain, normaliseLabel(plain.replace(HEADING, ''))].find((label) => labels.includes(label));
    if (found !== undefined) return found;
  }
  return null;
}

/** Marks of lists and headings, and arrows. */
const BULLET = /^\s{0,20}(?:#{1,6}|[-*•·]|\d{1,3}[.)]|[=-]>|\u2192)\s{0,9}/u;

/** Tags around a text, control tokens, and characters that do not show. */
const MARKS = /<\|[^|<>]{1,40}\|>|<\/?[a-z_]{1,20}>|\p{Cf}/giu;

/** A text without fences, tags, control tokens, and characters that do not show. */
export function withoutMarks(text: string): string {
  return withoutFence(text).replace(MARKS, '');
}
