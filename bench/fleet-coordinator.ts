/** The coordinator of a run of so many trials, alone in a process: what it keeps in memory. It says so as JSON, in bytes. */
import { register } from 'node:module';

register('./built.mjs', import.meta.url);
const { dispatch } = await import('../src/fleet/coordinator.js');
const { connect } = await import('../src/fleet/redis.js');
const { sealWith } = await import('../src/fleet/seal.js');
const { plan } = await import('../src/core/plan/plan.js');
const { sampleKey } = await import('../src/core/keys.js');
const { FLEET_KEY } = await import('../test/support/fleet.js');
const { orderOf } = await import('./fleet-order.js');

const [url, trials] = process.argv.slice(2);
const { record, samples, tasks, repetitions } = orderOf(Number(trials));
const kept = () => {
  global.gc!();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
const blocks = plan(
  tasks.map((task) => ({ ...task, samples: samples.map(({ sample }) => sample) })),
  record.models.map(({ id }) => id),
  { repetitions, seed: 0 },
);
const planned = kept();
const half = Number(trials) / 2;
let [answered, atHalf, resident] = [0, 0, 0];
const timer = setInterval(() => {
  resident = Math.max(resident, process.memoryUsage.rss());
}, 100);
const connection = await connect(url!, () => {});
const began = performance.now();
const { complete, reason } = await dispatch(blocks, {
  whole: blocks,
  connection,
  seal: sealWith(FLEET_KEY),
  record: record as Parameters<typeof dispatch>[1]['record'],
  samples: new Map(samples.map((sample) => [sampleKey(sample), sample])),
  labels: [],
  append: ({ type }) => {
    if (type === 'measurement' && ++answered === half) atHalf = kept();
  },
  onTrial: () => {},
  say: () => {},
  signal: new AbortController().signal,
});
if (!complete || answered !== Number(trials)) throw new Error(`${answered} of ${trials} trials: ${reason}`);
const atEnd = kept();
clearInterval(timer);
connection.redis.disconnect();
const seconds = (performance.now() - began) / 1000;
process.send!({ planned, atHalf, atEnd, resident, seconds });
process.disconnect();
