/** The thread of `openPainter`: makes itself ready, then draws what it is sent. */
import { parentPort } from 'node:worker_threads';
import { describeError } from '../core/errors.js';
import { drawPng, prepareToDraw } from './png.js';

export interface Order {
  readonly number: number;
  readonly svg: string;
}

export type Delivery =
  | { readonly number: number; readonly png: Uint8Array<ArrayBuffer> }
  | { readonly number: number; readonly failure: string };

const port = parentPort!;
// What goes wrong here goes wrong again with the first picture, and is told there.
prepareToDraw().catch(() => {});
port.on('message', async ({ number, svg }: Order) => {
  try {
    const png = Uint8Array.from(await drawPng(svg));
    port.postMessage({ number, png } satisfies Delivery, [png.buffer]);
  } catch (error) {
    port.postMessage({ number, failure: describeError(error) } satisfies Delivery);
  }
});
