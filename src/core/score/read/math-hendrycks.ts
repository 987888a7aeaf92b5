/**
 * Answers as Hendrycks et al. 2021 compare them, letter for letter as `hendrycks_math/utils.py` of lm-evaluation-harness: two
 * answers are one when `strip_string` spells them alike. No algebra: \frac12 is 1/2 and 0.5, but 0.25 is not \frac14.
 *
 * What the reference does by an exception is done here by null: a text that it cannot strip ("x/2", "\sqrt" at the end, two
 * units) is compared as it stands. It counts code points, as Python does.
 */
import { SampleError } from '../score.js';

/** Returns the text between the first and the last dollar sign of an output, or all of it without two signs. */
export function hendrycksAnswer(output: string): string {
  const first = output.indexOf('$');
  const last = output.lastIndexOf('$');
  return first === last ? output : output.slice(first + 1, last);
}

export function isHendrycksEquivalent(answer: string, target: string): boolean {
  const [given, wanted] = [stripString(answer), stripString(target)];
  return given === null || wanted === null ? answer === target : given === wanted;
}

/**
 * What the last \boxed{} of a solution holds (`remove_boxed(last_boxed_only_string(…))`, which Minerva shares). A target that boxes
 * nothing is the answer itself.
 */
export function boxedTarget(target: string): string {
  const spaced = target.split('\\boxed ');
  if (spaced.length > 1) return spaced.at(-1)!.split('$', 1)[0]!;
  const start = target.lastIndexOf('\\boxed');
  if (start < 0) return target;
  let depth = 0;
  for (let at = start; at < target.length; at++) {
    if (target[at] === '{') depth++;
    else if (target[at] === '}' && --depth === 0) {
      if (!target.startsWith('\\boxed{', start)) break;
      return target.slice(start + '\\boxed{'.length, at);
    }
  }
  throw new SampleError(
    `expected the target to box its answer, as in \\boxed{7}, found "${target.slice(start, start + 80)}"`,
  );
}

/** `strip_string`; null where the reference raises. */
export function stripString(answer: string): string | null {
  const plain = answer
    .replaceAll('\n', '')
    .replaceAll('\\!', '')
    .replaceAll('\\\\', '\\')
    .replaceAll('tfrac', 'frac')
    .replaceAll('dfrac', 'frac')
    .replaceAll('\\left', '')
    .replaceAll('\\right', '')
    .replaceAll('^{\\circ}', '')
    .replaceAll('^\\circ', '')
    .replaceAll('\\$', '');
  const withUnits = plain.split('\\text{ ');
  if (withUnits.length > 2) return null;
  let text = withUnits[0]!.replaceAll('\\%', '').replaceAll(' .', ' 0.').replaceAll('{.', '{0.');
  if (text === '') return '';
  if (text.startsWith('.')) text = `0${text}`;
  const sides = text.split('=');
  if (sides.length === 2 && Array.from(sides[0]!.slice(0, 6)).length <= 2) text = sides[1]!;
  const rooted = fixRoots(text);
  if (rooted === null) return null;
  const fractions = fixFractions(rooted.replaceAll(' ', ''));
  if (fractions === null) return null;
  return fixSlash(fractions === '0.5' ? '\\frac{1}{2}' : fractions);
}

/** `\sqrt3` with its braces. */
function fixRoots(text: string): string | null {
  const [before, ...parts] = text.split('\\sqrt');
  if (parts.includes('')) return null;
  const fixed = parts.map((part) => {
    const radicand = characterAt(part, 0);
    return radicand === '{' ? part : `{${radicand}}${part.slice(radicand.length)}`;
  });
  return [before, ...fixed].join('\\sqrt');
}

/** `\frac12` and `\frac1{72}` with theirs; a lone character after \frac leaves the whole text as it was. */
function fixFractions(text: string): string | null {
  const [before, ...parts] = text.split('\\frac');
  const fixed: string[] = [];
  for (const part of parts) {
    if (part === '') return null;
    const over = characterAt(part, 0);
    const under = characterAt(part, over.length);
    if (over !== '{' && under === '') return text;
    const rest = part.slice(over.length + under.length);
    fixed.push(over === '{' ? part : `{${over}}${under === '{' ? under : `{${under}}`}${rest}`);
  }
  return [before, ...fixed].join('\\frac');
}

/** `1/2` of two whole numbers; of what Python's `int` does not read, nothing can be made. */
function fixSlash(text: string): string | null {
  const sides = text.split('/');
  if (sides.length !== 2) return text;
  if (!sides.every((side) => /^\s*[-+]?\p{Nd}+(?:_\p{Nd}+)*\s*$/u.test(side))) return null;
  return sides.every((side) => /^(?:0|-?[1-9][0-9]*)$/.test(side)) ? `\\frac{${sides[0]}}{${sides[1]}}` : text;
}

function characterAt(text: string, at: number): string {
  const code = text.codePointAt(at);
  return code === undefined ? '' : String.fromCodePoint(code);
}
