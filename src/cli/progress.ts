/**
 * Progress on stderr: one line that is rewritten on a terminal, one line a task elsewhere (a CI log keeps every line). All
 * text that comes from a model or a server is stripped of control characters: a terminal obeys what it is sent.
 */
import { type Block, countTrials } from '../core/plan/plan.js';
import type { RunEvent } from '../run/runner.js';

export interface Progress {
  readonly onEvent: (event: RunEvent) => void;
  end(): void;
}

export interface ProgressOptions {
  readonly quiet: boolean;
  /** Trials that an earlier run of this log made. */
  readonly done: number;
}

const REDRAW = 100;

export function showProgress(blocks: readonly Block[], { quiet, done }: ProgressOptions): Progress {
  if (quiet) return { onEvent: () => {}, end: () => {} };
  const terminal = process.stderr.isTTY === true;
  const total = countTrials(blocks);
  const cells = new Map<string, number>(
    blocks.flatMap(({ model, cells }) =>
      cells.map((cell) => [`${model} ${cell.suite}/${cell.task}`, cell.trials.length] as const),
    ),
  );
  const counts = new Map<string, { ok: number; failed: number }>();
  const started = performance.now();
  let finished = 0;
  let drawn = 0;
  let line = '';

  const write = (text: string) => {
    process.stderr.write(terminal ? `\r\u001b[2K${text}\n${line}` : `${text}\n`);
  };
  const draw = (text: string, force: boolean) => {
    if (!terminal) return;
    const now = performance.now();
    if (!force && now - drawn < REDRAW) return;
    drawn = now;
    line = text.slice(0, (process.stderr.columns ?? 80) - 1);
    process.stderr.write(`\r\u001b[2K${line}`);
  };
  const eta = () => {
    const elapsed = (performance.now() - started) / 1000;
    return finished === 0 ? '' : `, ${duration((elapsed / finished) * (total - finished))} left`;
  };

  if (done > 0) write(`${done} trials are recorded already; ${total} remain`);

  return {
    onEvent(event) {
      switch (event.type) {
        case 'opening':
          return draw(`${event.model}: opening`, true);
        case 'progress':
          return draw(
            `${event.model}: ${plain(event.what)} ${megabytes(event.done)} of ${megabytes(event.total)} MB`,
            event.done === event.total,
          );
        case 'opened':
          return write(`${event.model}: opened in ${event.load.toFixed(2)} s`);
        case 'warning':
          return write(`${event.model}: warning: ${plain(event.message)}`);
        case 'trial': {
          finished++;
          const { model, suite, task } = event.trial;
          const key = `${model} ${suite}/${task}`;
          const count = counts.get(key) ?? { ok: 0, failed: 0 };
          counts.set(key, count);
          if (event.outcome.state === 'failed') count.failed++;
          else count.ok++;
          const made = count.ok + count.failed;
          draw(`${model}  ${task}  ${made}/${cells.get(key)}   (${finished}/${total}${eta()})`, false);
          if (made === cells.get(key))
            write(`${model}: ${task}: ${made} trials${count.failed > 0 ? `, ${count.failed} failed` : ''}${eta()}`);
        }
      }
    },
    end() {
      if (terminal) process.stderr.write('\r\u001b[2K');
    },
  };
}

/** Without control characters, and on one line. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be removed
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 300);
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
