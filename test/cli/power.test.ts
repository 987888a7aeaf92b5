/** `rightsize power`: sizes from assumptions, and from a run as a pilot. */
import { expect, test } from 'vitest';
import type { PowerAnswer } from '../../src/core/recommend/power.js';
import { rightsizeHere } from '../support/cli.js';

const PILOT = 'test/golden/pair/log.jsonl';

async function answerOf(...args: readonly string[]): Promise<PowerAnswer> {
  const { code, stdout, stderr } = await rightsizeHere(['power', ...args, '--json']);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

test('assumptions give a size, the power of other sizes, and sizes for percentiles', async () => {
  const answer = await answerOf('--agreement', '89%', '--margin', '5 points', '--samples', '100,600');
  expect(answer.cases).toHaveLength(1);
  const { result } = answer.cases[0]!;
  if ('missing' in result) throw new Error(result.missing);
  expect(result.plan).toMatchObject({ difference: 0, margin: 0.05, alpha: 0.05, clusterSize: 1 });
  expect(result.plan.discordance).toBeCloseTo(0.11, 12);
  // 297 by Nam's formula.
  expect(result.needed).toMatchObject({ samples: expect.toSatisfy((n: number) => n > 270 && n < 315) });
  expect(result.samples[0]!.power).toBeLessThan(0.5);
  expect(result.samples[1]!.power).toBeGreaterThan(0.95);
  expect(answer.limits.percentiles[1]).toMatchObject({
    percentile: 0.95,
    sizes: [{ over: 0, samples: 59 }, { over: 1, samples: 93 }, {}, {}],
  });
});

test('comparisons share the error rate, and more of them take more samples', async () => {
  const [one, six] = await Promise.all(
    ['1', '6'].map((k) => answerOf('--agreement', '90%', '--margin', '10%', '--comparisons', k)),
  );
  const needed = ({ cases: [first] }: PowerAnswer) => (first!.result as { needed: { samples: number } }).needed.samples;
  expect(needed(six!)).toBeGreaterThan(1.3 * needed(one!));
  // p95 with none over: 59 requests at 5%, 94 where six share it.
  expect([one!, six!].map(({ limits }) => limits.percentiles[1]!.sizes[0]!.samples)).toEqual([59, 94]);
});

test('scores without an agreement are those of independent models', async () => {
  const { cases } = await answerOf('--scores', '80%,82%', '--margin', '10%');
  const { result } = cases[0]!;
  if ('missing' in result) throw new Error(result.missing);
  expect(result.plan.difference).toBeCloseTo(-0.02, 12);
  expect(result.plan.discordance).toBeCloseTo(0.8 * 0.18 + 0.2 * 0.82, 12);
});

test('a run is a pilot, task by task', async () => {
  const { cases } = await answerOf(PILOT);
  expect(cases.map(({ pilot }) => pilot!.task)).toEqual(['route', 'arithmetic', 'policy']);
  for (const { result } of cases) {
    if ('missing' in result) throw new Error(result.missing);
    expect(result).toMatchObject({ comparisons: 3, plan: { margin: 0.1, difference: 0 } });
  }
  const [route] = cases;
  expect(route!.result).toMatchObject({ plan: { clusterSize: 4 } });
});

test('in words it names what it assumes', async () => {
  const { stdout } = await rightsizeHere(['power', '--agreement', '85%', '--margin', '10%', '--group-size', '5']);
  expect(stdout).toContain(
    'If the SLM is equally good and the two agree on 85% of the samples, in groups of 5 whose outcomes correlate by 0.20, at a margin of 10 points',
  );
  expect(stdout).toMatch(/about \d+ samples, that is \d+ groups show in 80% of suites that the SLM fits/);
});

test.each([
  [['power'], 'expected --agreement or --scores, or a run to take them from'],
  [['power', '--agreement', '100%'], '--agreement: expected a share below 1'],
  [['power', '--scores', '70%,80%', '--margin', '5%'], 'no number of samples shows that it fits'],
  [['power', '--margin', '5x'], 'expected a share from 0 to 1'],
  [['power', '--scores', '80%'], 'expected two scores such as 80%,82%'],
  [['power', '--agreement', '90%', '--samples', '10,x'], 'expected a whole number'],
  [['power', '--agreement', '90%', '--alpha', '60%'], '--alpha: expected a share below 50%'],
  [['power', '--agreement', '90%', '--power', '100%'], '--power: expected a share below 100%'],
])('%j is refused with the reason', async (args, reason) => {
  const { code, stderr } = await rightsizeHere(args);
  expect(code).toBe(2);
  expect(stderr).toContain(reason);
});
