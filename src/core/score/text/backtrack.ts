/**
 * Regular expressions with look-around and back-references, matched by backtracking with a limit on its steps. The engine
 * of the language has no such limit: `\s*.*\s*.*:\s*(\d+)` on 17,000 characters keeps it busy for days. Steps are counted and
 * not seconds, so that a log is scored alike everywhere.
 *
 * The dialect is what `forJavaScript` writes: JavaScript with the flag `u`. Single characters are left to the engine of the
 * language; this file holds the backtracking.
 */

/** More than any answer needs, and less than a second. */
export const MOST_STEPS = 2_000_000;

export class TooManySteps extends RangeError {}

export interface Found {
  readonly index: number;
  readonly end: number;
  readonly groups: readonly (readonly [number, number] | null)[];
}

export interface Expression {
  /** Every match in order, without overlaps. @throws TooManySteps */
  all(text: string): Generator<Found>;
}

/** Continues a match: it tries the rest of the pattern at a place, and says whether that matched. */
type After = (at: number) => boolean;

interface State {
  readonly text: string;
  readonly groups: (readonly [number, number] | null)[];
  steps: number;
}

/** Tries to match at a place, and then what comes after. */
type Matcher = (state: State, at: number, after: After) => boolean;

/** A part of a pattern, with the units of text that it takes. */
interface Part {
  readonly match: Matcher;
  readonly least: number;
  readonly most: number;
}

interface Piece extends Part {
  /** Matches a node of one character. Repeats of it need no backtracking inside. */
  readonly one?: (state: State, at: number) => number;
}

export interface ExpressionFlags {
  readonly ignoreCase: boolean;
}

/** @throws SyntaxError where the source is none, as the engine of the language has it. */
export function backtracking(source: string, flags: ExpressionFlags): Expression {
  // Whatever the language refuses is refused here, in its own words.
  new RegExp(source, letters(flags));
  const { match, count } = new Parser(source, flags).whole();
  return {
    *all(text) {
      const state: State = { text, groups: [], steps: 0 };
      for (let start = 0; start <= text.length; ) {
        state.groups.length = 0;
        for (let i = 0; i < count; i++) state.groups.push(null);
        let end = -1;
        const matched = match(state, start, (at) => {
          end = at;
          return true;
        });
        if (!matched) {
          spend(state);
          start = next(text, start);
          continue;
        }
        yield { index: start, end, groups: [...state.groups] };
        start = end > start ? end : next(text, end);
      }
    },
  };
}

function letters({ ignoreCase }: ExpressionFlags): string {
  return ignoreCase ? 'ui' : 'u';
}

function spend(state: State): void {
  if (++state.steps > MOST_STEPS) throw new TooManySteps(`it takes more than ${MOST_STEPS} steps`);
}

/** The place after the character at a place, which may be two units. */
function next(text: string, at: number): number {
  return at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
}

class Parser {
  private at = 0;
  private groups = 0;
  private readonly names: readonly (string | undefined)[];
  private readonly single = new Map<string, (character: string) => boolean>();

  constructor(
    private readonly source: string,
    private readonly flags: ExpressionFlags,
  ) {
    this.names = [...source.matchAll(/\\[\s\S]|\[(?:\\[\s\S]|[^\]])*\]|\((?!\?)|\(\?<(?![=!])(\w+)>/g)]
      .filter(([part]) => part.startsWith('('))
      .map(([, name]) => name);
  }

  whole(): { match: Matcher; count: number } {
    const { match } = this.alternatives();
    return { match, count: this.groups };
  }

  private alternatives(): Part {
    const branches = [this.sequence()];
    while (this.source[this.at] === '|') {
      this.at++;
      branches.push(this.sequence());
    }
    if (branches.length === 1) return branches[0]!;
    return {
      match: (state, at, after) => branches.some((branch) => branch.match(state, at, after)),
      least: Math.min(...branches.map(({ least }) => least)),
      most: Math.max(...branches.map(({ most }) => most)),
    };
  }

  private sequence(): Part {
    const pieces: Part[] = [];
    while (this.at < this.source.length && !'|)'.includes(this.source[this.at]!)) pieces.push(this.repeated());
    return pieces.reduceRight<Part>(
      (rest, piece) => ({
        match: (state, at, after) => piece.match(state, at, (then) => rest.match(state, then, after)),
        least: piece.least + rest.least,
        most: piece.most + rest.most,
      }),
      { match: (_, at, after) => after(at), least: 0, most: 0 },
    );
  }

  private repeated(): Part {
    const before = this.groups;
    const piece = this.piece();
    const quantifier = /^(?:[*+?]|\{(\d+)(,(\d*))?\})\??/.exec(this.source.slice(this.at, this.at + 40));
    if (quantifier === null) return piece;
    this.at += quantifier[0].length;
    const [text, low, comma, high] = quantifier;
    const least = low === undefined ? (text.startsWith('+') ? 1 : 0) : Number(low);
    const most =
      low === undefined
        ? text.startsWith('?')
          ? 1
          : Number.POSITIVE_INFINITY
        : comma === undefined
          ? least
          : high === ''
            ? Number.POSITIVE_INFINITY
            : Number(high);
    const lazy = text.length > 1 && text.endsWith('?');
    const range = { least, most, lazy };
    const match =
      piece.one === undefined
        ? repeatGroup(piece.match, range, { from: before, to: this.groups })
        : repeatOne(piece.one, range);
    return { match, least: piece.least * least, most: most === 0 || piece.most === 0 ? 0 : piece.most * most };
  }

  private piece(): Piece {
    const character = this.source[this.at]!;
    if (character === '(') return this.group();
    if (character === '[') return this.character(/^\[(?:\\[\s\S]|[^\]\\])*\]/);
    if (character === '\\') return this.escape();
    if (character === '.' || !'^$'.includes(character)) return this.character(/^[\s\S]/u);
    this.at++;
    const holds =
      character === '^' ? (_: State, at: number) => at === 0 : ({ text }: State, at: number) => at === text.length;
    return { match: (state, at, after) => holds(state, at) && after(at), least: 0, most: 0 };
  }

  private escape(): Piece {
    const rest = this.source.slice(this.at);
    const back = /^\\(?:([1-9]\d*)|k<(\w+)>)/.exec(rest);
    if (back !== null) {
      this.at += back[0].length;
      const group = back[1] === undefined ? this.names.indexOf(back[2]) : Number(back[1]) - 1;
      return { match: backReference(group, this.flags), least: 0, most: Number.POSITIVE_INFINITY };
    }
    const boundary = /^\\[bB]/.exec(rest);
    if (boundary === null)
      return this.character(/^\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|[\s\S])/);
    this.at += 2;
    const wanted = boundary[0] === '\\b';
    const isWord = (text: string, at: number) => /^\w$/.test(text[at] ?? '');
    return {
      match: (state, at, after) => (isWord(state.text, at - 1) !== isWord(state.text, at)) === wanted && after(at),
      least: 0,
      most: 0,
    };
  }

  /** One character, by whatever the language means by this part of the source. */
  private character(part: RegExp): Piece {
    const source = part.exec(this.source.slice(this.at))?.[0] ?? this.source[this.at]!;
    this.at += source.length;
    const matches = this.matcherOf(source);
    const one = ({ text }: State, at: number) => {
      if (at >= text.length) return -1;
      const end = next(text, at);
      return matches(text.slice(at, end)) ? end : -1;
    };
    return {
      one,
      least: 1,
      most: 2,
      match: (state, at, after) => {
        spend(state);
        const end = one(state, at);
        return end >= 0 && after(end);
      },
    };
  }

  private matcherOf(source: string): (character: string) => boolean {
    const known = this.single.get(source);
    if (known !== undefined) return known;
    const expression = new RegExp(`^(?:${source})$`, letters(this.flags));
    const answers = new Map<string, boolean>();
    const matches = (character: string) => {
      const answer = answers.get(character) ?? expression.test(character);
      answers.set(character, answer);
      return answer;
    };
    this.single.set(source, matches);
    return matches;
  }

  private group(): Part {
    const [opening, kind] = /^\((?:\?(?:<(?![=!])\w+>|(:|=|!|<=|<!)))?/.exec(this.source.slice(this.at))!;
    this.at += opening.length;
    const number = kind === undefined ? this.groups++ : null;
    const inner = this.alternatives();
    this.at++;
    switch (kind) {
      case '=':
      case '!':
        return { match: look(inner.match, kind === '='), least: 0, most: 0 };
      case '<=':
      case '<!':
        return { match: look((state, at) => endsAt(inner, state, at), kind === '<='), least: 0, most: 0 };
      case ':':
        return inner;
      default:
        return { ...inner, match: capture(inner.match, number!) };
    }
  }
}

interface Range {
  readonly least: number;
  readonly most: number;
  readonly lazy: boolean;
}

/** A repeated character: how far it goes is found in one pass, and then only what comes after is tried. */
function repeatOne(one: (state: State, at: number) => number, { least, most, lazy }: Range): Matcher {
  return (state, at, after) => {
    const ends = [at];
    const goOn = () => {
      spend(state);
      const end = ends.length > most ? -1 : one(state, ends.at(-1)!);
      if (end >= 0) ends.push(end);
      return end >= 0;
    };
    while (ends.length <= least) if (!goOn()) return false;
    if (lazy) {
      do {
        if (after(ends.at(-1)!)) return true;
      } while (goOn());
      return false;
    }
    while (goOn());
    for (let i = ends.length - 1; i >= least; i--) {
      spend(state);
      if (after(ends[i]!)) return true;
    }
    return false;
  };
}

function repeatGroup(
  inner: Matcher,
  { least, most, lazy }: Range,
  { from, to }: { readonly from: number; readonly to: number },
): Matcher {
  const round = (state: State, at: number, done: number, after: After): boolean => {
    spend(state);
    const again = () => {
      if (done >= most) return false;
      const kept = state.groups.slice(from, to);
      // Groups inside belong to the last round.
      for (let group = from; group < to; group++) state.groups[group] = null;
      const matched = inner(state, at, (end) => (end > at || done < least) && round(state, end, done + 1, after));
      if (!matched) state.groups.splice(from, to - from, ...kept);
      return matched;
    };
    if (done < least) return again();
    return lazy ? after(at) || again() : again() || after(at);
  };
  return (state, at, after) => round(state, at, 0, after);
}

function capture(inner: Matcher, number: number): Matcher {
  return (state, at, after) => {
    const before = state.groups[number] ?? null;
    return (
      inner(state, at, (end) => {
        const own = state.groups[number] ?? null;
        state.groups[number] = [at, end];
        if (after(end)) return true;
        state.groups[number] = own;
        return false;
      }) || restore(state, number, before)
    );
  };
}

function restore(state: State, number: number, before: readonly [number, number] | null): false {
  state.groups[number] = before;
  return false;
}

function look(holds: (state: State, at: number, end: After) => boolean, wanted: boolean): Matcher {
  return (state, at, after) => {
    const before = [...state.groups];
    const found = holds(state, at, () => true);
    if (!found || !wanted) state.groups.splice(0, before.length, ...before);
    if (found !== wanted) return false;
    if (after(at)) return true;
    state.groups.splice(0, before.length, ...before);
    return false;
  };
}

/** Whether something that matches ends at a place: the nearest beginning first, and none that is too far. */
function endsAt({ match, least, most }: Part, state: State, at: number): boolean {
  for (let start = at - least; start >= Math.max(0, at - most); start--) {
    spend(state);
    if (match(state, start, (end) => end === at)) return true;
  }
  return false;
}

function backReference(group: number, { ignoreCase }: ExpressionFlags): Matcher {
  const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text);
  return (state, at, after) => {
    spend(state);
    const found = state.groups[group] ?? null;
    if (found === null) return after(at);
    const wanted = state.text.slice(...found);
    const end = at + wanted.length;
    return fold(state.text.slice(at, end)) === fold(wanted) && after(end);
  };
}
