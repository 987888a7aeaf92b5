/**
 * The records of a load test to what it found: each step analysed, and for a search the capacity of each model.
 *
 *     measurements of a step ──▶ its step record ──▶ StepResult ──▶ Capacity
 *         scored, one by one        those that count
 */

import { type Scorers, type TaskContext, taskContext } from '../analyse/analyse.js';
import { scoreTrial } from '../analyse/trial-result.js';
import { ALONE, parseCondition } from '../definition/condition.js';
import { evidenceKey, sampleKey, taskKey } from '../keys.js';
import type {
  EvidenceRecord,
  LoadSettings,
  LogRecord,
  MeasurementRecord,
  RunRecord,
  SampleRecord,
  SelfTestRecord,
  SessionFacts,
  StepRecord,
} from '../log/log.js';
import type { Price } from '../measure/metric.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import { SCORERS } from '../score/table.js';
import { sum } from '../stats/basics/moments.js';
import { type Capacity, shownCapacity, type Tier, tiersOf } from './capacity.js';
import { type Course, courseOf } from './course.js';
import { type FailureCount, failuresOf } from './failures.js';
import { type Objective, parseObjective } from './objective.js';
import { type RecordedRequest, RecordedRequests } from './recorded.js';
import type { StepRequest } from './request.js';
import { sampleOf } from './right-answers.js';
import { loadOf, type SearchRule, type Sought } from './search-rule.js';
import { type SentGaps, sentGapsOf } from './sent-gaps.js';
import { type TestedServer, testedServer } from './server.js';
import { type SpeedChange, speedChangeOf } from './speed.js';
import { analyseStep, type StepOptions, type StepResult } from './step.js';
import { askedLengths } from './synthetic.js';

export interface LoadTest {
  readonly objectives: readonly Objective[];
  /** The rule of the search; null where the user named the loads. */
  readonly rule: SearchRule | null;
  readonly models: readonly TestedModel[];
  /** What the client held against a server that answers at known times, of each part that tested it. */
  readonly selfTests: readonly SelfTestRecord[];
}

export interface TestedModel {
  readonly model: string;
  readonly server: TestedServer;
  readonly steps: readonly TestedStep[];
  /** Null without a search, or before its first step. */
  readonly capacity: Capacity | null;
  readonly tiers: readonly Tier[];
  /** Null without a search, or where the server kept its speed as far as the steps tell. */
  readonly speedChange: SpeedChange | null;
  /** Tokens of the longest prompt and its answer together; null where none was counted. */
  readonly longest: number | null;
  /** Null where the prompts are those of a suite. */
  readonly lengths: LengthCheck | null;
}

/** Whether the server counted the tokens that synthetic prompts and their answers were to have, of all answers. */
export interface LengthCheck {
  readonly answers: number;
  /** The answers whose prompt the server counted with more or fewer tokens, or did not count. */
  readonly otherPrompts: number;
  readonly shorterAnswers: number;
}

export interface TestedStep {
  readonly record: StepRecord;
  readonly result: StepResult;
  readonly course: Course;
  /** Why requests of the step got no answer. */
  readonly failures: readonly FailureCount[];
  /** The gaps between the sends of a steady rate; null under other conditions. */
  readonly sentGaps: SentGaps | null;
}

/** A step, with what is summed over the steps of its model: the requests are read once, for a step may have a million. */
interface AnalysedStep {
  readonly step: TestedStep;
  readonly longest: number | null;
  readonly lengths: LengthCheck | null;
}

export interface LoadTestFold {
  add(record: LogRecord): void;
  /** @returns Null where the log is that of no load test. */
  finish(): LoadTest | null;
}

export function startLoadTest(scorers: Scorers = SCORERS): LoadTestFold {
  let run: RunRecord | null = null;
  const samples = new Map<string, SampleRecord>();
  const contexts = new Map<string, TaskContext>();
  const evidence = new Map<string, EvidenceRecord['evidence']>();
  const requests = new Map<string, RecordedRequests>();
  /** Answers whose score needs a finding that stands later in the log. */
  const unscored: { readonly record: MeasurementRecord; readonly row: number }[] = [];
  const steps: StepRecord[] = [];
  const selfTests: SelfTestRecord[] = [];
  const facts = new Map<string, SessionFacts>();

  function contextOf(definition: RunRecord, key: string): TaskContext {
    const context = contexts.get(key) ?? taskContext(definition, key, scorers);
    contexts.set(key, context);
    return context;
  }

  function keep(definition: RunRecord, record: MeasurementRecord & { readonly step: string }): void {
    const recorded = requests.get(record.step) ?? new RecordedRequests({ gaps: 'kept' });
    requests.set(record.step, recorded);
    const row = recorded.add(record);
    // Nothing is right or wrong about answers to words that mean nothing.
    if (record.outcome.state !== 'completed' || definition.settings.load?.synthetic !== undefined) return;
    const { taskScorer } = contextOf(definition, taskKey(record.suite, record.task));
    const isLater = !isMissing(taskScorer) && taskScorer.scorer.needs !== undefined;
    if (isLater || !samples.has(sampleKey(record))) unscored.push({ record, row });
    else score(definition, record, row);
  }

  function score(definition: RunRecord, record: MeasurementRecord, row: number): void {
    const sample = samples.get(sampleKey(record));
    if (sample === undefined) return;
    const { taskScorer } = contextOf(definition, taskKey(record.suite, record.task));
    const { score } = scoreTrial(record, {
      condition: ALONE,
      sample,
      taskScorer,
      price: missing('it is not asked for here'),
      evidenceOf: (scorer) => evidence.get(evidenceKey({ trial: record.trial, scorer })),
    });
    if (score.state === 'scored') requests.get(record.step!)!.score(row, score.value);
  }

  function requestsOf(record: StepRecord): readonly RecordedRequest[] {
    return requests.get(record.step)?.requests(record) ?? [];
  }

  function analyse(definition: RunRecord, record: StepRecord, objectives: readonly Objective[]): AnalysedStep {
    const all = requestsOf(record);
    const counted = all.filter(({ due }) => due <= record.until);
    const price = priceOf(definition, record.model, (key) => contextOf(definition, key));
    const result = resultOf(record, counted, { objectives, price });
    return {
      step: {
        record,
        result,
        course: courseOf(counted, result),
        failures: failuresOf(counted.flatMap(({ failure }) => failure ?? [])),
        sentGaps: sentGapsOf(counted, result.condition),
      },
      longest: longestOf(all),
      lengths: definition.settings.load?.synthetic === undefined ? null : checkLengths(all),
    };
  }

  function longestOf(requests: readonly RecordedRequest[]): number | null {
    let longest: number | null = null;
    for (const { promptTokens, outputTokens } of requests) {
      if (isMissing(promptTokens) || isMissing(outputTokens)) continue;
      longest = Math.max(longest ?? 0, promptTokens.value + outputTokens.value);
    }
    return longest;
  }

  function checkLengths(requests: readonly RecordedRequest[]): LengthCheck {
    let [answers, otherPrompts, shorterAnswers] = [0, 0, 0];
    for (const request of requests) {
      const asked = samples.get(sampleOf(request));
      if (request.outcome !== 'completed' || asked === undefined) continue;
      const { promptTokens, outputTokens } = request;
      const lengths = askedLengths(asked.fields);
      answers++;
      if (isMissing(promptTokens) || promptTokens.value !== lengths.promptTokens) otherPrompts++;
      if (!isMissing(outputTokens) && outputTokens.value < lengths.outputTokens) shorterAnswers++;
    }
    return { answers, otherPrompts, shorterAnswers };
  }

  return {
    add(record) {
      // Of a run nothing is kept: it may have a million records.
      if (run !== null && run.settings.load === undefined) return;
      switch (record.type) {
        case 'run':
          run ??= record;
          return;
        case 'sample':
          samples.set(sampleKey(record), record);
          return;
        case 'evidence':
          evidence.set(evidenceKey(record), record.evidence);
          return;
        case 'measurement':
          if (run !== null && isOfStep(record)) keep(run, record);
          return;
        case 'step':
          steps.push(record);
          return;
        case 'self-test':
          selfTests.push(record);
          return;
        case 'session':
          facts.set(record.model, record.facts);
          return;
        case 'resume':
        case 'machine':
        case 'session-end':
        case 'model-failed':
        case 'end':
          return;
      }
    },
    finish() {
      const definition = run;
      const settings = definition?.settings.load;
      if (definition === null || settings === undefined) return null;
      for (const { record, row } of unscored) score(definition, record, row);
      const objectives = settings.objectives.map(parseObjective);
      const rule = ruleOf(settings);
      const models = definition.models.map((model): TestedModel => {
        const { id } = model;
        const analysed = steps
          .filter(({ model }) => model === id)
          .map((record) => analyse(definition, record, objectives));
        const tested = analysed.map(({ step }) => step);
        const history = tested.map(({ result }) => result);
        const searched = rule !== null && history.length > 0;
        return {
          model: id,
          server: testedServer(model, facts.get(id)),
          steps: tested,
          capacity: searched ? shownCapacity(history, rule) : null,
          tiers: searched ? tiersOf(history, rule) : [],
          speedChange: searched ? speedChangeOf(history) : null,
          longest: longestOfAll(analysed),
          lengths: settings.synthetic === undefined ? null : lengthsOfAll(analysed),
        };
      });
      return { objectives, rule, models, selfTests };
    },
  };
}

function longestOfAll(steps: readonly AnalysedStep[]): number | null {
  const known = steps.flatMap(({ longest }) => longest ?? []);
  return known.length === 0 ? null : Math.max(...known);
}

function lengthsOfAll(steps: readonly AnalysedStep[]): LengthCheck {
  const total = (pick: (lengths: LengthCheck) => number) =>
    sum(steps.flatMap(({ lengths }) => (lengths === null ? [] : pick(lengths))));
  return {
    answers: total(({ answers }) => answers),
    otherPrompts: total(({ otherPrompts }) => otherPrompts),
    shorterAnswers: total(({ shorterAnswers }) => shorterAnswers),
  };
}

function isOfStep(record: MeasurementRecord): record is MeasurementRecord & { readonly step: string } {
  return record.step !== undefined;
}

/**
 * The result of a step that was held. A step that was ended because its requests waited too long is overloaded, however few came to
 * their end.
 */
export function resultOf(
  { condition, client, ending }: StepRecord,
  requests: readonly StepRequest[],
  options: Pick<StepOptions, 'objectives' | 'alpha' | 'price'>,
): StepResult {
  const result = analyseStep(requests, { ...options, condition: parseCondition(condition), health: client });
  return ending === 'overloaded' ? { ...result, saturation: 'overloaded' } : result;
}

/** The price of a model is the same for every task. */
function priceOf({ suites }: RunRecord, model: string, contextOf: (key: string) => TaskContext): Price | Missing {
  const [suite] = suites;
  const [task] = suite?.tasks ?? [];
  if (suite === undefined || task === undefined) return missing('the run has no task');
  return contextOf(taskKey(suite.name, task.name)).prices.get(model) ?? missing('the run does not name the model');
}

/** The rule of a search; null where the user named the loads. */
export function ruleOf({ find, objectives, budget }: LoadSettings): SearchRule | null {
  if (find === undefined) return null;
  const condition = parseCondition(find.least);
  return {
    find: soughtOf(find.least),
    objectives: objectives.map(parseObjective),
    budget: {
      ...(budget.requests !== undefined && { requests: budget.requests }),
      ...(budget.seconds !== undefined && { seconds: budget.seconds }),
    },
    alpha: find.alpha,
    least: loadOf(condition),
    most: find.most,
  };
}

/** @throws RangeError for a condition whose load is no number to search. */
function soughtOf(least: string): Sought {
  const condition = parseCondition(least);
  switch (condition.kind) {
    case 'closed':
      return { kind: 'concurrency' };
    case 'users':
      return { kind: 'users', think: condition.think };
    case 'open': {
      const { arrivals, ceiling } = condition;
      return { kind: 'rate', arrivals, ...(ceiling !== undefined && { ceiling }) };
    }
    case 'trace':
      throw new RangeError(`Expected users, concurrency or a rate to search, got ${least}`);
  }
}
