/** `rightsize run --gate`: the limits of a suite and the verdict of a run as an exit code. */
import { expect, test } from 'vitest';
import { folderWith, rightsizeHere } from '../support/cli.js';

const ANSWERS = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`q${i}`, `a${i}`]));
const models = {
  models: ['slm', 'llm'].map((id) => ({ id, class: id, backend: 'scripted', script: { answers: ANSWERS, ttft: 0.1 } })),
};

function suite(limits: object, gate?: object) {
  return JSON.stringify({
    name: 'desk',
    requirement: { margin: 0.2, limits },
    ...(gate && { gate }),
    tasks: [
      {
        name: 'route',
        prompt: { text: '{{ q }}' },
        samples: Object.entries(ANSWERS).map(([q, target]) => ({ q, target })),
        scorer: 'exact',
      },
    ],
  });
}

test.each([
  ['a limit that is met', suite({ quality: { min: 0.5 } }), [], 0],
  ['a limit that is missed', suite({ ttft: { max: '50 ms', at: 'median' } }), ['--gate-model', 'slm'], 1],
  ['a verdict that is reached', suite({}, { verdict: 'SLM fits' }), [], 0],
  ['a verdict that is not reached', suite({}), ['--gate-verdict', 'LLM needed'], 1],
  ['nothing to gate', suite({}), [], 2],
  ['a model that was not run', suite({ quality: { min: 0.5 } }), ['--gate-model', 'other'], 2],
])('%s', async (_, desk, flags, expected) => {
  const cwd = folderWith({ 'models.json': models, 'desk.yaml': desk });
  const args = [
    'run',
    '--suite',
    'desk.yaml',
    '--model',
    'slm',
    '--model',
    'llm',
    '--reports',
    'summary',
    '-q',
    '--gate',
  ];
  const { code, stderr } = await rightsizeHere([...args, ...flags], { cwd });
  expect(code, stderr).toBe(expected);
  expect(stderr).toMatch(/rightsize: The gate is (green|red|blind)/);
});

test('a strict gate is red where a limit is not shown to be met', async () => {
  const cwd = folderWith({ 'models.json': models, 'desk.yaml': suite({ quality: { min: 0.99 } }) });
  const args = ['run', '--suite', 'desk.yaml', '--model', 'slm', '--model', 'llm', '--reports', 'summary', '-q'];
  const gated = async (flag: string) => (await rightsizeHere([...args, flag, '--gate-model', 'slm'], { cwd })).code;
  expect(await gated('--gate')).toBe(0);
  expect(await gated('--gate-strict')).toBe(1);
});

test('a run of one model gates that model, also where it is not recommended', async () => {
  const cwd = folderWith({ 'models.json': models, 'desk.yaml': suite({ ttft: { max: '50 ms', at: 'median' } }) });
  const gated = async (...names: string[]) => {
    const asked = names.flatMap((name) => ['--model', name]);
    const args = ['run', '--suite', 'desk.yaml', '--limit', '20', '--reports', 'summary', '-q', '--gate'];
    return rightsizeHere([...args, ...asked], { cwd });
  };
  expect((await gated('slm')).code).toBe(1);
  const several = await gated('slm', 'llm');
  expect(several.code).toBe(2);
  expect(several.stderr).toContain('say `model` in the gate, or --gate-model');
});
