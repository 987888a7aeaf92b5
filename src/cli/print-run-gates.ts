/** What the gates of a run say, beside its reports. */
import type { Analysis } from '../core/analyse/analysis.js';
import { exitCodeOf, type GateReport } from '../core/regress/gate-report.js';
import { describeGateReport, describeGates } from '../core/report/gate-words.js';
import { plain } from '../core/report/text.js';
import type { GateRequest } from '../run/compare.js';
import { gateRun } from '../run/gate.js';
import type { Terminal } from './terminal.js';

/** @returns The exit code. */
export function printRunGates(
  terminal: Terminal,
  analysis: Analysis,
  request: GateRequest,
  run: 'complete' | 'incomplete',
): number {
  return printGates(terminal, gateRun(analysis, request), run);
}

/** @returns The exit code. */
export function printGates(terminal: Terminal, report: GateReport, run: 'complete' | 'incomplete'): number {
  for (const sentence of [describeGateReport(report), ...describeGates(report)])
    terminal.stderr.write(`rightsize: ${plain(sentence)}\n`);
  return exitCodeOf(report, run);
}
