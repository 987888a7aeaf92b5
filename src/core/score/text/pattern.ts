/**
 * Regular expressions over model outputs. An output is hostile and may be megabytes long, so a pattern runs on RE2 (linear
 * time, whatever the pattern) wherever RE2 can express it. Look-around and back-references cannot be: such a pattern runs
 * on the engine of the language, which backtracks, and therefore only over an output of bounded length and without
 * repeated groups that repeat or alternate inside, whose backtracking is exponential.
 */

import { RE2JS } from 're2js';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { END, forJavaScript, forRe2 } from './pattern-syntax.js';

/** Characters that a backtracking pattern may be run over. */
export const BACKTRACKING_LIMIT = 20_000;

export interface Pattern {
  /** Every match in order: its text and its groups, a group that took no part being null. */
  matches(text: string): Generator<Match>;
  replace(text: string, replacement: string): string;
  test(text: string): boolean;
}

export interface Match {
  readonly text: string;
  readonly index: number;
  readonly groups: readonly (string | null)[];
}

export interface PatternFlags {
  readonly ignoreCase?: boolean;
  readonly dotAll?: boolean;
  readonly multiline?: boolean;
}

const compiled = new Map<string, Pattern>();

/**
 * @param source A pattern as Python, RE2 or JavaScript write it; `(?i)` in front is understood by all of them here.
 * @throws RangeError when it is no pattern. @throws UserError when it needs backtracking and the text is too long for that.
 */
export function pattern(source: string, flags: PatternFlags = {}): Pattern {
  const key = `${flags.ignoreCase ? 'i' : ''}${flags.dotAll ? 's' : ''}${flags.multiline ? 'm' : ''}/${source}`;
  let found = compiled.get(key);
  if (found === undefined) {
    found = linearPattern(source, flags) ?? backtrackingPattern(source, flags);
    if (compiled.size > 1000) compiled.clear();
    compiled.set(key, found);
  }
  return found;
}

/** For the schemas of options. */
export const patternSchema = z.string().refine((source) => refusal(source) === null, {
  error: ({ input }) => refusal(String(input)) ?? '',
});

/** What a text should be to be run as a pattern; null where it is. */
function refusal(source: string): string | null {
  try {
    pattern(source);
    return null;
  } catch (error) {
    if (!(error instanceof AmbiguousPattern)) return 'expected a regular expression';
    return (
      'expected a pattern that does not repeat a group that itself repeats or alternates beside look-around or a ' +
      'back-reference, which may take exponential time'
    );
  }
}

class AmbiguousPattern extends RangeError {}

function linearPattern(source: string, flags: PatternFlags): Pattern | null {
  const bits =
    (flags.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) |
    (flags.dotAll ? RE2JS.DOTALL : 0) |
    (flags.multiline ? RE2JS.MULTILINE : 0);
  const compile = (ends: 'named' | 'unnamed') => RE2JS.compile(forRe2(source, flags.multiline === true, ends), bits);
  let expression: RE2JS;
  let named: RE2JS;
  try {
    expression = compile('unnamed');
    named = compile('named');
  } catch {
    return null;
  }
  const ends = Object.entries(named.namedGroups()).flatMap(([name, group]) => (name.startsWith(END) ? [group] : []));
  return {
    *matches(text) {
      const matcher = named.matcher(text);
      while (matcher.find()) {
        const endsBefore = ends.some((group) => matcher.group(group) === '\n') ? text.length - 1 : text.length;
        const part = (group: number) =>
          matcher.group(group) === null
            ? null
            : text.slice(matcher.start(group), Math.min(matcher.end(group), endsBefore));
        const groups: (string | null)[] = [];
        for (let group = 1; group <= matcher.groupCount(); group++) if (!ends.includes(group)) groups.push(part(group));
        yield { text: part(0) ?? '', index: matcher.start(0), groups };
      }
    },
    replace: (text, replacement) => expression.matcher(text).replaceAll(replacement),
    test: (text) => expression.matcher(text).find(),
  };
}

function backtrackingPattern(source: string, flags: PatternFlags): Pattern {
  if (hasAmbiguousRepeat(source)) {
    throw new AmbiguousPattern(
      `the pattern "${source}" repeats a group that itself repeats or alternates, beside look-around or a back-reference: ` +
        'matching it may take exponential time; write it without look-around',
    );
  }
  const inline = /^\(\?([imsu]+)\)/.exec(source)?.[1] ?? '';
  const body = inline === '' ? source : source.slice(inline.length + 3);
  const meaning = {
    multiline: flags.multiline === true || inline.includes('m'),
    dotAll: flags.dotAll === true || inline.includes('s'),
  };
  const letters = flags.ignoreCase || inline.includes('i') ? 'gui' : 'gu';
  let expression: RegExp;
  try {
    expression = new RegExp(forJavaScript(body, meaning), letters);
  } catch (error) {
    throw new RangeError(`expected a regular expression, found "${source}"`, { cause: error });
  }
  const bounded = (text: string) => {
    if (text.length > BACKTRACKING_LIMIT) {
      // The pattern of the suite is at fault, not the answer: it stays unscored.
      throw new UserError(
        `the pattern "${source}" uses look-around or a back-reference, which is matched only in outputs of up to ` +
          `${BACKTRACKING_LIMIT} characters, and this one has ${text.length}; write the pattern without them`,
      );
    }
    return text;
  };
  return {
    *matches(text) {
      for (const match of bounded(text).matchAll(expression)) {
        yield { text: match[0], index: match.index, groups: match.slice(1).map((group) => group ?? null) };
      }
    },
    replace: (text, replacement) => bounded(text).replace(expression, replacement),
    test: (text) => bounded(text).search(expression) >= 0,
  };
}

/** Whether a group that holds a repeat or an alternative is itself repeated without bound, as in `(a+)*` or `(a|b)+`. */
function hasAmbiguousRepeat(source: string): boolean {
  const groups: { ambiguous: boolean }[] = [];
  let closed: { ambiguous: boolean } | undefined;
  let inClass = false;
  for (let at = 0; at < source.length; at++) {
    const character = source[at]!;
    const justClosed = closed;
    closed = undefined;
    if (character === '\\') at++;
    else if (inClass) inClass = character !== ']';
    else if (character === '[') inClass = true;
    else if (character === '(') groups.push({ ambiguous: false });
    else if (character === ')') {
      closed = groups.pop();
      if (closed?.ambiguous && groups.length > 0) groups.at(-1)!.ambiguous = true;
    } else if (character === '|') {
      if (groups.length > 0) groups.at(-1)!.ambiguous = true;
    } else if (character === '*' || character === '+' || /^\{\d*,\d*\}/.test(source.slice(at, at + 12))) {
      if (justClosed?.ambiguous) return true;
      if (groups.length > 0) groups.at(-1)!.ambiguous = true;
    }
  }
  return false;
}
