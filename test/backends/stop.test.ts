import { describe, expect, it } from 'vitest';
import { createStopFilter } from '../../src/backends/stop.js';

function play(stops: readonly string[], pieces: readonly string[]) {
  const filter = createStopFilter(stops);
  const released: string[] = [];
  for (const piece of pieces) {
    const { text, stopped } = filter.push(piece);
    released.push(text);
    if (stopped) return { released, stopped: true, answer: released.join('') };
  }
  released.push(filter.end());
  return { released, stopped: false, answer: released.join('') };
}

describe('a stop filter', () => {
  it('passes text on at once when there is nothing to stop at', () => {
    expect(play([], ['a', 'b']).released).toEqual(['a', 'b', '']);
  });

  it('cuts the answer before a stop string that spans three pieces', () => {
    expect(play(['\n\nQ:'], ['yes', '\n', '\nQ', ':', 'more'])).toEqual({
      released: ['yes', '', '', ''],
      stopped: true,
      answer: 'yes',
    });
  });

  it('gives back what it held once it can no longer become a stop string', () => {
    expect(play(['\n\nQ:'], ['a\n', '\n', 'b']).released).toEqual(['a', '', '\n\nb', '']);
  });

  it('gives back what it held when the answer ends', () => {
    expect(play(['END'], ['the E', 'N'])).toMatchObject({ stopped: false, answer: 'the EN' });
  });

  it('stops at the earliest of several stop strings', () => {
    expect(play(['world', 'lo'], ['hello world']).answer).toBe('hel');
  });

  it('holds back as long a beginning as there is, for stop strings that overlap themselves', () => {
    expect(play(['aab'], ['aa', 'a', 'b']).answer).toBe('a');
  });

  it('answers the same however the text is cut into pieces', () => {
    const text = 'xababcabab##abc#y';
    for (const stops of [['abc#'], ['##a', 'bab#'], ['zz'], ['y']]) {
      const whole = play(stops, [text]).answer;
      for (let cut = 0; cut < text.length; cut++) {
        for (let second = cut; second < text.length; second++) {
          const pieces = [text.slice(0, cut), text.slice(cut, second), text.slice(second)];
          expect(play(stops, pieces).answer).toBe(whole);
        }
      }
      expect(play(stops, [...text]).answer).toBe(whole);
    }
  });
});
