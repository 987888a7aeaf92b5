/**
 * The real llama-server. It lives in a root of its own, in which the folder for temporary files is seen and a checkout may
 * not be.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { folderWith } from './cli.js';

/** Where `llama-cpp setup` installs it. */
export const LLAMA_SERVER = join(process.env.LLAMA_CPP_ROOT ?? '/var/tmp/llama-cpp-root', 'usr/bin/llama-server');

/** A copy of the weights that the server can open. */
export function seenByServer(weights: string): string {
  const name = basename(weights);
  return join(folderWith({ [name]: readFileSync(weights) }), name);
}
