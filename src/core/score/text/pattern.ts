/**
 * Regular expressions over model outputs. An output is hostile and may be megabytes long, so a pattern runs on RE2 (linear
 * time, whatever the pattern) wherever RE2 can express it. Look-around and back-references cannot be: such a pattern is
 * matched by trying, and therefore with a limit of steps, only over an output of bounded length, and without repeated groups
 * that repeat or alternate inside, whose trying is exponential.
 */

import { RE2JS } from 're2js';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { backtracking, type Expression, MOST_STEPS } from './backtrack.js';
import { END, forJavaScript, forRe2 } from './pattern-syntax.js';

/** Characters that a backtracking pattern may be run over. */
export const BACKTRACKING_LIMIT = 20_000;
/**
 * The largest product of a pattern's states and a text's characters, which is what RE2 may take: one or two
 * seconds. A pattern of 20 states may run over five million characters; `(\w{1,100}){1,10}` has 2,000.
 */
const LINEAR_LIMIT = 1e8;

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
 * @throws RangeError when it is no pattern. @throws UserError when the text is too long for it.
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

/** The schema of an option that holds a pattern. */
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
  const states = named.programSize();
  const requireShort = (text: string) => {
    if (states * text.length <= LINEAR_LIMIT) return;
    throw new UserError(
      `the pattern "${source}" has ${states} states, with which it is matched only in outputs of up to ` +
        `${Math.floor(LINEAR_LIMIT / states)} characters, and this one has ${text.length}; write it with smaller repeats`,
    );
  };
  return {
    *matches(text) {
      requireShort(text);
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
    replace(text, replacement) {
      requireShort(text);
      return expression.matcher(text).replaceAll(replacement);
    },
    test(text) {
      requireShort(text);
      return expression.matcher(text).find();
    },
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
  let expression: Expression;
  try {
    const ignoreCase = flags.ignoreCase === true || inline.includes('i');
    expression = backtracking(forJavaScript(body, meaning), { ignoreCase });
  } catch (error) {
    throw new RangeError(`expected a regular expression, found "${source}"`, { cause: error });
  }
  const found = function* (text: string): Generator<Match> {
    if (text.length > BACKTRACKING_LIMIT) {
      // The pattern of the suite is at fault, not the answer: it stays unscored.
      throw new UserError(
        `the pattern "${source}" uses look-around or a back-reference, which is matched only in outputs of up to ` +
          `${BACKTRACKING_LIMIT} characters, and this one has ${text.length}; write the pattern without them`,
      );
    }
    try {
      for (const { index, end, groups } of expression.all(text)) {
        yield { text: text.slice(index, end), index, groups: groups.map((group) => group && text.slice(...group)) };
      }
    } catch (error) {
      // The stack of calls is a limit, too.
      if (!(error instanceof RangeError)) throw error;
      throw new UserError(
        `the pattern "${source}" takes more than ${MOST_STEPS} steps on this output; write it without look-around, or with ` +
          'fewer repeats',
        { cause: error },
      );
    }
  };
  return {
    matches: found,
    replace: (text, replacement) => replaceAll(text, found(text), replacement),
    test: (text) => !found(text).next().done,
  };
}

/** A replacement as JavaScript writes it: `$1`, `$&` and `$$`. */
function replaceAll(text: string, matches: Iterable<Match>, replacement: string): string {
  let result = '';
  let at = 0;
  for (const match of matches) {
    const put = replacement.replace(/\$(?:(\$)|(&)|(\d{1,2}))/g, (whole, dollar, all, digits) => {
      if (dollar) return '$';
      if (all) return match.text;
      const group = Number(digits);
      return group >= 1 && group <= match.groups.length ? (match.groups[group - 1] ?? '') : whole;
    });
    result += text.slice(at, match.index) + put;
    at = match.index + match.text.length;
  }
  return result + text.slice(at);
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
