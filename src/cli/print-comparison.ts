/** Prints a comparison, writes its files, and tells CI which gates are red. */
import { appendFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pullRequestComment } from '../core/report/ci/comment.js';
import { comparisonFiles, type ReportedComparison } from '../core/report/ci/files.js';
import { comparisonDocument, weakGates } from '../core/report/comparison.js';
import type { Block } from '../core/report/document.js';
import { describeGates, nameOf } from '../core/report/gate-words.js';
import { markdownBlocks } from '../core/report/markdown.js';
import { renderBlocks } from '../core/report/terminal.js';
import { plain } from '../core/report/text.js';
import type { ComparedVersions, Comparisons } from '../run/compare.js';
import { writeArtifacts } from '../run/render.js';
import { displayPath } from '../system/path.js';
import { type Terminal, tableOptions } from './terminal.js';

export interface PrintComparisonOptions {
  readonly json?: true | undefined;
  readonly markdown?: true | undefined;
  /** The folder for the files of CI. */
  readonly out?: string | undefined;
  readonly selfTest?: true | undefined;
  /** Whether a gate must be able to see what it shall see. */
  readonly requirePower?: true | undefined;
}

export async function printComparison(
  terminal: Terminal,
  { compared, exitCode }: Comparisons,
  options: PrintComparisonOptions,
): Promise<void> {
  const reported = compared.map(reportedOf);
  terminal.stdout.write(textOf(terminal, reported, options));
  if (options.out !== undefined) {
    await writeArtifacts(comparisonFiles(reported), resolve(terminal.cwd, options.out));
    if (!options.json)
      terminal.stderr.write(
        `rightsize: the files for CI are in ${displayPath(resolve(terminal.cwd, options.out), terminal.cwd)}\n`,
      );
  }
  tellGitHub(terminal, reported);
  terminal.exitCode = exitCode;
  if (exitCode === 0 && options.requirePower) requirePower(terminal, reported);
  if (options.selfTest) selfTest(terminal, compared);
}

function reportedOf({ comparison, gates, notes }: ComparedVersions): ReportedComparison {
  const { title, blocks } = comparisonDocument(comparison, gates);
  const noted = notes.map((text): Block => ({ kind: 'note', text }));
  return { comparison, gates, document: { title, blocks: [...noted, ...blocks] } };
}

function textOf(
  terminal: Terminal,
  reported: readonly ReportedComparison[],
  { json, markdown }: PrintComparisonOptions,
): string {
  if (json) {
    const plainData = reported.map(({ comparison, gates }) => ({ comparison, gates }));
    return `${JSON.stringify({ comparisons: plainData }, null, 2)}\n`;
  }
  const documents = reported.map(({ document }) => document);
  if (markdown) return documents.map(({ title, blocks }) => markdownBlocks(title, blocks)).join('\n');
  const options = tableOptions(terminal, { piped: 100, widest: 140 });
  return documents.map(({ title, blocks }) => renderBlocks(title, blocks, options)).join('\n');
}

/** Annotations on stderr, which GitHub reads as well, and the summary of the step. */
function tellGitHub(terminal: Terminal, reported: readonly ReportedComparison[]): void {
  const { GITHUB_ACTIONS: onGitHub, GITHUB_STEP_SUMMARY: summary } = terminal.environment;
  if (onGitHub !== 'true') return;
  for (const { gates } of reported) {
    if (gates === null) continue;
    const red = { ...gates, skipped: [], results: gates.results.filter(({ state }) => state === 'red') };
    for (const sentence of describeGates(red))
      terminal.stderr.write(`::error title=rightsize::${annotation(sentence)}\n`);
  }
  if (summary) appendFileSync(summary, pullRequestComment(reported.map(({ document }) => document)));
}

/** A line break or a percent sign would end or change the command. */
function annotation(text: string): string {
  return plain(text).replaceAll('%', '%25');
}

function requirePower(terminal: Terminal, reported: readonly ReportedComparison[]): void {
  const weak = reported.flatMap(({ gates }) => (gates === null ? [] : weakGates(gates)));
  if (weak.length === 0) return;
  terminal.stderr.write(`rightsize: --require-power: the gate does not see enough: ${plain(weak.join('; '))}\n`);
  terminal.exitCode = 1;
}

function selfTest(terminal: Terminal, compared: readonly ComparedVersions[]): void {
  for (const one of compared) {
    const report = one.selfTest();
    if (report === null) continue;
    const green = report.results.filter(({ kind, state }) => kind === 'change' && state === 'green').map(nameOf);
    if (green.length === 0 && report.results.some(({ kind }) => kind === 'change')) {
      terminal.stderr.write('rightsize: --self-test: with an injected loss every gate turned red, as it must\n');
      continue;
    }
    terminal.stderr.write(
      `rightsize: --self-test: expected every gate to turn red with an injected loss, found ${green.join(', ') || 'no gate that can'} green; the gate cannot be trusted\n`,
    );
    terminal.exitCode = Math.max(1, terminal.exitCode);
  }
}
