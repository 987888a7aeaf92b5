/** Ctrl-C once ends a run cleanly, with a report of what there is; twice ends it at once. */
import { setMaxListeners } from 'node:events';

export function interruption(): AbortSignal {
  const controller = new AbortController();
  // Every answer that is waited for listens to it, and there may be many at once.
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
