/** Builds the report of a load test: the question, what each model holds, and how it was measured. It has no verdict. */
import type { Analysis } from '../../analyse/analysis.js';
import type { RunCapacity } from '../../capacity/plan/answer.js';
import { conditionText } from '../../definition/condition.js';
import type { LoadTest } from '../../load/load-test.js';
import { objectiveText } from '../../load/objective.js';
import { wasSpoilt } from '../../load/step.js';
import type { LoadSettings } from '../../log/log.js';
import { folderOfRun, resumeCommand } from '../commands.js';
import type { Document, Fact, LoadPart, Note, Section, WarningText } from '../document.js';
import { formatDollars, formatScore, formatSeconds, list, plural } from '../format.js';
import { loadQuestion } from '../load-words.js';
import { describeMachine } from './answer.js';
import { capacityPart } from './capacity.js';
import { loadSections } from './load.js';
import { isOdd } from './load-client.js';
import { serverFacts, slotWarnings } from './load-server.js';
import { commandsOf, hashFacts, machineFacts, resumptionFacts, warningsSection } from './method.js';
import { modelsSection } from './models.js';
import { warningsOf } from './warnings.js';

export function loadDocumentOf(analysis: Analysis, test: LoadTest, capacity?: RunCapacity): Document {
  const loads = loadSections(test);
  const asked = capacityPart(analysis.run, capacity);
  return {
    title: `${titleOf(analysis)}: load`,
    question: loadQuestion(test),
    contents: [
      { to: 'answer', text: 'Load' },
      ...asked.contents,
      { to: 'models', text: 'Models' },
      { to: 'method', text: 'Method' },
    ],
    brief: { suites: [], run: describeSteps(test), warning: null },
    suites: [],
    load: loadPart(
      analysis,
      test,
      loads.map(({ section }) => section),
    ),
    sections: [...asked.sections, modelsSection(analysis), methodSection(analysis, test)],
    charts: [...loads.flatMap(({ charts }) => charts), ...asked.charts],
    footer: `Made by rightsize ${analysis.run.environment.rightsize} from run ${analysis.run.id}`,
  };
}

function titleOf({ suites }: Analysis): string {
  return list(suites.map(({ title }) => title));
}

function loadPart(analysis: Analysis, test: LoadTest, sections: readonly Section[]): LoadPart {
  const { run, models } = analysis;
  const scope = [
    plural(models.length, 'model'),
    describeSteps(test),
    describeMachine(run.environment),
    run.started.slice(0, 10),
  ].join(' · ');
  return { name: 'answer', heading: titleOf(analysis), scope, alarms: alarmsOf(analysis), sections };
}

/** `4 steps · 1,200 requests` */
export function describeSteps({ models }: LoadTest): string {
  const steps = models.flatMap((tested) => tested.steps);
  const requests = steps.reduce((sum, { result }) => sum + result.counts.due, 0);
  return `${plural(steps.length, 'step')} · ${plural(requests, 'request')}`;
}

function alarmsOf({ run }: Analysis): Note[] {
  if (run.ended.complete) return [];
  const text = `The load test is incomplete (${run.ended.reason}). Finish it with: ${resumeCommand('load', run.command, folderOfRun(run))}`;
  return [{ kind: 'note', text, alarm: true }];
}

function methodSection(analysis: Analysis, test: LoadTest): Section {
  const { run } = analysis;
  return {
    kind: 'section',
    name: 'method',
    heading: 'Method',
    body: [
      warningsSection([
        ...spoiltWarnings(test),
        ...gapWarnings(test),
        ...lengthWarnings(test),
        ...slotWarnings(test, analysis),
        ...failureWarnings(analysis),
        ...warningsOf(withoutTrials(analysis)),
      ]),
      {
        kind: 'section',
        heading: 'How it was measured',
        folded: true,
        body: [{ kind: 'facts', facts: factsOf(analysis, test) }],
      },
      {
        kind: 'section',
        heading: 'How to reproduce it',
        body: [
          {
            kind: 'text',
            text:
              `With rightsize ${run.environment.rightsize} and files with these hashes, rightsize load sends the same prompts in the same ` +
              'order by the same schedule, and rightsize report rebuilds every report from log.jsonl, byte for byte.',
          },
          { kind: 'commands', commands: commandsOf(run) },
          { kind: 'note', text: 'docs/load.md of the package explains every figure, with its source.' },
        ],
      },
    ],
  };
}

/** The requests of a load test belong to its steps: its tasks have no trials, and nothing is missing of them. */
export function withoutTrials(analysis: Analysis): Analysis {
  return { ...analysis, suites: [] };
}

function spoiltWarnings({ models, selfTests }: LoadTest): WarningText[] {
  const steps = models.flatMap((tested) => tested.steps);
  const spoilt = steps.filter(({ result }) => wasSpoilt(result));
  const powerless = selfTests.filter(({ levels }) => levels.every(({ held }) => !held));
  return [
    ...(spoilt.length === 0
      ? []
      : [
          {
            what: `The client spoilt ${spoilt.length} of ${plural(steps.length, 'step')}, which count for nothing.`,
            remedy: 'The section of the model says what to do.',
          },
        ]),
    ...powerless.flatMap(({ levels }) =>
      levels.slice(0, 1).map(({ rate }) => ({
        what: `The client could not hold ${plural(rate, 'request')} per second against a server that answers at known times.`,
        remedy: 'Stop other programs on the machine of the client.',
      })),
    ),
  ];
}

/** A client that sends other arrivals than it says measures another load. */
function gapWarnings({ models }: LoadTest): WarningText[] {
  return models.flatMap(({ model, steps }) => {
    const odd = steps.filter(isOdd).map(({ result }) => conditionText(result.condition));
    return odd.length === 0
      ? []
      : [
          {
            what: `The requests of ${model} were not sent with the gaps of their arrivals at ${list([...new Set(odd)])}.`,
            remedy:
              'Its fine print compares what was sent with what was asked. Hold these loads again, with another seed.',
          },
        ];
  });
}

function lengthWarnings({ models }: LoadTest): WarningText[] {
  return models.flatMap(({ model, lengths }) => {
    if (lengths === null) return [];
    const { answers, otherPrompts, shorterAnswers } = lengths;
    return [
      ...(otherPrompts === 0
        ? []
        : [
            {
              what: `The server of ${model} counted other lengths than were asked for in ${otherPrompts} of ${plural(answers, 'prompt')}.`,
              remedy: 'Read the lengths from the log, or use a suite with prompts of your own.',
            },
          ]),
      ...(shorterAnswers === 0
        ? []
        : [
            {
              what: `${shorterAnswers} of ${plural(answers, 'answer')} of ${model} are shorter than was asked for.`,
              remedy:
                'Serve the model with llama-server, vLLM or SGLang, which can be asked for answers of full length.',
            },
          ]),
    ];
  });
}

function failureWarnings({ models, run }: Analysis): WarningText[] {
  return models.flatMap(({ id, failures }) =>
    failures.map((reason) => ({
      what: `${id} could not be tested to its end: ${reason}.`,
      remedy: `Mend it, then go on with: ${resumeCommand('load', run.command, folderOfRun(run))}`,
    })),
  );
}

function factsOf(analysis: Analysis, test: LoadTest): Fact[] {
  const { run } = analysis;
  return [
    ['Run', run.id],
    ...(run.parts === undefined ? [['Started', run.started] satisfies Fact] : []),
    ['Steps', describeSteps(test)],
    ...resumptionFacts(analysis),
    ['Objectives', test.objectives.length === 0 ? 'none' : list(test.objectives.map(objectiveText))],
    // Several tests side by side have budgets and seeds of their own.
    ...(run.settings.load === undefined || run.parts !== undefined
      ? []
      : settingFacts(run.settings.load, run.settings.seed)),
    ...selfTestFacts(test),
    ...serverFacts(test, analysis),
    ...machineFacts(run.environment),
    ...hashFacts(analysis),
  ];
}

function settingFacts(
  { budget, clients, stopErrors, prefixCache, length, synthetic }: LoadSettings,
  seed: number,
): Fact[] {
  const budgets = [
    ...(budget.seconds === undefined ? [] : [formatSeconds(budget.seconds)]),
    ...(budget.requests === undefined ? [] : [plural(budget.requests, 'request')]),
    ...(budget.dollars === undefined ? [] : [formatDollars(budget.dollars)]),
  ];
  return [
    ...(budgets.length === 0 ? [] : [['Budget of a model', list(budgets)] as const]),
    [
      'Settings',
      `seed ${seed}, ${plural(clients, 'client process', 'client processes')}, a step ends at ${formatScore(stopErrors)} failures`,
    ],
    ...(synthetic === undefined
      ? []
      : [
          [
            'Prompts',
            `words that mean nothing: ${synthetic.prompt} tokens (the first ${synthetic.prefix} are the same in all), and ${synthetic.output} of answer`,
          ] as const,
        ]),
    ...(prefixCache === undefined ? [] : [['Prefix cache', 'the server was asked to keep no prompts'] as const]),
    ...(length === undefined
      ? []
      : [['Length of answers', 'the server was asked for as many tokens as each task allows'] as const]),
  ];
}

function selfTestFacts({ selfTests }: LoadTest): Fact[] {
  return selfTests.flatMap(({ levels }): Fact[] => {
    const held = levels.findLast((level) => level.held);
    return held === undefined
      ? []
      : [
          [
            'Client alone',
            `held ${plural(held.rate, 'request')} per second, ${plural(held.streams, 'answer')} at once`,
          ],
        ];
  });
}
