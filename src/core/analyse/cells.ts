/** The trials of one task on one model to its cell: counts, quality with its interval, distributions, and what spoils them. */
import { type Condition, conditionText } from '../definition/condition.js';
import type { Warning } from '../log/log.js';
import { DISTRIBUTED, type DistributedMetric, METRICS } from '../measure/metrics.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import { choose, chooses } from '../score/filters.js';
import type { Judged, Score } from '../score/score.js';
import { mean, sum } from '../stats/basics/moments.js';
import { bootstrap } from '../stats/estimate/bootstrap.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { estimateScore } from '../stats/estimate/estimators.js';
import type {
  Cell,
  Confidence,
  Distribution,
  MachineFigures,
  Overall,
  SampleInfo,
  SampleResult,
  TrialCounts,
} from './analysis.js';
import { compare } from './collect.js';
import type { Counts, Texts, Trials } from './columns.js';
import { distributionOf, estimateAt, joinLate, NOT_LATE } from './distribution.js';
import { type GapCounts, gapsOf, mergeGaps } from './gaps.js';
import { EVERY_SESSION, type MachineSessions, type Sessions } from './machines.js';
import type { TaskScorer } from './trial-result.js';
import { ttftLineOf } from './ttft-line.js';

export interface CellInput {
  readonly suite: string;
  readonly task: string;
  readonly model: string;
  readonly planned: number;
  /** Whether the run leaves out trials of its plan once it is sure. */
  readonly stopsEarly: boolean;
  /** The reason that is given if the cell has no trials. */
  readonly absent: string;
  readonly taskScorer: TaskScorer;
  /** The metrics of the scorer that carry a limit, and so need an interval. */
  readonly limitedMetrics: readonly string[];
  readonly samples: readonly SampleInfo[];
  readonly condition: Condition;
  readonly trials: Trials;
  /** The gaps of each session. */
  readonly gaps: ReadonlyMap<string, GapCounts>;
  /** The machine of the figures, and then all others. */
  readonly machines: readonly [MachineSessions, ...MachineSessions[]];
}

export function analyseCell(input: CellInput): Cell {
  const { suite, task, model, samples, condition, planned, trials, machines } = input;
  const [here, ...others] = machines;
  const results = samples.map(({ id }) => combine(input, id));
  const found = trials.counts();
  const { completed, failedByModel, failedByHarness, unjudged } = found;
  const counts: TrialCounts = {
    planned,
    recorded: trials.size,
    ...{ completed, failedByModel, failedByHarness, unjudged },
  };
  const figures = figuresOf(input, here, latenciesOf(here));
  return {
    suite,
    task,
    model,
    condition,
    machine: here.machine,
    trials: counts,
    failures: trials.failures().toSorted((a, b) => compare(`${a.by} ${a.kind}`, `${b.by} ${b.kind}`)),
    quality: qualityOf(samples, results, input.absent),
    ...figures,
    ttftLine: ttftLineOf([{ samples, results, cachedTokens: found.cachedTokens, condition }]),
    elsewhere: others.map((machine) => ({
      machine: machine.machine!,
      trials: trialsAmong(trials, machine.sessions),
      ...figuresOf(input, machine, () => machine.sessions),
    })),
    aggregates: aggregatesOf(input),
    results,
    warnings: [
      ...warningsOf(input, { ...found, ...counts }),
      ...machineWarnings(input),
      ...serialWarnings(figures.metrics),
    ],
  };
}

/** The sessions that a metric is read from. */
type Among = (metric: DistributedMetric) => Sessions;

/** Latencies are those of one machine. The length of a text and its price are the same on every machine. */
function latenciesOf({ sessions }: MachineSessions): Among {
  return (metric) => (METRICS[metric].latency ? sessions : EVERY_SESSION);
}

function figuresOf(input: CellInput, { sessions, unambiguous }: MachineSessions, among: Among): MachineFigures {
  return {
    metrics: metricsOf([input], among),
    gaps: gapsOf(gapsAmong(input, sessions)),
    throughput: input.trials.throughput(unambiguous),
  };
}

function gapsAmong({ gaps }: Pick<CellInput, 'gaps'>, sessions: Sessions): GapCounts {
  return mergeGaps([...gaps].flatMap(([session, counts]) => (sessions.has(session) ? [counts] : [])));
}

function trialsAmong(trials: Trials, sessions: Sessions): number {
  return sum([...trials.sessionCounts()].map(([session, n]) => (sessions.has(session) ? n : 0)));
}

/** A cell, what it was made from, and whether it is part of the quality of its suite. */
export interface CellOfSuite extends CellInput {
  readonly cell: Cell;
  readonly ofQuality: boolean;
}

/** The cells of one model over all tasks of a suite, as if they were one task. Some tasks do not count towards quality. */
export function analyseOverall(model: string, cells: readonly CellOfSuite[]): Overall {
  const total = (count: (counts: TrialCounts) => number) => sum(cells.map(({ cell }) => count(cell.trials)));
  return {
    model,
    ...pooled(cells),
    failures: total(({ failedByModel }) => failedByModel),
    unscored: total(({ failedByHarness, unjudged }) => failedByHarness + unjudged),
  };
}

function pooled(cells: readonly CellOfSuite[]): Pick<Overall, 'quality' | 'metrics' | 'gaps' | 'ttftLine'> {
  const [first] = cells;
  const conditions = new Set(
    cells.flatMap(({ trials, condition }) => (trials.size > 0 ? [conditionText(condition)] : [])),
  );
  if (conditions.size > 1) {
    const reason = missing(
      `its tasks were measured under ${[...conditions].sort().join(' and ')}, which are never pooled`,
    );
    return { quality: reason, metrics: metricsWithout(reason), gaps: reason, ttftLine: reason };
  }
  const judged = cells.filter(({ ofQuality }) => ofQuality);
  // Samples and groups of different tasks may share a name without being the same.
  const samples = judged.flatMap(({ cell, samples }) =>
    samples.map(({ id, group }) => ({ id: `${cell.task}/${id}`, group: group && `${cell.task}/${group}` })),
  );
  return {
    quality: qualityOf(
      samples,
      judged.flatMap(({ cell }) => cell.results),
      first?.absent ?? 'the suite has no tasks',
    ),
    metrics:
      cells.length === 1
        ? first!.cell.metrics
        : metricsOf(cells, first === undefined ? () => EVERY_SESSION : latenciesOf(first.machines[0])),
    gaps: gapsOf(mergeGaps(cells.map((cell) => gapsAmong(cell, cell.machines[0].sessions)))),
    ttftLine: ttftLineOf(
      cells.map(({ cell, samples, trials }) => ({
        samples,
        results: cell.results,
        cachedTokens: trials.counts().cachedTokens,
        condition: cell.condition,
      })),
    ),
  };
}

/** All repetitions of a sample are one observation of it, so the scores of those that count are averaged first. */
function combine({ trials, taskScorer, machines }: CellInput, sample: string): SampleResult | null {
  const first = trials.first(sample);
  if (first === null) return null;
  const rows = trials.rowsOf(sample);
  const [{ sessions }] = machines;
  const rowsHere = rows.filter((row) => sessions.has(trials.session(row)));
  const counting = countingRows(trials, rows, taskScorer);
  const scores = counting.map((row) => trials.score(row)).filter((score) => score !== null);
  const texts = counting[0] === undefined || counting[0] === rows[0] ? first : trials.textsOf(counting[0]);
  return {
    repetitions: rows.length,
    unscored: rows.filter((row) => trials.score(row) === null).length,
    score: scores.length > 0 ? mean(scores) : null,
    failure: first.failure?.reason ?? (first.score.state === 'unscored' ? first.score.reason : null),
    output: texts.output,
    answer: texts.score.state === 'scored' ? texts.score.answer : null,
    finish: first.finish,
    timings: meanTimings(trials, { rows, rowsHere }),
    ...(first.ranking !== null && rowsHere[0] === rows[0] && { ranking: first.ranking }),
    confidence: withAgreement(first.confidence, agreementOf(trials, rows, taskScorer)),
  };
}

/** The repetitions that have a score and that the filters of the task keep. */
function countingRows(trials: Trials, rows: readonly number[], taskScorer: TaskScorer): readonly number[] {
  if (isMissing(taskScorer) || !chooses(taskScorer.filters)) return rows;
  const candidates = rows.filter((row) => trials.score(row) !== null);
  return choose(taskScorer.filters, candidates, (row) => trials.ballot(row));
}

/** The share of the votes for the most frequent answer; null if the task has no vote. */
function agreementOf(trials: Trials, rows: readonly number[], taskScorer: TaskScorer): number | null {
  if (isMissing(taskScorer) || !chooses(taskScorer.filters) || rows.length < 2) return null;
  const votes = new Map<number, number>();
  for (const row of rows) votes.set(trials.ballot(row), (votes.get(trials.ballot(row)) ?? 0) + 1);
  return Math.max(...votes.values()) / rows.length;
}

function withAgreement(confidence: Confidence | Missing, agreement: number | null): Confidence | Missing {
  if (agreement === null) return confidence;
  return isMissing(confidence) ? { agreement } : { ...confidence, agreement };
}

/** The rows of a sample, and those of the machine whose times are shown. */
interface SampleRows {
  readonly rows: readonly number[];
  readonly rowsHere: readonly number[];
}

function meanTimings(trials: Trials, { rows, rowsHere }: SampleRows): SampleResult['timings'] {
  const timings: Partial<Record<DistributedMetric, number>> = {};
  for (const metric of DISTRIBUTED) {
    const value = meanTiming(trials, METRICS[metric].latency ? rowsHere : rows, metric);
    if (value !== null) timings[metric] = value;
  }
  return timings;
}

function meanTiming(trials: Trials, rows: readonly number[], metric: DistributedMetric): number | null {
  if (rows.length === 1) return trials.timing(rows[0]!, metric);
  const values = rows.map((row) => trials.timing(row, metric)).filter((value) => value !== null);
  return values.length > 0 ? mean(values) : null;
}

function qualityOf(
  samples: readonly Named[],
  results: readonly (SampleResult | null)[],
  absent: string,
): Estimate | Missing {
  if (samples.length === 0) return missing('the task has no samples');
  if (results.every((result) => result === null)) return missing(absent);
  const scored = results.flatMap((result, i) =>
    result === null || result.score === null ? [] : [{ score: result.score, sample: samples[i]! }],
  );
  if (scored.length === 0) {
    const reason = results.find((result) => result?.failure)?.failure ?? 'no reason was recorded';
    return missing(`no answer could be scored: ${reason}`);
  }
  return estimateScore(
    scored.map(({ score }) => score),
    clustersOf(scored.map(({ sample }) => sample)),
  );
}

type Named = Pick<SampleInfo, 'id' | 'group'>;

/** The clusters of the samples, if any sample belongs to a group. */
export function clustersOf(samples: readonly Named[]): { readonly clusters?: readonly string[] } {
  return samples.some(({ group }) => group !== null) ? { clusters: samples.map(clusterOf) } : {};
}

/** The group of a sample, or the sample itself if it has no group. */
export function clusterOf(sample: Named): string {
  return sample.group === null ? `sample ${sample.id}` : `group ${sample.group}`;
}

/** The trials of some samples. If there are no trials, `absent` says why. */
type Measured = Pick<CellInput, 'samples' | 'trials' | 'absent'>;

function metricsOf(measured: readonly Measured[], among: Among): Cell['metrics'] {
  return Object.fromEntries(
    DISTRIBUTED.map((metric) => [metric, metricOf(metric, measured, among(metric))]),
  ) as unknown as Cell['metrics'];
}

function metricsWithout(reason: Missing): Cell['metrics'] {
  return Object.fromEntries(DISTRIBUTED.map((metric) => [metric, reason])) as unknown as Cell['metrics'];
}

function metricOf(
  metric: DistributedMetric,
  measured: readonly Measured[],
  sessions: Sessions,
): Distribution | Missing {
  const tasks = measured.map(({ trials }) => trials.timings(metric, sessions));
  const late = LATE_WITHOUT_ANSWER.has(metric)
    ? joinLate(measured.map(({ trials }) => trials.late(metric, sessions)))
    : NOT_LATE;
  // A busy machine makes neighbouring times alike, but it does not change a count of tokens.
  if (tasks.some((values) => values.length > 0))
    return distributionOf(tasks, { serial: METRICS[metric].latency, late });
  if (measured.every(({ trials }) => trials.size === 0)) return missing(measured[0]?.absent ?? 'there are no tasks');
  if (measured.every(({ trials }) => trialsAmong(trials, sessions) === 0)) return missing(sessions.others);
  // Every completed trial has a value or a reason. If there is neither, no trial was completed.
  const [reason] = measured.flatMap(({ trials }) => trials.whyAbsent(metric) ?? []).sort();
  return missing(reason ?? 'no trial was completed');
}

/** What a user waits for. A request that is never answered is late in these. */
const LATE_WITHOUT_ANSWER: ReadonlySet<DistributedMetric> = new Set(['ttft', 'e2e']);

function aggregatesOf(input: CellInput): Cell['aggregates'] {
  const { taskScorer, samples, trials } = input;
  if (isMissing(taskScorer)) return {};
  // Their texts are kept for these alone.
  if (taskScorer.scorer.aggregate === undefined && taskScorer.secondary.length === 0) return {};
  const judged = samples.flatMap((sample) => {
    const rows = countingRows(trials, trials.rowsOf(sample.id), taskScorer);
    return rows.length === 0 ? [] : [{ sample, answers: rows.map((row) => answerOf(trials.textsOf(row), sample)) }];
  });
  return {
    ...metricsOfScorer(judged, taskScorer, input.limitedMetrics),
    ...Object.fromEntries(
      taskScorer.secondary.map(({ name }, place) => [`score ${name}`, secondaryScore(judged, place)]),
    ),
  };
}

/** The answers to one sample that count, each with its score. */
interface JudgedSample {
  readonly sample: SampleInfo;
  readonly answers: readonly JudgedAnswer[];
}

/** An answer with its score by the scorer that decides, and by the others in their order. */
interface JudgedAnswer extends Judged {
  readonly secondary: readonly Score[];
}

function answerOf({ text, score, secondary }: Texts, sample: SampleInfo): JudgedAnswer {
  const { id, target, fields } = sample;
  return { sample: id, input: { output: text, target, fields }, score, secondary };
}

type KnownScorer = Exclude<TaskScorer, Missing>;

function metricsOfScorer(
  judged: readonly JudgedSample[],
  { scorer, options }: KnownScorer,
  limited: readonly string[],
): Cell['aggregates'] {
  const metrics = (drawn: readonly JudgedSample[]) => {
    const aggregate = scorer.aggregate?.(options);
    for (const { answers } of drawn) for (const answer of answers) aggregate?.add(answer);
    return aggregate?.metrics() ?? {};
  };
  const found = metrics(judged);
  const metricValue = (drawn: readonly JudgedSample[], name: string) => {
    const metric = metrics(drawn)[name];
    return metric === undefined || isMissing(metric) ? Number.NaN : metric.value;
  };
  const estimates = limited.flatMap((name) => {
    const metric = found[name];
    if (metric === undefined || isMissing(metric)) return [];
    const clusters = clustersOf(judged.map(({ sample }) => sample));
    const estimate = bootstrap(judged, (drawn) => metricValue(drawn, name), { ...METRIC_BOOTSTRAP, ...clusters });
    return [[name, isMissing(estimate) ? metric : estimate] as const];
  });
  return { ...found, ...Object.fromEntries(estimates) };
}

/** Of a whole cell each resample is a fold over all answers: few suffice for the ends of an interval. */
const METRIC_BOOTSTRAP = { seed: 0, resamples: 999, method: 'percentile' } as const;

/** If more answers than this share have no score, a mean over the others says little. */
const MOST_UNSCORED = 0.05;

/** The mean score by another scorer: all answers to a sample are one observation of it. @param place its place among them. */
function secondaryScore(judged: readonly JudgedSample[], place: number): Estimate | Missing {
  const answers = judged.flatMap(({ answers }) => answers.map(({ secondary }) => secondary[place]!));
  const reasons = answers.flatMap((score) => (score.state === 'unscored' ? [score.reason] : []));
  if (reasons.length > MOST_UNSCORED * answers.length)
    return missing(`${reasons.length} of ${answers.length} answers could not be scored: ${reasons.toSorted()[0]}`);
  const scores = judged.flatMap(({ sample, answers }) => {
    const values = answers.flatMap(({ secondary }) => {
      const score = secondary[place]!;
      return score.state === 'scored' ? [score.value] : [];
    });
    return values.length === 0 ? [] : [{ sample, value: mean(values) }];
  });
  if (scores.length === 0) return missing('no answer could be scored');
  return estimateScore(
    scores.map(({ value }) => value),
    clustersOf(scores.map(({ sample }) => sample)),
  );
}

/** How many times more trials than independent values there must be before the report warns. */
const ALIKE = 2;

/** The words are the same for every cell, so that a report can list the cells together. Each estimate says how far it applies. */
function serialWarnings(metrics: Cell['metrics']): Warning[] {
  const medians = DISTRIBUTED.flatMap((metric) => estimateAt(metrics[metric], 'median'));
  const alike = medians.some(
    (median) => !isMissing(median) && median.effective !== undefined && median.n >= ALIKE * median.effective,
  );
  if (!alike) return [];
  return [
    {
      what: 'the times of neighbouring trials are alike, so the intervals are wider than those of independent trials',
      remedy: 'stop other programs; if the samples are sorted by kind, shuffle them',
    },
  ];
}

function machineWarnings({ trials, machines }: CellInput): Warning[] {
  const [{ machine, sessions }] = machines;
  const elsewhere = trials.size - trialsAmong(trials, sessions);
  if (machine === null || elsewhere === 0) return [];
  return [
    {
      what: `${elsewhere} of ${trials.size} trials are of other machines: times are those of ${machine} alone`,
      remedy: 'see `elsewhere` in summary.json for the times of the others',
    },
  ];
}

/** Prompts that differ in length by more than this, in characters, have different numbers of tokens. */
const MUCH_LONGER = 400;
const FEW_PROMPTS = 3;

/** Whether the longest prompts have one count of tokens between them, though one is much longer than another. */
function looksCut(samples: readonly SampleInfo[], trials: Trials): boolean {
  let most = 0;
  let longest: SampleInfo[] = [];
  for (const sample of samples) {
    const [row] = trials.rowsOf(sample.id);
    const tokens = row === undefined ? null : trials.timing(row, 'promptTokens');
    if (tokens === null || tokens < most) continue;
    if (tokens > most) longest = [];
    most = tokens;
    longest.push(sample);
  }
  if (longest.length < FEW_PROMPTS) return false;
  const lengths = longest.map(({ messages }) => messages.reduce((length, { content }) => length + content.length, 0));
  return lengths.reduce((a, b) => Math.max(a, b)) - lengths.reduce((a, b) => Math.min(a, b)) > MUCH_LONGER;
}

/** The report warns if at least this share of the answers was cut. */
const OFTEN = 0.05;
/** No interval says much with fewer samples than this. */
const FEW_SAMPLES = 30;

function warningsOf({ samples, trials, machines, stopsEarly }: CellInput, counts: TrialCounts & Counts): Warning[] {
  const warnings: Warning[] = [];
  const warn = (what: string, remedy: string) => warnings.push({ what, remedy });
  const of = (n: number) => `${n} of ${counts.recorded} trials`;
  const measured = samples.filter(({ id }) => trials.rowsOf(id).length > 0).length;
  const { cut, refused, tokensDisagree, retried, contextCut, promptCut, unseen, cachedTokens } = counts;
  const prompts = new Set(samples.map(({ promptHash }) => promptHash)).size;

  if (counts.recorded > 0 && counts.recorded < counts.planned && !stopsEarly) {
    warn(`only ${counts.recorded} of ${counts.planned} planned trials were run`, 'continue the run with --resume');
  }
  if (counts.failedByHarness > 0) {
    warn(
      `${of(counts.failedByHarness)} failed on our side and are not scored`,
      'read their reasons under failures, and run again',
    );
  }
  if (counts.unjudged > 0) {
    warn(
      `${counts.unjudged} ${counts.unjudged === 1 ? 'answer' : 'answers'} could not be scored`,
      'check the targets and the scorer options of the task',
    );
  }
  if (contextCut > 0) {
    warn(
      `the texts of ${of(contextCut)} are longer than the context of the model, so their beginning was cut off`,
      'be careful when you compare with models of a longer context, or raise `context` of the model',
    );
  }
  if (promptCut > 0) {
    warn(
      `the server has cut the prompts of ${of(promptCut)}: it counts fewer tokens than any tokenizer makes of their text, and answered what was left of them`,
      "raise the server's context (Ollama: OLLAMA_CONTEXT_LENGTH), or shorten the prompts",
    );
  } else if (looksCut(samples, trials)) {
    warn(
      'the server counts the same number of tokens for prompts of different length: it may have cut them',
      "raise the server's context (Ollama: OLLAMA_CONTEXT_LENGTH), or shorten the prompts",
    );
  }
  if (cut > 0 && cut >= OFTEN * counts.completed) {
    warn(
      `${cut} of ${counts.completed} answers were cut at the token limit`,
      'raise `generation.maxTokens` of the task',
    );
  }
  if (refused > 0) {
    warn(
      `${refused} of ${counts.completed} answers were refused, by the model or by a filter of its provider`,
      'read what was refused in samples.csv; a filter of the provider can often be set',
    );
  }
  if (measured > 0 && measured < FEW_SAMPLES) {
    warn(
      `only ${measured === 1 ? 'one sample' : `${measured} samples`}: the intervals are wide`,
      `give the task ${FEW_SAMPLES} samples or more`,
    );
  }
  const throughput = trials.throughput(machines[0].unambiguous);
  if (!isMissing(throughput)) {
    warn(
      `${throughput.concurrency} answers were computed at a time, at ${throughput.tokensPerSecond.toPrecision(3)} tokens/s ` +
        'together: every latency is that of one answer among others',
      'for the speed of one request at a time, and for a verdict, run without --concurrency',
    );
  }
  if (cachedTokens > 0) {
    const total = trials.timings('promptTokens', EVERY_SESSION).reduce((sum, tokens) => sum + tokens, 0);
    warn(
      `${Math.floor((100 * cachedTokens) / total)}% of the prompt tokens came from the cache of the server`,
      'read TTFT as that of a warm cache; the prefill rate counts only what was computed',
    );
  }
  if (unseen > 0) {
    warn(
      `the server counted output of ${of(unseen)} that it did not send: hidden reasoning`,
      'rates count only the tokens that were sent; TTFT holds the reasoning, and so does the cost',
    );
  }
  if (tokensDisagree > 0) {
    warn(
      `${of(tokensDisagree)} have token counts that differ by more than 10% from the number of pieces that arrived`,
      'do not trust the decode rate: the server sends several tokens at once, or counts in another way',
    );
  }
  if (retried > 0) {
    warn(
      `${of(retried)} were sent again after the server had refused them`,
      'no latency includes these waits; ask for a higher rate limit',
    );
  }
  if (prompts < samples.length && measured > 0) {
    warn(
      `${samples.length - prompts} prompts are sent more than once, so the engine may have cached them`,
      'TTFT and prefill rate are those of a warm cache; remove the repeated samples to avoid that',
    );
  } else if (trials.size > measured) {
    warn(
      'each prompt was sent several times, so the prefix cache may have answered the repetitions',
      'TTFT and prefill rate are those of a warm cache; measure once with more samples to avoid that',
    );
  }
  return warnings;
}
