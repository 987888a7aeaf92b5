import { describe, expect, it } from 'vitest';
import { encodePair, fitPair, rollingWindows } from '../../src/backends/continuation.js';
import { countCores } from '../../src/backends/cores.js';

/** Words with the space before them; `new york` is one token, as merges over a boundary are. */
const VOCABULARY = ['<s>', 'new york', 'new', ' york', 'york', ' city', 'city', ' ', '\n'];
function encode(text: string): number[] {
  const tokens: number[] = [];
  for (let rest = text; rest !== ''; ) {
    const token = VOCABULARY.findIndex((word) => rest.startsWith(word));
    tokens.push(token);
    rest = rest.slice(VOCABULARY[token]!.length);
  }
  return tokens;
}
const pair = (context: string, continuation: string) => encodePair(context, continuation, { encode, emptyContext: 0 });

describe('a context and its continuation', () => {
  it('are cut where the tokens of the context end', () => {
    expect(pair('city', ' york')).toEqual({ context: [6], continuation: [3] });
  });

  it('leave to the continuation the spaces that end the context', () => {
    expect(pair('city ', 'york')).toEqual(pair('city', ' york'));
    expect(pair('city \n', 'york').continuation).toEqual(encode(' \nyork'));
  });

  it('may lose a token of the continuation to a merge, as in lm-eval', () => {
    expect(pair('new', ' york')).toEqual({ context: [2], continuation: [] });
    expect(pair('new', ' york city')).toEqual({ context: [2], continuation: [5] });
  });

  it('begin with the first token of a text when there is no context', () => {
    expect(pair('', 'city')).toEqual({ context: [0], continuation: [6] });
    expect(pair('', '<s>city')).toEqual({ context: [0], continuation: [6] });
  });
});

describe('a text longer than the model reads at once', () => {
  const tokens = [...Array(10).keys()];

  it('is read in windows as lm-eval rolls them, each token predicted once', () => {
    const windows = rollingWindows({ context: [99], continuation: tokens }, 4);
    expect(windows.map(({ context, continuation }) => [context, continuation])).toEqual([
      [[99], [0, 1, 2, 3]],
      [[3], [4, 5, 6, 7]],
      [
        [5, 6, 7],
        [8, 9],
      ],
    ]);
    expect(windows.flatMap(({ continuation }) => continuation)).toEqual(tokens);
    expect(rollingWindows({ context: [99], continuation: tokens }, 5).map(({ context }) => context)).toEqual([
      [99],
      [4],
    ]);
  });

  it('loses its beginning behind a context, as in lm-eval, and says how much', () => {
    expect(fitPair({ context: [1, 2, 3, 4], continuation: [5, 6] }, 3)).toEqual({
      context: [3, 4],
      continuation: [5, 6],
      cut: 2,
    });
    expect(fitPair({ context: [1], continuation: [2, 3] }, 2)).toMatchObject({ context: [1], cut: 0 });
    expect(() => fitPair({ context: [1], continuation: [2, 3, 4, 5] }, 3)).toThrow('a continuation has 4 tokens');
  });
});

describe('counting cores', () => {
  it('counts two hyper-threads of a core once and the cores of two sockets apart', () => {
    const processor = (socket: number, core: number) =>
      `processor : 0\nphysical id : ${socket}\ncore id\t\t: ${core}\n`;
    expect(countCores([processor(0, 0), processor(0, 1), processor(0, 0), processor(1, 0)].join('\n'))).toBe(3);
    expect(countCores('processor : 0\nBogoMIPS : 48.00\n')).toBe(0);
  });
});
