import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { folderOfRun, withLimit } from '../../../src/core/report/commands.js';
import { nextCommands, nextStepOf } from '../../../src/core/report/next-steps.js';
import { GOLDEN } from '../../golden/orders.js';
import { makeLog } from '../../support/log.js';

const run = ['rightsize', 'run'];

describe('the folder of a run', () => {
  it.each([
    [run, 'reports/r'],
    [[...run, '--out', 'kept/'], 'kept/r'],
    [[...run, '--out=kept'], 'kept/r'],
    [[...run, '-o', 'a b'], 'a b/r'],
    [[...run, '-okept'], 'kept/r'],
  ])('of %j is %s', (command, folder) => {
    expect(folderOfRun({ id: 'r', command })).toBe(folder);
  });
});

describe('a command with another limit', () => {
  it.each([
    [[...run, '--limit', '10', '-m', 'a']],
    [[...run, '-n', '10', '-m', 'a']],
    [[...run, '-n10', '-m', 'a']],
    [[...run, '--limit=10', '-m', 'a']],
    [[...run, '-m', 'a']],
  ])('is %j without its own', (command) => {
    expect(withLimit(command, 40)).toEqual([...run, '-m', 'a', '--limit', '40']);
  });

  it('is none where a program made the run', () => {
    expect(withLimit(['rightsize', '(called from a program)'], 40)).toBeNull();
  });
});

describe('the next step of a task', () => {
  it('is no more samples where a limit is on what the run cannot know', () => {
    const log = makeLog({
      requirement: { margin: 0.1, limits: { memory: { max: '8 GB' } } },
      tasks: [{ name: 'route', samples: 200 }],
      models: [
        { id: 'small', class: 'slm', quality: 0.3, sureness: null },
        { id: 'hosted', class: 'llm', quality: 0.95, memory: null },
      ],
    });
    const [task] = recommend(analyse(log)).suites[0]!.tasks;
    expect(task!.verdict).toMatchObject({ kind: 'inconclusive', because: { of: 'large' } });
    expect(nextStepOf(task!)).toBe('peak memory is not known: measure it, or drop the limit');
  });
});

describe('the next commands', () => {
  const commandsOf = (log: Parameters<typeof analyse>[0]) => {
    const analysis = analyse(log);
    return nextCommands(analysis, analysis.suites[0]!, recommend(analysis).suites[0]!);
  };

  it('ask how many samples open tasks need', () => {
    expect(commandsOf(GOLDEN.pair!)).toEqual(['rightsize power reports/2026-11-22T09-08-57']);
  });

  it('end a run that is not complete before anything else', () => {
    expect(commandsOf(GOLDEN.troubled!)).toEqual(['rightsize run --resume reports/troubled']);
  });
});
