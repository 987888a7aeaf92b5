/**
 * Shows progress on stderr. A terminal gets one line that is rewritten, with the time left for the task, the model and the run.
 * Elsewhere, and in CI, each task gets a plain line, and a long task one line a minute. Text from a model or a server loses its
 * control characters, because a terminal obeys them.
 */
import { taskKey } from '../core/keys.js';
import { type Block, countTrials, type Trial } from '../core/plan/plan.js';
import type { MeasureEvent } from '../run/measure.js';
import { startEta } from './eta.js';
import { linesOn, megabytes, oneLine, type Screen } from './screen.js';

export interface Progress {
  readonly onEvent: (event: MeasureEvent) => void;
  end(): void;
}

/** Seconds between two plain lines about one task. */
const SILENCE = 60;

export function showProgress(how: 'shown' | 'quiet', screen: Screen): Progress {
  if (how === 'quiet') return { onEvent: () => {}, end: () => {} };
  const { rewritable, now } = screen;
  const { say, draw, silence, end } = linesOn(screen);
  let counts: Counts = new Map();
  let total = 0;
  let eta = startEta([]);
  let finished = 0;

  const onTrial = (trial: Trial, failed: boolean) => {
    finished++;
    eta.finish(trial, now());
    const count = counts.get(cellOf(trial))!;
    count.made++;
    if (failed) count.failed++;
    const where = `${trial.model}: ${trial.task}`;
    if (count.made === count.planned) {
      const failures = count.failed > 0 ? `, ${count.failed} failed` : '';
      say(`${where}: ${count.made} trials${failures}${timeLeft(eta.left(trial), ['model', 'run'])}`);
    } else if (rewritable) {
      draw(() => {
        const left = timeLeft(eta.left(trial), ['task', 'model', 'run']);
        return `${where} ${count.made}/${count.planned}${left} (${finished}/${total})`;
      }, 'at times');
    } else if (silence() >= SILENCE) {
      say(`${where}: ${count.made} of ${count.planned}${timeLeft(eta.left(trial), ['task', 'model', 'run'])}`);
    }
  };

  return {
    onEvent(event) {
      switch (event.type) {
        case 'planned':
          total = countTrials(event.blocks);
          counts = countCells(event.blocks);
          eta = startEta(event.blocks);
          if (event.recorded > 0) say(`${event.recorded} trials are recorded already; ${total} remain`);
          return;
        case 'note':
          return say(event.text);
        case 'opening':
          eta.pause();
          return draw(() => `${event.model}: opening`, 'now');
        case 'progress': {
          const size = `${megabytes(event.done)} of ${megabytes(event.total)} MB`;
          return draw(
            () => `${event.model}: ${oneLine(event.what)} ${size}`,
            event.done === event.total ? 'now' : 'at times',
          );
        }
        case 'opened':
          return say(`${event.model}: opened in ${event.load.toFixed(2)} s`);
        case 'warning':
          return say(`${event.model}: warning: ${oneLine(event.message)}`);
        case 'trial':
          return onTrial(event.trial, event.outcome.state === 'failed');
      }
    },
    end,
  };
}

/** Trials of each cell. */
type Counts = Map<string, { made: number; failed: number; planned: number }>;

function countCells(blocks: readonly Block[]): Counts {
  const counts: Counts = new Map();
  for (const { model, cells } of blocks) {
    for (const { suite, task, trials } of cells) {
      const key = cellOf({ model, suite, task });
      counts.set(key, { made: 0, failed: 0, planned: (counts.get(key)?.planned ?? 0) + trials.length });
    }
  }
  return counts;
}

function cellOf({ model, suite, task }: Pick<Trial, 'model' | 'suite' | 'task'>): string {
  return `${model} ${taskKey(suite, task)}`;
}

/** `; left: task 4 s, model 1 min 5 s, run 9 min` */
function timeLeft<Part extends string>(left: Readonly<Record<Part, number | null>>, parts: readonly Part[]): string {
  const known = parts.flatMap((part) => {
    const seconds = left[part];
    return seconds === null || seconds === 0 ? [] : [`${part} ${duration(seconds)}`];
  });
  return known.length === 0 ? '' : `; left: ${known.join(', ')}`;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.ceil(whole / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
