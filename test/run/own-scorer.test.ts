/** Programs of users that score answers, and do it badly: what each answer gets, and what is left running. */
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { OwnVerdict } from '../../src/core/score/score.js';
import { nameOfOwn } from '../../src/core/score/scorers/own.js';
import { type OwnScorers, openOwnScorers } from '../../src/run/own-scorer.js';

let open: OwnScorers | null = null;
afterEach(() => open?.close());

/** A program that runs `body` for every line, with `n` the number of the line. */
const program = (body: string) =>
  `let n = 0; require('readline').createInterface({ input: process.stdin }).on('line', (line) => { n++; ${body} });`;

async function ask(code: string, answers: number): Promise<readonly OwnVerdict[]> {
  const source = { command: [process.execPath, '-e', code], settings: {}, timeout: 5 };
  open = openOwnScorers({ names: [nameOfOwn(source)], cwd: process.cwd(), environment: process.env });
  const verdicts: OwnVerdict[] = [];
  for (let n = 0; n < answers; n++) {
    const request = { effect: 'own', source, output: `answer ${n}`, target: 'x', fields: {} } as const;
    verdicts.push(await open.ask(request, new AbortController().signal));
  }
  return verdicts;
}

const failed = (words: string) => ({ failed: expect.stringContaining(words) });
const LINES = failed('it wrote more than one line for an answer');

test.each<[string, string, readonly unknown[]]>([
  ['one line an answer', 'console.log(n / 4)', [{ value: 0.25 }, { value: 0.5 }, { value: 0.75 }]],
  ['two lines at once', 'process.stdout.write("0.5\\n0.7\\n")', [LINES, LINES, LINES]],
  ['a second line a little later', 'console.log(1); setTimeout(() => console.log(0), 10)', [LINES, LINES, LINES]],
  ['1.5', 'console.log(1.5)', [failed('from 0 to 1, found 1.5'), failed('1.5')]],
  ['a number in words', 'console.log("half")', [failed('found "half"')]],
  ['Infinity, which JSON does not have', 'console.log(Infinity)', [failed('found "Infinity"')]],
  ['an empty line', 'console.log("")', [failed('found ""')]],
  ['a megabyte in one line', 'process.stdout.write("x".repeat(3e6))', [failed('a megabyte without a line end')]],
  [
    'a megabyte of complaints beside it',
    'console.error("x".repeat(3e6)); console.log(0.5)',
    [{ value: 0.5 }, { value: 0.5 }],
  ],
  [
    'an answer, and then it exits',
    'console.log(0.5, ); setTimeout(() => process.exit(), 5)',
    [{ value: 0.5 }, { value: 0.5 }],
  ],
  [
    'an answer, and then it exits while it is asked again',
    'console.log(0.5); if (n === 1) { const end = Date.now() + 80; while (Date.now() < end); process.exit(); }',
    [{ value: 0.5 }, { value: 0.5 }, { value: 0.5 }],
  ],
  ['nothing, and it exits early', 'process.exit(4)', [failed('it ended with exit code 4'), failed('exit code 4')]],
  [
    'a word too long',
    'console.log(JSON.stringify({ score: 1, said: "x".repeat(1e5) }))',
    [{ value: 1, said: 'x'.repeat(2000) }],
  ],
])('%s', async (_, body, verdicts) => {
  expect(await ask(program(body), verdicts.length)).toEqual(verdicts);
});

test('a second line for a later answer is noticed, and the program is started again', async () => {
  const verdicts = await ask(program('process.stdout.write(n / 8 + (n === 3 ? "\\n1\\n" : "\\n"))'), 6);
  expect(verdicts.slice(0, 2)).toEqual([{ value: 0.125 }, { value: 0.25 }]);
  expect(verdicts).toContainEqual(LINES);
});

test('a program that is not there says so', async () => {
  const source = { command: ['./no-such-scorer'], settings: {}, timeout: 5 };
  open = openOwnScorers({ names: [nameOfOwn(source)], cwd: process.cwd(), environment: {} });
  const request = { effect: 'own', source, output: 'a', target: 'x', fields: {} } as const;
  expect(await open.ask(request, new AbortController().signal)).toEqual(failed('it cannot be started'));
});

test('what a scorer has started ends with it', async () => {
  const body = `const child = require('child_process').spawn('sleep', ['60']); console.log(JSON.stringify({ score: 1, said: String(child.pid) }))`;
  const [verdict] = await ask(program(body), 1);
  const pid = Number('value' in verdict! && verdict.said);
  expect(process.kill(pid, 0)).toBe(true);
  open!.close();
  await expect.poll(() => isRunning(pid)).toBe(false);
});

/** A process that has ended and that nobody waited for is still listed. */
function isRunning(pid: number): boolean {
  try {
    const state = existsSync('/proc') ? readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] : '';
    return process.kill(pid, 0) && !state?.startsWith('Z');
  } catch {
    return false;
  }
}
