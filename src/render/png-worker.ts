/** The thread of `openPainter`. It loads the drawing code, then draws each picture that it receives. */
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
// A failure here happens again with the first picture, and is told there.
prepareToDraw().catch(() => {});
port.on('message', async ({ number, svg }: Order) => {
  try {
    const png = Uint8Array.from(await drawPng(svg));
    port.postMessage({ number, png } satisfies Delivery, [png.buffer]);
  } catch (error) {
    port.postMessage({ number, failure: describeError(error) } satisfies Delivery);
  }
});
