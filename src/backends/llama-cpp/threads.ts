/**
 * How many threads decode fastest. They meet at a barrier after every operation of every layer, hundreds of times a token. Where they
 * find each other spinning, that costs a tenth of a millisecond or so, whatever the size of the model; where another process has one
 * of the cores, it costs milliseconds. Only the arithmetic of a larger model is worth that.
 *
 * Note: `npm run bench -- llama-cpp` holds the default against the fastest number of threads.
 */
import { physicalCores } from '../cores.js';

/** Bytes that one thread reads from memory in about the time that the barriers of a token take. */
const SMALL_MODEL = 16e6;

/** @param bytes size of the weights. */
export function defaultThreads(bytes: number): number {
  return bytes < SMALL_MODEL ? 1 : physicalCores();
}
