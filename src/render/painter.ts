/**
 * Draws PNG files in a thread of its own. A report has a dozen pictures, which take some seconds, most of them for compiling the code
 * that draws. Meanwhile this thread reads the log and writes the page.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { DrawPng } from './png.js';
import type { Delivery, Order } from './png-worker.js';

export interface Painter {
  readonly draw: DrawPng;
  close(): Promise<void>;
}

export function openPainter(): Painter {
  // Its heap holds almost nothing, and by default V8 would reserve three times 16 MB for young objects.
  const worker = new Worker(new URL('./png-worker.js', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: 6 },
  });
  const waiting = new Map<number, { resolve: (png: Uint8Array) => void; reject: (error: Error) => void }>();
  let ordered = 0;
  // If the drawing thread dies, earlier and later requests fail.
  const broken = once(worker, 'error').then(([error]) => {
    throw error;
  });
  broken.catch(() => {});
  worker.on('message', (delivery: Delivery) => {
    const { resolve, reject } = waiting.get(delivery.number)!;
    waiting.delete(delivery.number);
    if ('png' in delivery) resolve(delivery.png);
    else reject(new Error(delivery.failure));
  });
  return {
    draw(svg) {
      const number = ++ordered;
      const drawn = new Promise<Uint8Array>((resolve, reject) => waiting.set(number, { resolve, reject }));
      worker.postMessage({ number, svg } satisfies Order);
      return Promise.race([drawn, broken]);
    },
    close: async () => void (await worker.terminate()),
  };
}
