/**
 * Reproduces published scores from published model outputs, with no model at all:
 *
 *     RIGHTSIZE_DATA=path/to/datasets npm run parity [-- folder …]
 *     RIGHTSIZE_DATA=path/to/datasets npm run parity -- lm-eval-hf      one model, here and through lm-evaluation-harness
 *     npm run parity -- tokenizers                                      tokenizers that Python trains now
 *     npm run parity -- chat-templates                                  chat templates that Python's Jinja renders now
 *
 * Prints each published figure beside ours; exits 1 when one disagrees. Data that is not there is skipped, with the reason.
 */
import { join } from 'node:path';
import Table from 'cli-table3';
import { readLanguageTablesWith } from '../src/core/score/text/language-tables.js';
import { readLanguageTable } from '../src/system/language-tables.js';
import { aristo } from './aristo.js';
import { bbh } from './bbh.js';
import { bbq } from './bbq.js';
import { bfcl } from './bfcl.js';
import { bleu } from './bleu.js';
import { chatTemplates } from './chat-templates.js';
import type { AsyncCheck, Check, Figure } from './check.js';
import { openFolder } from './folder.js';
import { gsm8k } from './gsm8k.js';
import { humaneval } from './humaneval.js';
import { ifeval } from './ifeval.js';
import { jsonSchema } from './json-schema.js';
import { lighteval } from './lighteval.js';
import { lmEvalHf } from './lm-eval-hf.js';
import { lmEvalV0 } from './lm-eval-v0.js';
import { rho } from './rho.js';
import { rouge } from './rouge.js';
import { squad } from './squad.js';
import { tokenizers } from './tokenizers.js';
import { xstest } from './xstest.js';

const CHECKS: readonly (Check | AsyncCheck)[] = [
  gsm8k,
  bbh,
  squad,
  ifeval,
  bbq,
  xstest,
  rouge,
  bleu,
  rho,
  humaneval,
  aristo,
  lighteval,
  bfcl,
  jsonSchema,
  lmEvalV0,
  lmEvalHf,
  tokenizers,
  chatTemplates,
];

/** The folder of a check that reads no published data. */
const NO_DATA = '.';

readLanguageTablesWith(readLanguageTable);

const root = process.env.RIGHTSIZE_DATA;
const only = process.argv.slice(2);
const table = new Table({ head: ['', 'figure', 'published', 'found'], style: { head: [], border: [] } });
const totals = { equal: 0, different: 0, skipped: 0 };

for (const check of CHECKS) {
  const name = 'name' in check ? check.name : check.folder;
  if (only.length > 0 && !only.includes(name)) continue;
  const reason =
    root === undefined && check.folder !== NO_DATA
      ? 'RIGHTSIZE_DATA names no folder'
      : await run(check, join(root ?? NO_DATA, check.folder));
  if (reason === null) continue;
  totals.skipped++;
  console.error(`skipped ${name}: ${reason}`);
}
if (table.length > 0) console.log(table.toString());
console.log(`${totals.equal} figures agree, ${totals.different} differ, ${totals.skipped} checks skipped`);
process.exitCode = totals.different > 0 ? 1 : 0;

/** @returns why nothing was checked, or null. */
async function run(check: Check | AsyncCheck, path: string): Promise<string | null> {
  const folder = openFolder(path);
  if (!folder.has('.')) return `${path} is not there`;
  const cannot = 'cannot' in check ? check.cannot() : null;
  if (cannot !== null) return cannot;
  const start = performance.now();
  const figures: Figure[] = [];
  for await (const figure of check.run(folder)) figures.push(figure);
  table.push([{ colSpan: 4, content: `${check.title} (${((performance.now() - start) / 1000).toFixed(1)} s)` }]);
  for (const { what, published, found, note, compared } of figures) {
    const equal = published === found;
    if (compared !== false) totals[equal ? 'equal' : 'different']++;
    const mark = compared === false ? ' ' : equal ? '=' : '≠';
    table.push([mark, note === undefined ? what : `${what}: ${note}`, published, found]);
  }
  return null;
}
