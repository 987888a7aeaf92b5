/** Folders for the inputs of cases: those of good cases are removed, those of faults are kept to be looked at. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome } from './part.js';

export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-fuzz-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** Removes the folder after a good end. */
export function tidied(folder: string, outcome: Outcome): Outcome {
  if (outcome.faults.length === 0) rmSync(folder, { recursive: true, force: true });
  return outcome;
}
