/** The first Ctrl-C ends a run cleanly, with reports of what was measured; the second ends the process at once. */
import { setMaxListeners } from 'node:events';

export function interruption(): AbortSignal {
  const controller = new AbortController();
  // Each request under way adds a listener, and there may be many.
  setMaxListeners(0, controller.signal);
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write('\nrightsize: ending the run; press Ctrl-C again to end at once\n');
    controller.abort(new Error('interrupted'));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}
