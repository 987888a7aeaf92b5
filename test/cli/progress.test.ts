import { describe, expect, it } from 'vitest';
import { showProgress } from '../../src/cli/progress.js';
import type { Screen } from '../../src/cli/screen.js';
import { plan } from '../../src/core/plan/plan.js';
import type { MeasureEvent } from '../../src/run/measure.js';

const workloads = ['route', 'extract'].map((task) => ({ suite: 'desk', task, samples: ['1', '2', '3', '4'] }));
const blocks = plan(workloads, ['small', 'large'], { repetitions: 1, seed: 0 });
const outcome = { state: 'failed', by: 'model', kind: 'timeout', reason: 'no answer', output: '' } as const;

/** Plays all trials, each as long as its model takes, and gives back what was written. */
function play(kind: Pick<Screen, 'rewritable'>, seconds: Readonly<Record<string, number>>): string[] {
  let clock = 0;
  const written: string[] = [];
  const screen: Screen = { ...kind, columns: () => 80, write: (text) => void written.push(text), now: () => clock };
  const { onEvent, end } = showProgress('shown', screen);
  onEvent({ type: 'planned', blocks, recorded: 0 });
  for (const { model, cells } of blocks) {
    onEvent({ type: 'opening', model });
    clock += 100;
    onEvent({ type: 'opened', model, load: 100 });
    for (const trial of cells.flatMap(({ trials }) => [...trials])) {
      clock += seconds[model]!;
      onEvent({ type: 'trial', trial, outcome } satisfies MeasureEvent);
    }
  }
  end();
  return written;
}

describe('progress', () => {
  it('is plain lines where a line cannot be rewritten, one a task', () => {
    const lines = play({ rewritable: false }, { small: 1, large: 10 });
    expect(lines.join('')).not.toContain('\u001b');
    expect(lines).toEqual([
      'small: opened in 100.00 s\n',
      'small: route: 4 trials, 4 failed; left: model 4 s, run 12 s\n',
      'small: extract: 4 trials, 4 failed; left: run 8 s\n',
      'large: opened in 100.00 s\n',
      'large: route: 4 trials, 4 failed; left: model 40 s, run 40 s\n',
      'large: extract: 4 trials, 4 failed\n',
    ]);
  });

  it('breaks the silence of a long task once a minute', () => {
    const lines = play({ rewritable: false }, { small: 90, large: 1 });
    expect(lines).toContain('small: route: 2 of 4; left: task 3 min 0 s, model 9 min 0 s, run 21 min\n');
  });

  it('rewrites one line on a terminal, with the time left for task, model and run', () => {
    const drawn = play({ rewritable: true }, { small: 1, large: 10 });
    const line = drawn.find((text) => text.includes('large: route 3/4'));
    expect(line).toBe('\r\u001b[2Klarge: route 3/4; left: task 10 s, model 50 s, run 50 s (11/16)');
    expect(drawn.at(-1)).toBe('\r\u001b[2K');
  });

  it('does not take the opening of a model for the time of a trial', () => {
    const drawn = play({ rewritable: true }, { small: 1, large: 1 });
    expect(drawn.join('')).not.toMatch(/left: [^\n]*min/);
  });

  it('never draws more than the width of the terminal', () => {
    for (const text of play({ rewritable: true }, { small: 1, large: 10 }))
      for (const line of text.split('\n')) expect(line.replace('\r\u001b[2K', '').length).toBeLessThan(80);
  });
});
