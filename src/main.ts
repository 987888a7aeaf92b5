#!/usr/bin/env node
/** rightsize: the process around the command line. */
import { setFlagsFromString } from 'node:v8';
import { failUnexpectedly, main } from './cli/main.js';
import type { Terminal } from './cli/terminal.js';

// The models need the memory. By default a heap grows to several times the size of its live objects before it is collected.
setFlagsFromString('--heap-growing-percent=40');

const words = process.argv.slice(2);
const terminal: Terminal = {
  cwd: process.cwd(),
  environment: process.env,
  command: ['rightsize', ...words],
  stdout: process.stdout,
  stderr: process.stderr,
  get exitCode() {
    return Number(process.exitCode ?? 0);
  },
  set exitCode(code) {
    process.exitCode = code;
  },
  onInterrupt(listener) {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, listener);
  },
  endAtOnce: (code) => process.exit(code),
};

// A reader such as `| head` closes the pipe early. By then the run has written everything else to its folder.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

// Node would end with 1, which is the exit code of a gate that failed.
process.on('uncaughtException', (error) => {
  failUnexpectedly(terminal, error);
  process.exit();
});

await main(words, terminal);
