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

describe('the next step of one class alone', () => {
  const stepsOf = (models: Parameters<typeof makeLog>[0]['models'], limits: object) => {
    const log = makeLog({ requirement: { limits }, tasks: [{ name: 'route', samples: 60 }], models });
    return recommend(analyse(log)).suites[0]!.tasks.map(nextStepOf);
  };
  const small = (quality: number) => ({ id: `small-${quality}`, class: 'slm' as const, quality });
  const min = (quality: number) => ({ quality: { min: quality } });

  it.each([
    ['no limits', [small(0.9)], {}, 'set limits, or run an LLM too'],
    ['its limits met', [small(1)], min(0.5), 'run an LLM to compare'],
    ['a limit that is open', [small(0.8)], min(0.8), 'more samples, for quality'],
    ['a limit that is missed', [small(0.2)], min(0.8), 'a better model, or other limits'],
    ['one of two models that meets all', [small(1), small(0.2)], min(0.5), 'run an LLM to compare'],
    ['only large models', [{ id: 'large', class: 'llm' as const, quality: 1 }], min(0.5), 'run an SLM to compare'],
  ])('with %s is "%s"', (_, models, limits, step) => {
    expect(stepsOf(models, limits)).toEqual([step]);
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

  it('show one class alone the models of the other, and how to ask more samples', () => {
    const log = makeLog({
      requirement: { limits: { quality: { min: 0.8 } } },
      tasks: [{ name: 'route', samples: 60 }],
      models: [{ id: 'small-0.8', class: 'slm', quality: 0.8 }],
    });
    expect(commandsOf(log)).toEqual(['rightsize list models']);
    const longer = log.map((record) =>
      record.type === 'run'
        ? {
            ...record,
            settings: { ...record.settings, limit: 60 },
            suites: record.suites.map((suite) => ({
              ...suite,
              tasks: suite.tasks.map((task) => ({ ...task, samples: { ...task.samples, count: 500 } })),
            })),
          }
        : record,
    );
    expect(commandsOf(longer as typeof log)).toEqual(['rightsize run --limit 120', 'rightsize list models']);
  });

  it('end a run that is not complete before anything else', () => {
    expect(commandsOf(GOLDEN.troubled!)).toEqual(['rightsize run --resume reports/troubled']);
  });
});
