/** What `rightsize check` prints: whether the definitions are right, what the data holds, and what each model did with it. */
import { isMissing, type Quantity } from '../core/quantity.js';
import { formatCount, formatDollars, formatSeconds, plural } from '../core/report/format.js';
import { plain, shorten } from '../core/report/text.js';
import { breakText } from '../core/report/width.js';
import type { Checked, CheckedModel, CheckedTask } from '../run/check.js';

export function checkedDocument({ suites, models, run }: Checked) {
  const found = models.map(({ model, readiness, tried }) => ({
    id: model.id,
    class: model.class,
    backend: model.backend,
    ...readiness,
    tried,
  }));
  return { suites, models: found, run };
}

export function checkedText({ suites, models, run }: Checked): string {
  const lines = [
    ...suites.flatMap(linesOfSuite),
    ...models.flatMap(linesOfModel),
    ...(run === null ? [] : wrapped('', runInWords(run))),
  ];
  return `${lines.join('\n')}\n`;
}

const WIDTH = 80;
/** Characters of a label. */
const LONGEST_LABEL = 24;
/** Labels that are shown; the others are counted. */
const MOST_LABELS = 8;

/** Lines of at most 80 columns; all but the first are indented further. Their text may come from data or from a server. */
function wrapped(indent: string, text: string): readonly string[] {
  return breakText(plain(text), WIDTH - indent.length - 2, 'words').map(
    (line, i) => `${indent}${i > 0 ? '  ' : ''}${line}`,
  );
}

function linesOfSuite({ name, tasks }: Checked['suites'][number]): readonly string[] {
  if (tasks.every(({ samples }) => samples === null)) {
    const count = tasks.length === 1 ? 'a task' : `${tasks.length} tasks`;
    return wrapped('', `suite ${name}: ${count} (data: after a download)`);
  }
  return [
    ...wrapped('', `suite ${name}: ${tasks.map((task) => `${task.name} (${countOf(task)})`).join(', ')}`),
    ...tasks.flatMap(linesOfTask),
  ];
}

function countOf({ samples }: CheckedTask): string {
  return samples === null ? 'data: after a download' : String(samples);
}

function linesOfTask({ name, samples, leftOut, targets, limitsNeed }: CheckedTask): readonly string[] {
  const about = [
    ...(targets.labels === null ? [] : [`${name}: ${labelsInWords(targets.labels)}`]),
    ...(leftOut === 0 ? [] : [`${name}: \`where\` left out ${plural(leftOut, 'row')}`]),
  ];
  const warnings = [
    ...targets.warnings.map((warning) => `${name}: ${warning}`),
    ...(limitsNeed === null || samples === null || samples >= limitsNeed.shared
      ? []
      : [
          `${name}: its limits on percentiles take ${limitsNeed.alone} samples, ${limitsNeed.shared} beside the other tasks; it has ${samples}`,
        ]),
  ];
  return [...about.flatMap((text) => wrapped('  ', text)), ...warnings.flatMap((text) => wrapped('  ', `! ${text}`))];
}

function labelsInWords(labels: NonNullable<CheckedTask['targets']['labels']>): string {
  const shown = labels.slice(0, MOST_LABELS).map(({ label, count }) => `${shorten(label, LONGEST_LABEL)} ${count}`);
  const more = labels.length - shown.length;
  return `targets ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function linesOfModel({ model, readiness, tried }: CheckedModel): readonly string[] {
  const head = `${model.id} (${[model.class, model.backend].filter(Boolean).join(', ')})`;
  switch (tried.state) {
    case 'refused':
      return wrapped('', `${head}: cannot run: ${tried.reason}`);
    case 'not tried':
      return wrapped('', `${head}: ${untriedInWords(readiness, tried.reason)}`);
    case 'tried':
      return [
        ...wrapped('', `${head}: opened in ${formatSeconds(tried.load)}`),
        ...tried.prompts.flatMap(linesOfPrompt),
        ...(readiness.ready === true && readiness.note !== undefined ? wrapped('  ', `! ${readiness.note}`) : []),
        ...tried.warnings.flatMap((warning) => wrapped('  ', `! ${warning}`)),
      ];
  }
}

function untriedInWords(readiness: CheckedModel['readiness'], reason: string): string {
  switch (readiness.ready) {
    case true:
      return `could run; not tried: ${reason}`;
    case false:
      return `cannot run: ${readiness.reason}`;
    case 'after-download':
      return readiness.bytes === null
        ? 'could run after a download; not tried'
        : `could run after a download of ${formatCount(Math.ceil(readiness.bytes / 1e6))} MB; not tried`;
  }
}

type TriedPrompt = Extract<CheckedModel['tried'], { state: 'tried' }>['prompts'][number];

function linesOfPrompt({ suite, task, promptTokens, seconds, problem, warnings }: TriedPrompt): readonly string[] {
  const place = `${suite}/${task}`;
  if (problem !== null) return wrapped('  ', `! ${place}: the first prompt has no answer: ${problem}`);
  const tokens = isMissing(promptTokens) ? '' : `a prompt of ${plural(promptTokens.value, 'token')}, `;
  const time = isMissing(seconds) ? 'answered' : `answered in up to ${formatSeconds(seconds.value)}`;
  return [
    ...wrapped('  ', `${place}: ${tokens}${time}`),
    ...warnings.flatMap((warning) => wrapped('  ', `! ${place}: ${warning}`)),
  ];
}

function runInWords({ models, trials, time, cost }: NonNullable<Checked['run']>): string {
  const who = models === 1 ? 'this model' : `these ${models} models`;
  const long = isMissing(time) ? `time unknown (${time.missing})` : `up to about ${formatSeconds(time.value)}`;
  return `a run on ${who}: ${plural(trials, 'trial')}, ${long}, ${costInWords(cost)}`;
}

function costInWords(cost: Quantity): string {
  if (isMissing(cost)) return `cost unknown (${cost.missing})`;
  return cost.value === 0 ? 'no server to pay' : `up to about ${formatDollars(cost.value)} for servers`;
}
