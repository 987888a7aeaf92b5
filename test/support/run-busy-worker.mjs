/** Starts a worker that is busy for ever and hears nothing, prints its process, and waits to be killed. */
import { forkWorker } from '../../dist/worker/worker-process.js';

// It becomes busy after its first message, however long it takes to load.
const busy = `
  const { send } = process;
  process.send = (...message) => {
    setTimeout(() => { for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1e6); }, 300);
    return send.apply(process, message);
  };`;
const environment = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(busy)}` };
const worker = forkWorker(environment);
worker.onMessage(() => setTimeout(() => process.stdout.write(`${worker.pid}\n`), 1000));
setInterval(() => {}, 1000);
