/**
 * The final answer of a mathematical solution, and its one spelling: as math-evaluation-harness extracts and strips it
 * (which follows Hendrycks et al. 2021 and Minerva). Units go, fractions are written one way, words become numbers.
 */
import { strip } from '../text/text.js';

/** The answer between Minerva's phrases, in the last \boxed{}, after "the answer is", "final answer is"; else the last number. */
export function extractAnswer(solution: string): string | null {
  const minerva = between(solution, 'final answer is $', '$. I hope');
  if (minerva !== null) return tidy(minerva);
  const boxed = solution.lastIndexOf('boxed');
  if (boxed >= 0) {
    const rest = solution.slice(boxed + 'boxed'.length);
    return rest === '' ? null : tidy(rest.startsWith('{') ? insideBraces(rest) : strip(rest.split('$', 1)[0]!));
  }
  for (const phrase of ['he answer is', 'final answer is']) {
    const stated = solution.lastIndexOf(phrase);
    if (stated >= 0) return tidy(solution.slice(stated + phrase.length));
  }
  const last = solution
    .replaceAll(',', '')
    .match(/-?\d*\.?\d+/g)
    ?.at(-1);
  return last ?? null;
}

function between(text: string, before: string, after: string): string | null {
  const start = text.indexOf(before);
  if (start < 0) return null;
  const end = text.indexOf(after, start + before.length);
  return end < 0 ? null : text.slice(start + before.length, end);
}

/** Returns the text from its opening brace to the brace that closes it. */
export function insideBraces(text: string): string {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return text.slice(1, at);
  }
  return text.slice(1);
}

function tidy(answer: string): string {
  let result = strip(answer)
    .split('\n')
    .map((line, index) => (index === 0 ? line : line.trimStart()))
    .join('');
  if (result.startsWith(':')) result = result.slice(1);
  if (result.endsWith('.')) result = result.slice(0, -1);
  if (result.endsWith('/')) result = result.slice(0, -1);
  return result;
}

/** No answer is longer than this. A longer text is compared as it is. */
export const ANSWER_LIMIT = 1000;

/** `strip_string` of the reference. Both sides of a comparison pass through it. */
export function normaliseAnswer(answer: string): string {
  let text = strip(answer).replaceAll('\n', '');
  if (text.length > ANSWER_LIMIT) return text;
  text = text.replace(/\.+$/, '').replaceAll('\\!', '');
  if (!/\\begin/.test(text)) text = text.replace(/\\\\(?=[A-Za-z])/g, '\\');
  text = text
    .replace(/\\begin\{array\}\{.*?\}/g, '\\begin{pmatrix}')
    .replaceAll('\\end{array}', '\\end{pmatrix}')
    .replaceAll('bmatrix', 'pmatrix')
    .replaceAll('tfrac', 'frac')
    .replaceAll('dfrac', 'frac')
    .replaceAll('\\left', '')
    .replaceAll('\\right', '')
    .replaceAll('\\{', '{')
    .replaceAll('\\}', '}');
  text = unlessEmpty(strip(text.replace(/\\text\{[^}]*\}$/, '')), text);
  text = withoutUnits(text)
    .replace(/\^\{\\circ\}|\^\\circ/g, '')
    .replace(/\\?\$/g, '');
  text = wordsToNumber(text)
    .replace(/\\text\{(.*?)\}/g, '$1')
    .replace(/[xyz](?:=|\\in|\\to)/g, '')
    .replaceAll('\\emptyset', '{}')
    .replaceAll('(-\\infty,\\infty)', '\\mathbb{R}')
    .replace(/\\?%/g, '')
    .replaceAll(' .', ' 0.')
    .replaceAll('{.', '{0.')
    .replaceAll('infinity', '\\infty');
  if (!text.includes('\\infty')) text = text.replaceAll('inf', '\\infty');
  text = text
    .replaceAll('and', '')
    .replaceAll('\\mathbf', '')
    .replace(/\\mbox\{.*?\}/g, '');
  if (text.includes('j') && !text.includes('i')) text = text.replaceAll('j', 'i');
  text = text.replace(/(\d+)\.0*(?!\d)/g, '$1');
  if (text.startsWith('.')) text = `0${text}`;
  const sides = text.split('=');
  if (sides.length === 2 && sides[0]!.length <= 2) text = sides[1]!;
  text = text.replace(/\\sqrt(\w+)/g, '\\sqrt{$1}').replaceAll(' ', '');
  return fixSlash(fixFractions(text));
}

function unlessEmpty(text: string, otherwise: string): string {
  return text === '' ? otherwise : text;
}

/** `\frac12` and `\frac1{72}` with the braces that LaTeX supplies. */
function fixFractions(text: string): string {
  return text.replace(/\\frac(?!\{)(.)(?:\{|(.))/g, (_, over: string, under: string | undefined) =>
    under === undefined ? `\\frac{${over}}{` : `\\frac{${over}}{${under}}`,
  );
}

function fixSlash(text: string): string {
  const match = /^(-?\d+|[^/]*sqrt[^/]*)\/(-?\d+|[^/]*sqrt[^/]*)$/.exec(text);
  return match === null ? text : `\\frac{${match[1]}}{${match[2]}}`;
}

/** Units, mainly of MathQA, as the reference lists them; some are patterns, and single letters are among them. */
const UNITS = (
  'east|degree|mph|kmph|ft|m sqaure| m east|sq m|deg|mile|q .|monkey|prime|ratio|profit of rs|rd|o|gm|p . m|lb|tile|per|dm|lt|' +
  'gain|ab|way|west|a .|b .|c .|d .|e .|f .|g .|h .|t|a|h|no change|men|soldier|pie|bc|excess|st|inches|noon|percent|by|gal|' +
  'kmh|c|acre|rise|a . m|th|π r 2|sq|mark|l|toy|coin|sq . m|gallon|° f|profit|minw|yr|women|feet|am|pm|hr|cu cm|square|' +
  'v â € ™|are|rupee|rounds|cubic|cc|mtr|s|ohm|number|kmph|day|hour|minute|min|second|man|woman|sec|cube|mt|sq inch|mp|' +
  '∏ cm ³|hectare|more|sec|unit|cu . m|cm 2|rs .|rs|kg|g|month|km|m|cm|mm|apple|liter|loss|yard|pure|year|increase|' +
  'decrease|d|less|Surface|litre|pi sq m|s .|metre|meter|inch'
).split('|');

interface UnitPattern {
  /** What a text must hold for the pattern to match: up to the full stop that stands for any character. */
  readonly literal: string;
  readonly pattern: RegExp;
}

/** Made when first asked for: reading these 330 patterns takes a tenth of a second. */
let unitPatterns: readonly UnitPattern[] | null = null;

function patternsOfUnits(): readonly UnitPattern[] {
  unitPatterns ??= [...UNITS, ...UNITS.map((unit) => `${unit}s`)].map((unit) => ({
    literal: unit.split('.')[0]!,
    pattern: new RegExp(`(^|[^\\p{L}\\p{N}_])${unit}($|[^\\p{L}\\p{N}_])`, 'gu'),
  }));
  return unitPatterns;
}

function withoutUnits(answer: string): string {
  if (!/\p{L}/u.test(answer)) return answer;
  let text = answer;
  for (let round = 0; round < 2; round++) {
    for (const { literal, pattern } of patternsOfUnits()) {
      if (text.includes(literal)) text = unlessEmpty(text.replace(pattern, '$1$2'), text);
    }
  }
  return text;
}

const SMALL = (
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen ' +
  'nineteen'
).split(' ');
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const SCALES: Readonly<Record<string, number>> = { thousand: 1e3, million: 1e6, billion: 1e9 };

/** An answer written in number words alone, "twenty-three", in digits. */
function wordsToNumber(text: string): string {
  const words = strip(text.toLowerCase())
    .split(/[\s-]+/)
    .filter((word) => word !== 'and');
  let total = 0;
  let group = 0;
  for (const word of words) {
    if (SMALL.includes(word)) group += SMALL.indexOf(word);
    else if (TENS.includes(word)) group += 20 + 10 * TENS.indexOf(word);
    else if (word === 'hundred') group *= 100;
    else if (Object.hasOwn(SCALES, word)) {
      total += group * SCALES[word]!;
      group = 0;
    } else return text;
  }
  return words.length === 0 ? text : String(total + group);
}
