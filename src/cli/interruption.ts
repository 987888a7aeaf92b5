/** The first Ctrl-C ends a run cleanly, with reports of what was measured; the second ends the process at once. */
import { setMaxListeners } from 'node:events';
import { plain } from '../core/report/text.js';
import type { Terminal } from './terminal.js';

export function interruption(terminal: Terminal): AbortSignal {
  const controller = new AbortController();
  // Each request under way adds a listener, and there may be many.
  setMaxListeners(0, controller.signal);
  terminal.onInterrupt(() => {
    if (controller.signal.aborted) return terminal.endAtOnce(130);
    terminal.stderr.write('\nrightsize: ending the run; press Ctrl-C again to end at once\n');
    controller.abort(new Error('interrupted'));
  });
  return controller.signal;
}

/** A run that is interrupted before it has a folder is thrown out with the reason of the signal. */
export async function unlessInterrupted<T>(result: Promise<T>, signal: AbortSignal): Promise<T | null> {
  try {
    return await result;
  } catch (error) {
    if (signal.aborted && error === signal.reason) return null;
    throw error;
  }
}

/** Says why the result is not whole, and ends with exit code 3. */
export function endIncomplete(terminal: Terminal, sentence: string): void {
  terminal.stderr.write(`rightsize: ${plain(sentence)}\n`);
  terminal.exitCode = 3;
}
