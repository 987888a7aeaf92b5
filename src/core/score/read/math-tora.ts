/**
 * The final answer of a solution as ToRA's released code finds and spells it (microsoft/ToRA, src/utils/parser.py:
 * extract_answer and strip_string). Its grader compares numbers to 1e-4, percentages guessed, and rounds nothing.
 */
import { strip } from '../text/text.js';
import { ANSWER_LIMIT, insideBraces } from './math-answer.js';

/** In the last \boxed{}, after "he answer is", in the last ```output block, or the last number; '' where there is none. */
export function toraAnswer(solution: string): string {
  const found = firstLine(located(solution)).replace(/^:/, '').replace(/\.$/, '').replace(/\/$/, '');
  return normaliseTora(found);
}

function located(solution: string): string {
  const boxed = solution.lastIndexOf('boxed');
  if (boxed >= 0) {
    const rest = solution.slice(boxed + 'boxed'.length);
    return rest.startsWith('{') ? insideBraces(rest) : strip(rest.split('$', 1)[0]!);
  }
  const stated = solution.lastIndexOf('he answer is');
  if (stated >= 0) return strip(solution.slice(stated + 'he answer is'.length));
  const printed = programOutput(solution);
  if (printed !== '') return printed;
  return (
    solution
      .replaceAll(',', '')
      .match(/-?\p{Nd}*\.?\p{Nd}+/gu)
      ?.at(-1) ?? ''
  );
}

function programOutput(solution: string): string {
  const start = solution.lastIndexOf('```output');
  return start < 0 ? '' : strip(solution.slice(start + '```output'.length).split('```', 1)[0]!);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}

/** `strip_string`. Both sides of a comparison pass through it. */
export function normaliseTora(answer: string): string {
  let text = strip(answer).replaceAll('\n', '');
  if (text.length > ANSWER_LIMIT) return text;
  text = text
    .replace(/\.+$/, '')
    .replaceAll('\\!', '')
    .replaceAll('\\ ', '')
    .replaceAll('\\\\', '\\')
    .replaceAll('\\\\', '\\')
    .replaceAll('tfrac', 'frac')
    .replaceAll('dfrac', 'frac')
    .replaceAll('\\left', '')
    .replaceAll('\\right', '');
  text = strip(text.replace(/\\text\{.*?\}$/, '')) || text;
  text = text
    .replace(/\^\{\\circ\}|\^\\circ/g, '')
    .replace(/\\?\$/g, '')
    .replaceAll('\\text', '')
    .replaceAll('x\\in', '')
    .replace(/\\?%/g, '')
    .replaceAll(' .', ' 0.')
    .replaceAll('{.', '{0.')
    .replaceAll('\\cdot', '')
    .replaceAll('infinity', '\\infty');
  if (!text.includes('\\infty')) text = text.replaceAll('inf', '\\infty');
  text = text
    .replaceAll('+\\inity', '\\infty')
    .replaceAll('and', '')
    .replaceAll('\\mathbf', '')
    .replace(/\\mbox\{.*?\}/g, '');
  if (text.includes('j') && !text.includes('i')) text = text.replaceAll('j', 'i');
  text = text.replace(/(\p{Nd}+)\.0+(\P{Nd}|$)/gu, '$1$2');
  if (text.startsWith('.')) text = `0${text}`;
  const sides = text.split('=');
  if (sides.length === 2 && sides[0]!.length <= 2) text = sides[1]!;
  text = text.replace(/\\sqrt([\p{L}\p{N}_]+)/gu, '\\sqrt{$1}').replaceAll(' ', '');
  return fixSlash(fixFractions(text));
}

/** `_fix_fracs`: where one of them cannot be mended, none is. */
function fixFractions(text: string): string {
  const [head = '', ...parts] = text.split('\\frac');
  if (parts.some((part) => !part.startsWith('{') && part.length < 2)) return text;
  return parts.reduce((mended, part) => `${mended}\\frac${withBraces(part)}`, head);
}

function withBraces(part: string): string {
  if (part.startsWith('{')) return part;
  const [over, under] = [part[0]!, part[1]!];
  return under === '{' ? `{${over}}${part.slice(1)}` : `{${over}}{${under}}${part.slice(2)}`;
}

function fixSlash(text: string): string {
  const match = /^(-?\d+|[^/]*sqrt[^/]*)\/(-?\d+|[^/]*sqrt[^/]*)$/.exec(text);
  return match === null ? text : `\\frac{${match[1]}}{${match[2]}}`;
}
