/** Each command that a report prints works as printed, in the folder in which the run was started: a shell and the program read it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadCommand } from '../../src/cli/program.js';
import { analyse } from '../../src/core/analyse/analyse.js';
import { startLoadTest } from '../../src/core/load/load-test.js';
import type { LogRecord } from '../../src/core/log/log.js';
import { recommend } from '../../src/core/recommend/recommend.js';
import { folderOfRun } from '../../src/core/report/commands.js';
import { briefOf } from '../../src/core/report/document/brief.js';
import { renderReports } from '../../src/core/report/table.js';
import { renderTerminal } from '../../src/core/report/terminal.js';
import { parsed, rightsizeHere } from '../support/cli.js';
import { loadLog, SEARCH, searchedSteps } from '../support/load-log.js';
import { type LogOrder, makeLog } from '../support/log.js';

const models: LogOrder['models'] = [
  { id: 'small', class: 'slm', quality: 0.85 },
  { id: 'large', class: 'llm', quality: 0.9 },
];
const log = (order: Partial<LogOrder> = {}) => makeLog({ tasks: [{ name: 'route', samples: 30 }], models, ...order });

/** The log of a run that was started by this command, with all samples of a task that has this many, or a part of them. */
function startedBy(command: readonly string[], records: readonly LogRecord[], count?: number): LogRecord[] {
  return records.map((record): LogRecord => {
    if (record.type !== 'run') return record;
    const suites = record.suites.map((suite) => ({
      ...suite,
      tasks: suite.tasks.map((task) => ({
        ...task,
        samples: { ...task.samples, ...(count !== undefined && { count }) },
      })),
    }));
    const settings = { ...record.settings, ...(count !== undefined && { limit: 30 }) };
    return { ...record, command: [...command], suites, settings };
  });
}

const run = ['rightsize', 'run'];
const odd = ['--out', "it's mine", '--suite', 'a b.yaml', '--model', 'smol:*', '--model', 'hf:org/repo:Q4_K_M'];

/** Each with words that its commands must hold. */
const RUNS: readonly (readonly [name: string, records: readonly LogRecord[], says: readonly RegExp[]])[] = [
  ['an open run', log(), [/^rightsize power reports\/2026/]],
  ['a run in folders with blanks', startedBy([...run, ...odd], log()), [/^rightsize power 'it'\\''s mine\/2026/]],
  ['a run of a part of its samples', startedBy([...run, '-n', '30'], log(), 1000), [/^rightsize run --limit \d+$/]],
  ['a part that ends when it is sure', startedBy([...run, '--until-sure', '--budget=5'], log(), 1000), []],
  ['an incomplete run', startedBy(run, log({ cutAfter: 40 })), [/^rightsize run --resume reports\/2026/]],
  [
    'an incomplete run with a judge, a scorer of its own and programs',
    startedBy(
      [...run, ...odd, '--judge=big', '--run-code', '--allow-scorer', './my scorer.mjs', '--models', 'm.json'],
      log({ cutAfter: 40 }),
    ),
    [/--resume 'it'\\''s mine\/\S+ --judge=big --run-code --allow-scorer '.\/my scorer.mjs' --models m.json$/],
  ],
  ['a run that a program made', startedBy(['rightsize', '(called from a program)'], log()), []],
  [
    'an incomplete load test',
    startedBy(
      ['rightsize', 'load', '-o', 'my loads', '--users', '4'],
      loadLog(searchedSteps(), SEARCH).filter(({ type }) => type !== 'end'),
    ),
    [/^rightsize load --resume 'my loads\/\S+'$/],
  ],
];

describe.each(RUNS)('the commands of %s', (_, records, says) => {
  test('are read by a shell and by the program', async () => {
    const printed = await printedCommands(records);
    for (const form of says)
      expect(
        printed.some((command) => form.test(command)),
        `${form}: ${printed}`,
      ).toBe(true);
    expect(printed.length).toBeGreaterThan(0);
    for (const line of printed) {
      const [program, name, ...flags] = inShell(line);
      expect(program).toBe('rightsize');
      const built = await loadCommand(name!, parsing);
      expect(() => parsed(() => built, flags), line).not.toThrow();
    }
  });
});

test('commands that need no engine run where the run was started, in a folder with blanks in its name', async () => {
  const records = startedBy([...run, ...odd], log());
  const { id, command } = analyse(records).run;
  const cwd = mkdtempSync(join(tmpdir(), 'rightsize-printed-'));
  const folder = join(cwd, folderOfRun({ id, command }));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'log.jsonl'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const cheap = (await printedCommands(records))
    .map(inShell)
    .filter(([, name]) => name === 'report' || name === 'power');
  expect(cheap.map(([, name]) => name).sort()).toEqual(['power', 'report']);
  for (const [, ...flags] of cheap) {
    const { code, stderr } = await rightsizeHere(flags, { cwd });
    expect(code, `${flags}: ${stderr}`).toBe(0);
  }
});

const parsing = {} as never;

/** What a shell hands to the program. */
function inShell(line: string): string[] {
  return execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);
}

async function printedCommands(records: readonly LogRecord[]): Promise<string[]> {
  const [analysis, test] = [analyse(records), startLoadTest()];
  for (const record of records) test.add(record);
  const input = { analysis, recommendation: recommend(analysis), load: test.finish() ?? undefined };
  const [markdown] = await renderReports(input, ['markdown']);
  const terminal = renderTerminal(briefOf(analysis, input.recommendation), { columns: 80, color: false });
  const text = `${markdown!.content}\n${input.load === undefined ? terminal : ''}`;
  const found = [...text.matchAll(/(?:^ {2,4}|Finish it with: )(rightsize .*)$/gm)].map(([, command]) => command!);
  return [...new Set(found)];
}
