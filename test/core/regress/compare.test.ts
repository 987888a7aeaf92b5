import { describe, expect, it } from 'vitest';
import { isMissing, missing } from '../../../src/core/quantity.js';
import { baselineOf, baselineSchema } from '../../../src/core/regress/baseline.js';
import { compareVersions } from '../../../src/core/regress/compare.js';
import type { SpeedBasis } from '../../../src/core/regress/figures.js';
import type { Version } from '../../../src/core/regress/version.js';
import { LONGEST_COMMENT, pullRequestComment } from '../../../src/core/report/ci/comment.js';
import { junitXml } from '../../../src/core/report/ci/junit.js';
import { comparisonDocument } from '../../../src/core/report/comparison.js';
import { renderBlocks } from '../../../src/core/report/terminal.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import { comparedOf, judge, MARGINS, NO_SPEED, ORDER, versionFrom, withSamples } from './support.js';

const base = versionFrom();
const worse = versionFrom({ models: [{ ...ORDER.models[0]!, quality: 0.55 }] });

function compare(first: Version, second: Version, speed: SpeedBasis = NO_SPEED) {
  return compareVersions(first, second, { speed, margins: MARGINS });
}

describe('two versions', () => {
  it('are paired by the hash of the rows, whatever the ids and their order', () => {
    const renamed = withSamples(base, (sample) => ({ ...sample, id: `new ${sample.id}` }));
    const shuffled = {
      ...renamed,
      tasks: renamed.tasks.map((task) => ({ ...task, samples: task.samples.toReversed() })),
    };
    const { prompts, unpaired, changes, flips } = compare(base, shuffled);
    expect(prompts).toEqual({ paired: 240, changed: 0, examples: [] });
    expect(unpaired).toEqual({ lostTasks: [], addedTasks: [], lost: 0, added: 0 });
    expect(changes[0]).toMatchObject({ metric: 'quality', change: { value: 0 }, outcome: 'within the margin', n: 240 });
    expect(flips).toEqual([]);
  });

  it('pair equal rows one by one', () => {
    const same = withSamples(base, (sample) => ({ ...sample, hash: 'one row' }));
    expect(compare(same, same).prompts.paired).toBe(240);
    const flipped = withSamples(same, (sample, i) => (i === 7 ? { ...sample, score: 1 - sample.score! } : sample));
    expect(compare(same, flipped).flips).toHaveLength(1);
  });

  it('show a loss, and the samples that were lost with both outputs, the worst first', () => {
    const { changes, flips } = compare(base, worse);
    const [quality] = changes;
    expect(quality).toMatchObject({ metric: 'quality', task: null, outcome: 'worse', n: 240 });
    if (isMissing(quality!.change)) throw new Error(quality!.change.missing);
    expect(quality!.change.high).toBeLessThan(0);
    expect(quality!.p).toBeLessThan(0.001);
    expect(flips[0]).toMatchObject({ base: 1, candidate: 0, candidateId: null });
    expect(flips[0]!.baseOutput).toMatch(/^answer/);
    expect(flips[0]!.candidateOutput).toMatch(/^not sure/);
    const losses = flips.map(({ base: before, candidate }) => candidate - before);
    expect(losses).toEqual(losses.toSorted((a, b) => a - b));
  });

  it('name the direction of a gain, and a loss that is too small to matter', () => {
    expect(compare(worse, base).changes[0]!.outcome).toBe('better');
    const little = withSamples(base, (sample, i) => (i === 0 ? { ...sample, score: 0 } : sample));
    const options = { speed: NO_SPEED, margins: { ...MARGINS, quality: 0.05 } };
    expect(compareVersions(base, little, options).changes[0]!.outcome).toBe('within the margin');
  });

  it('do not judge speed that was not measured in turns, and say how to', () => {
    const { changes } = compare(base, base, { kind: 'none', reason: 'measure both with `rightsize ab`' });
    const speeds = changes.filter(({ metric }) => metric === 'ttft' || metric === 'decodeRate');
    expect(speeds.map(({ outcome }) => outcome)).toEqual(speeds.map(() => 'not judged'));
    expect(speeds[0]!.change).toEqual(missing('measure both with `rightsize ab`'));
  });

  it('compare memory as it is, and costs pair by pair', () => {
    const dearer = withSamples(base, (sample) => ({ ...sample, cost: sample.cost! * 1.1 }));
    const larger = { ...dearer, memory: { median: 2e8, min: 2e8, max: 2e8, n: 1 } };
    const { changes } = compare(base, larger);
    expect(changes.find(({ metric }) => metric === 'memory')).toMatchObject({ outcome: 'worse', n: 1 });
    const cost = changes.find(({ metric }) => metric === 'cost')!;
    expect(cost).toMatchObject({ outcome: 'worse', n: 240 });
    expect((cost.change as { value: number }).value).toBeCloseTo(0.1, 9);
  });

  it('say what else differs before any number', () => {
    const other = versionFrom({
      environment: { os: 'Linux 7.0 x64' },
      models: [{ ...ORDER.models[0]!, facts: { engine: 'scripted 0.2.0', threads: { value: 4 } } }],
    });
    const comparison = compare(
      base,
      withSamples(other, (sample) => ({ ...sample, prompt: `x${sample.prompt}` })),
    );
    expect(comparison.differences).toEqual([
      { what: 'engine', base: 'scripted 0.1.0', candidate: 'scripted 0.2.0' },
      { what: 'threads', base: '2', candidate: '4' },
      { what: 'system', base: 'Linux 6.1 x64', candidate: 'Linux 7.0 x64' },
    ]);
    const { title, blocks } = comparisonDocument(comparison, null);
    const text = renderBlocks(title, blocks, { columns: 120, color: false });
    const places = ['The prompts of 240 of 240', 'What else differs', 'What changed'].map((words) =>
      text.indexOf(words),
    );
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });
});

describe('a baseline', () => {
  it('says what its run says, without prompts and outputs', () => {
    const text = JSON.stringify(baselineOf([base], 'without outputs'));
    expect(text).not.toContain('answer 1');
    expect(text).not.toContain('question 1');
    const [read] = baselineSchema.parse(JSON.parse(text)).models;
    const strip = (comparison: ReturnType<typeof compare>) => ({ ...comparison, flips: [] });
    expect(strip(compare(read!, worse))).toEqual(strip(compare(base, worse)));
    expect(compare(read!, worse).flips[0]!.baseOutput).toBeNull();
    const whole = JSON.stringify(baselineOf([base], 'with outputs'));
    expect(whole).toContain('answer 1');
  });

  it.each([
    ['a score above 1', (text: string) => text.replace('"score":1', '"score":2')],
    ['a field that it does not know', (text: string) => text.replace('"group":null', '"grp":null')],
    ['more unscored than repetitions', (text: string) => text.replace('"unscored":0', '"unscored":3')],
    ['another version', (text: string) => text.replace('"version":1', '"version":9')],
  ])('is refused with %s', (_, spoil) => {
    const text = JSON.stringify(baselineOf([base], 'without outputs'));
    expect(baselineSchema.safeParse(JSON.parse(spoil(text))).success).toBe(false);
  });
});

describe('the gates of a comparison', () => {
  const gate = { quality: { by: '3 points' } };

  it('are red for a loss that is shown and worth it, and green where one of the two is not met', () => {
    const [red] = judge(comparedOf(base, worse), gate).results;
    expect(red).toMatchObject({ state: 'red', isShown: true, isWorthIt: true });
    const [little] = judge(comparedOf(base, worse), { quality: { by: '60 points' } }).results;
    expect(little).toMatchObject({ state: 'green', isShown: true, isWorthIt: false });
    // Three wins and twelve losses in 240 are 3.75 points; at a level of 0.01% that is not shown.
    const hidden = withSamples(base, (sample, i) => (i < 12 ? { ...sample, score: 0 } : sample));
    const [unshown] = judge(comparedOf(base, hidden), { ...gate, alpha: 0.0001 }).results;
    expect(unshown).toMatchObject({ state: 'green', isShown: false, isWorthIt: true });
  });

  it('turn the burden of proof round where they are strict', () => {
    const small = versionFrom({ tasks: [{ name: 'route', samples: 40 }] });
    expect(judge(comparedOf(small, small), gate).results[0]!.state).toBe('green');
    expect(judge(comparedOf(small, small), gate, 'shown not worse').results[0]!.state).toBe('red');
    expect(judge(comparedOf(base, base), gate, 'shown not worse').results[0]!.state).toBe('green');
  });

  it('share the error rate', () => {
    const both = judge(comparedOf(base, base), { ...gate, memory: { by: '5%' } }).results;
    expect(both).toMatchObject([{ errorRate: 0.025 }, { errorRate: 0.025 }]);
  });

  it('skip speed by default where it cannot be judged, and do not share the error rate with it', () => {
    const { results, skipped, blind } = judge(comparedOf(base, base), {});
    expect(results).toMatchObject([
      { metric: 'quality', errorRate: 0.025 },
      { metric: 'memory', errorRate: 0.025 },
    ]);
    expect(skipped.map((one) => one.gate)).toEqual(['ttft p95', 'tok/s']);
    expect(blind).toEqual([]);
  });

  it('let prompts change only where they say so', () => {
    const other = withSamples(base, (sample) => ({ ...sample, prompt: `x${sample.prompt}` }));
    expect(judge(comparedOf(base, other), gate).blind).toHaveLength(1);
    expect(judge(comparedOf(base, other), { ...gate, prompts: 'may change' })).toMatchObject({
      blind: [],
      results: [{ state: 'green' }],
    });
  });
});

describe('what CI is told', () => {
  it('fits into a comment, however hostile and long the outputs are', () => {
    const hostile = '<script>alert(1)</script> @everyone | `x` \u001b[31m ‮ '.repeat(200);
    const noisy = withSamples(worse, (sample) => ({ ...sample, output: hostile }));
    const compared = comparedOf(base, noisy);
    const gates = judge(compared, {});
    const comment = pullRequestComment([comparisonDocument(compare(base, noisy), gates)]);
    expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(LONGEST_COMMENT);
    expect(comment).toContain('The gate is red');
    expect(comment).not.toContain('<script>');
    expect(comment).not.toContain('\u001b');
    expect(comment).not.toMatch(/@everyone/);
  });

  it('is JUnit that a parser reads, with a failure for each red gate and an error for each blind one', () => {
    const report = judge(comparedOf(base, { ...worse, model: 'a & "b" <c>\u0000' }), {
      quality: { by: '3 points' },
      decodeRate: { by: '5%' },
    });
    const xml = junitXml([{ candidate: { ...worse, model: 'a & "b" <c>\u0000' }, gates: report }]);
    expect(xml).toContain('failures="1" errors="1" skipped="0"');
    expect(xml.match(/<testcase /g)).toHaveLength(2);
    expect(xml).toContain('a &amp; &quot;b&quot; &lt;c&gt;');
  });
});

describe('times in turns', () => {
  const random = createRandom('turns');
  const blocks = (slowdown: number, opening = 0.01): SpeedBasis => ({
    kind: 'interleaved',
    blocks: Array.from({ length: 6 }, () => {
      const levels = Array.from({ length: 4 }, () => opening * random.normal());
      return Array.from({ length: 15 }, () => {
        const prompt = 0.3 * random.normal();
        const timing = (level: number, slower: number) => {
          const seconds = Math.exp(prompt + level + slower + 0.02 * random.normal());
          return { ttft: seconds / 10, e2e: seconds, decodeRate: 50 / seconds };
        };
        return {
          base: [timing(levels[0]!, 0), timing(levels[3]!, 0)],
          candidate: [timing(levels[1]!, Math.log1p(slowdown)), timing(levels[2]!, Math.log1p(slowdown))],
        };
      });
    }),
  });
  const gate = { decodeRate: { by: '5%' }, ttft: { by: '10%', at: 'p95' } };

  it('turn red for a slowdown, and give its size', () => {
    const { results } = judge(comparedOf(base, base, blocks(0.3)), gate);
    expect(results.map(({ state }) => state)).toEqual(['red', 'red']);
    const rate = results.find((one) => one.kind === 'change' && one.metric === 'decodeRate');
    expect(rate).toMatchObject({ change: { value: expect.closeTo(1 / 1.3 - 1, 1) } });
  });

  it('stay green without one, also where the machine drifts', () => {
    expect(judge(comparedOf(base, base, blocks(0)), gate).results.map(({ state }) => state)).toEqual([
      'green',
      'green',
    ]);
  });

  it('stay green where a loss is smaller than the least absolute change', () => {
    const { results } = judge(comparedOf(base, base, blocks(0.3)), { ttft: { by: '10%', min: '1 s' } });
    expect(results).toMatchObject([{ state: 'green', isShown: true, isWorthIt: false }]);
    expect((results[0] as { base: { value: number } }).base.value).toBeGreaterThan(0.1);
  });

  it('stay green where the loss differs from opening to opening by as much', () => {
    const timing = (rate: number) => ({ decodeRate: rate * Math.exp(0.01 * random.normal()) });
    const noisy: SpeedBasis = {
      kind: 'interleaved',
      blocks: Array.from({ length: 6 }, () => [
        { base: [timing(50), timing(40)], candidate: [timing(41), timing(41)] },
        { base: [timing(50), timing(40)], candidate: [timing(41), timing(41)] },
      ]),
    };
    const [result] = judge(comparedOf(base, base, noisy), { decodeRate: { by: '5%' } }).results;
    // ln(50 / 41) and ln(40 / 41): half of the difference is .11, a rate lower by 10.5%.
    expect(result).toMatchObject({ state: 'green', isShown: false, isWorthIt: true, floor: expect.closeTo(0.105, 2) });
  });

  it('are red for the same loss in every opening, however the machine changes between the openings', () => {
    const steady: SpeedBasis = {
      kind: 'interleaved',
      blocks: Array.from({ length: 6 }, (_, i) => {
        const timing = (rate: number) => ({ decodeRate: rate * Math.exp(0.005 * random.normal()) });
        const [fast, slow] = [60 + i, 20 + 5 * i];
        return Array.from({ length: 2 }, () => ({
          base: [timing(fast), timing(slow)],
          candidate: [timing(0.88 * fast), timing(0.88 * slow)],
        }));
      }),
    };
    const [result] = judge(comparedOf(base, base, steady), { decodeRate: { by: '5%' } }).results;
    expect(result).toMatchObject({ state: 'red', floor: expect.closeTo(0, 1) });
  });
});
