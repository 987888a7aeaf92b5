/** Labels as models write them: in quotes, with a full stop, behind the word for what they are. */
import { strip } from '../text/text.js';
import { answerField, documentsIn } from './documents.js';
import { type Json, withoutFence } from './json-value.js';

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

/** The label that an output is or states; what has no label of the set is taken as it is. */
export function labelOf(output: string, labels: readonly string[] | undefined): string {
  const whole = normaliseLabel(output);
  if (labels === undefined || labels.includes(whole) || !labels.some((label) => whole.includes(label))) return whole;
  const inDocument = labelInDocument(output, labels);
  return (inDocument === undefined ? statedLabel(withoutMarks(output), labels) : inDocument) ?? whole;
}

/** undefined where there is no document; null where its field for the label, or the only text in it, is none of the set. */
function labelInDocument(output: string, labels: readonly string[]): string | null | undefined {
  const document = output.includes('{') ? documentsIn(output).at(-1) : undefined;
  if (document === undefined) return undefined;
  const value = answerField(document) ?? onlyText(document);
  const text = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (typeof text !== 'string' && typeof text !== 'number' && typeof text !== 'boolean') return null;
  const label = labelOf(String(text), labels);
  return labels.includes(label) ? label : null;
}

function onlyText(document: Json): string | null {
  const texts = Object.values(document ?? {}).filter((value) => typeof value === 'string');
  return texts.length === 1 ? texts[0]! : null;
}

/** What an answer says its label is; else the label that its lines are, or begin with. null where these are several. */
function statedLabel(text: string, labels: readonly string[]): string | null {
  return onlyOne(statementsIn(text, labels)) ?? onlyOne(lineLabels(text, labels));
}

function onlyOne(labels: readonly string[]): string | null {
  const [first = null] = labels;
  return labels.every((label) => label === first) ? first : null;
}

/** Words before a label: "the answer is", "Category:", "I would say". */
const STATEMENT = new RegExp(
  '(?:(?:answer|label|class|classification|category|sentiment|intent|topic|queue|prediction|output|result|response|verdict|' +
    'assistant|antwort|kategorie|klasse|respuesta|categoría|réponse|catégorie|risposta|resposta|ответ|الجواب|उत्तर|答案|类别|' +
    '标签|答え|回答|정답)["\'*_`)\\]]{0,4}(?:\\s?(?:is|would be|should be|must be|ist|lautet|es|est|è|é|это|是|为|は|는|은)' +
    '(?![\\p{L}\\p{N}])|(?:是|は)|\\s{0,2}[:=\u2192\uff1a>\u2013\u2014-]{1,2})|' +
    "i(?:'d| would|'ll| will)? (?:say|choose|pick|select|go with|classify (?:this|it) as|label (?:this|it) as)(?: it is| it's)?|" +
    "i (?:think|believe)(?: that)? (?:it|this|that)(?: is|'s))" +
    '[\\s:"\'*_`([{$<]{0,9}',
  'giu',
);
const MOST_STATEMENTS = 50;

function statementsIn(text: string, labels: readonly string[]): readonly string[] {
  const plain = text.toLowerCase();
  const found: string[] = [];
  for (const match of plain.matchAll(STATEMENT)) {
    const end = match.index + match[0].length;
    if (end === plain.length) break;
    const label = labelAtHead(plain.slice(end, end + LONGEST_LINE).split('\n', 1)[0]!, labels);
    if (label !== null) found.push(label);
    if (found.length >= MOST_STATEMENTS) break;
  }
  return found;
}

/** A line that is longer is prose, whose head alone may be a label. */
const LONGEST_LINE = 200;
/** Lines in which a label is looked for: the first ones and, of a longer text, the last. */
const MOST_LINES = 20;

function lineLabels(text: string, labels: readonly string[]): readonly string[] {
  const lines = text.split('\n');
  const read = lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES - 1), lines.at(-1)!] : lines;
  return read.flatMap((line) => lineLabel(line.slice(0, LONGEST_LINE), labels) ?? []);
}

function lineLabel(line: string, labels: readonly string[]): string | null {
  const plain = normaliseLabel(line);
  if (labels.includes(plain)) return plain;
  const listed = isListed(line, labels) ? line.replace(BULLET, '') : line;
  const bare = normaliseLabel(listed);
  if (labels.includes(bare)) return bare;
  const behind = bare.replace(HEADING, '');
  const label = behind === bare ? bare : normaliseLabel(behind);
  if (labels.includes(label)) return label;
  return labelAtHead(listed.toLowerCase().replace(INTERJECTION, ''), labels);
}

/** "Sure! ", "Okay, ". */
const INTERJECTION =
  /^[\s"'*_`>|]{0,9}(?:sure(?: thing)?|ok(?:ay)?|certainly|of course|absolutely|alright|well|so|therefore|thus|hence|a(?=:))[\s,.!:]{1,5}/;

/** The label that a line begins with, where the clause of the label ends there and no other label is joined to it. */
function labelAtHead(line: string, labels: readonly string[]): string | null {
  const whole = normaliseLabel(line);
  if (labels.includes(whole)) return whole;
  const text = line.replace(OPENING, '').replace(INNER_JOINT, ' ');
  const [label = null] = labels
    .filter((one) => text.startsWith(one) && !/^[\p{L}\p{N}]/u.test(text.slice(one.length)))
    .sort((a, b) => b.length - a.length);
  if (label === null) return null;
  const rest = text.slice(label.length);
  if (!CLAUSE_END.test(rest)) return null;
  const isJoined = rest.split(JOINT).some((clause) => clause !== '' && labels.includes(normaliseLabel(clause)));
  return isJoined ? null : label;
}

/** The texts between labels: "a, b", "a or b", "a (40%), b (60%)". */
const JOINT =
  /[,;:/&|+()?]|\s[-\u2013\u2014]\s|(?<![\p{L}\p{N}])(?:or|and|und|oder|et|ou|y|o|maybe|perhaps)(?![\p{L}\p{N}])/u;
const OPENING = /^[\s"'*_`([{$<>|~\u201c\u2018«]{1,20}/;
/** `technical-issue` and `technical_issue` are "technical issue". */
const INNER_JOINT = /(?<=[\p{L}\p{N}])[_\u2010-\u2015-](?=[\p{L}\p{N}])|\s{1,9}(?=[\p{L}\p{N}])/gu;
const CLAUSE_END =
  /^[\s"'*_`)\]}$>|~.!\u201d\u2019»]{0,9}(?:$|[,;:(.!?\n]|\s[-\u2013\u2014]\s|\s\/\/|\s?(?:because|since|as|due to|for)\s|\s(?:is|seems|would be) (?:the |my )?(?:(?:most|best|final|likely|only) ){0,2}(?:correct|right|answer|label|choice|category|class)(?![\p{L}\p{N}]))/u;

/** Whether a line begins with the mark of a list. Where numbers are labels, one before a text may be meant. */
function isListed(line: string, labels: readonly string[]): boolean {
  const mark = BULLET.exec(line)?.[0];
  return mark !== undefined && !labels.includes(/\d+/.exec(mark)?.[0] ?? '');
}

/** Marks of lists and headings, and arrows. */
const BULLET = /^\s{0,20}(?:#{1,6}|[-*•·]|\d{1,3}[.)]|[=-]?>|\u2192)\s{0,9}/u;

/** Tags around a text, control tokens, the commands of LaTeX that frame it, and characters that do not show or are pictures. */
const MARKS =
  /<[|\uff5c][^|\uff5c<>]{1,40}[|\uff5c]>|<\/?[a-z_]{1,20}>|\[\/?(?:INST|EOS|BOS|ANSWER)\]|\\(?:boxed|text|textbf|mathrm|mathbf)\{|\\(?:[[\]()]|n$)|\p{Cf}|\p{Extended_Pictographic}/giu;
const MARKED = /[<[\\\u0080-\uffff]/;

/** A text without fences, tags, control tokens, frames of LaTeX, and characters that do not show. */
export function withoutMarks(text: string): string {
  const plain = withoutFence(text);
  return MARKED.test(plain) ? plain.replace(MARKS, '') : plain;
}
