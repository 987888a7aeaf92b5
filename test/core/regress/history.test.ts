import { describe, expect, it } from 'vitest';
import { entriesOf, type HistoryEntry, spreadsOf, trendsOf } from '../../../src/core/regress/history.js';
import { createRandom, type Random } from '../../../src/core/stats/basics/random.js';
import { withoutSpikes } from '../../../src/core/stats/series/hampel.js';
import { versionFrom } from './support.js';

const MACHINE = { id: 'one', name: 'One' };

function entry(i: number, rate: number, changes: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    suite: 'desk',
    machine: MACHINE,
    model: 'small',
    run: `run ${String(i).padStart(5, '0')}`,
    name: null,
    commit: `c${i}`,
    started: new Date(Date.UTC(2026, 0, 1 + i)).toISOString(),
    folder: `../reports/${i}`,
    figures: { 'decodeRate median': rate },
    ...changes,
  };
}

/** Three machines follow each other. The first two have a step of 5% each, the third a drift; one run in a hundred is on a busy machine. */
function yearOf(random: Random) {
  const lengths = [130, 130, 105];
  const steps = [40 + random.below(50), 40 + random.below(50)];
  let day = 0;
  const entries = lengths.flatMap((length, m) => {
    const level = 100 * (1 + random.uniform());
    return Array.from({ length }, (_, i) => {
      const stepped = steps[m] !== undefined && i >= steps[m] ? 0.95 : 1;
      const drift = m === 2 ? 1 + (0.01 * i) / length : 1;
      const busy = random.uniform() < 0.01 ? 0.7 : 1;
      const rate = level * stepped * drift * busy * (1 + 0.02 * random.normal());
      return entry(day++, rate, { machine: { id: `m${m}`, name: `m${m}` } });
    });
  });
  return { entries, steps };
}

describe('a history', () => {
  it('finds 95% of the steps of 5% within 10 runs, and hardly a change where there is none, in 20 years of 365 runs', () => {
    const random = createRandom('twenty years');
    let found = 0;
    let quiet = 0;
    for (let year = 0; year < 20; year++) {
      const { entries, steps } = yearOf(random);
      const trends = trendsOf(entries);
      expect(trends).toHaveLength(3);
      let wrong = 0;
      trends.forEach(({ changes }, m) => {
        const near = (index: number) => steps[m] !== undefined && Math.abs(index - steps[m]) <= 10;
        if (changes.some(({ index, outcome }) => near(index) && outcome === 'worse')) found++;
        wrong += changes.filter(({ index }) => !near(index)).length;
      });
      if (wrong <= 1) quiet++;
    }
    expect(found).toBeGreaterThanOrEqual(38);
    expect(quiet).toBeGreaterThanOrEqual(18);
  });

  it('tells of a step ten runs after it', () => {
    const random = createRandom('ten runs after');
    const told = Array.from({ length: 40 }, () => {
      const entries = Array.from({ length: 60 }, (_, i) =>
        entry(i, (i < 50 ? 100 : 95) * (1 + 0.02 * random.normal())),
      );
      return trendsOf(entries)[0]!.changes.length > 0;
    });
    expect(told.filter(Boolean).length).toBeGreaterThanOrEqual(38);
  });

  it('names the run and the commit where the change began, whatever the order of the lines', () => {
    const entries = Array.from({ length: 40 }, (_, i) => entry(i, i < 25 ? 100 + (i % 3) : 80 + (i % 3)));
    for (const lines of [entries, entries.toReversed()]) {
      const [trend] = trendsOf(lines);
      expect(trend!.changes).toMatchObject([{ index: 25, outcome: 'worse', point: { commit: 'c25' } }]);
    }
  });

  it('knows which way is better', () => {
    const entries = Array.from({ length: 40 }, (_, i) =>
      entry(i, 1, { figures: { 'ttft p95': i < 25 ? 1 + (i % 3) / 100 : 0.5 } }),
    );
    expect(trendsOf(entries)[0]!.changes).toMatchObject([{ outcome: 'better' }]);
  });

  it('knows the spread between runs of one level, and only where there are ten', () => {
    const random = createRandom('spread');
    const entries = Array.from({ length: 60 }, (_, i) =>
      entry(i, (i < 30 ? 100 : 200) * Math.exp(0.03 * random.normal())),
    );
    const place = { suite: 'desk', machine: 'one', model: 'small' };
    const spread = spreadsOf(trendsOf(entries), place).get('decodeRate median')!;
    expect(spread.runs).toBeLessThanOrEqual(31);
    expect(spread.deviation).toBeGreaterThan(0.02);
    expect(spread.deviation).toBeLessThan(0.04);
    expect(spreadsOf(trendsOf(entries.slice(0, 9)), place).size).toBe(0);
    expect(spreadsOf(trendsOf(entries), { ...place, machine: 'two' }).size).toBe(0);
  });

  it('keeps the figures of a run', () => {
    const [kept, ...more] = entriesOf(versionFrom(), '../reports/RUN');
    expect(more).toEqual([]);
    expect(Object.keys(kept!.figures)).toEqual(
      expect.arrayContaining(['quality', 'ttft median', 'ttft p95', 'decodeRate median', 'cost', 'memory']),
    );
    expect(kept!.figures.quality).toBeCloseTo(0.8, 1);
  });

  it('reads 5,000 runs in under 5 seconds', () => {
    const random = createRandom('many');
    const entries = Array.from({ length: 5_000 }, (_, i) =>
      entry(i, 1, {
        figures: Object.fromEntries(
          [
            'quality',
            'ttft median',
            'ttft p95',
            'e2e median',
            'e2e p95',
            'decodeRate median',
            'decodeRate p95',
            'cost',
            'memory',
          ].map((key) => [key, 1 + 0.02 * random.normal()]),
        ),
      }),
    );
    const start = performance.now();
    expect(trendsOf(entries)).toHaveLength(9);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe('spikes', () => {
  it('are replaced by the median of their neighbours, and steps stay', () => {
    const values = [10, 10.1, 9.9, 10, 50, 10.1, 10, 9.9, 20, 20.1, 19.9, 20, 20.1, 19.9];
    const smooth = withoutSpikes(values);
    expect(smooth[4]).toBeLessThan(11);
    expect(smooth.slice(8)).toEqual(values.slice(8));
  });
});
