/**
 * How many threads decode fastest. They meet at a barrier after every operation of every layer, hundreds of times a token,
 * and llama.cpp starts them anew for every token: a cost of some hundred microseconds, paid by models of any size, that
 * only a large model's arithmetic is worth.
 */
import { physicalCores } from '../cores.js';

/** Below this size one thread decodes a token in about the time that starting a second one takes. */
const SMALL_MODEL = 16e6;

/** @param bytes size of the weights. */
export function defaultThreads(bytes: number): number {
  return bytes < SMALL_MODEL ? 1 : physicalCores();
}
