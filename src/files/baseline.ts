/** Reads and writes baselines, one sample a line, so that a change of one sample is one line of a diff. */
import { writeFile } from 'node:fs/promises';
import compact from 'json-stringify-pretty-compact';
import { UserError } from '../core/errors.js';
import { BASELINE_TYPE, type Baseline, baselineSchema } from '../core/regress/baseline.js';
import { readText } from '../system/path.js';
import { documentOf, parseUser } from './document.js';

const REMEDY = 'write it again with `rightsize baseline write`';

/** @throws UserError when the file is no baseline. */
export async function readBaseline(file: string): Promise<Baseline> {
  const text = await readText(file);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${file}: expected the JSON of a ${BASELINE_TYPE}, found no JSON; ${REMEDY}`, { cause });
  }
  return parseUser(baselineSchema, documentOf(content, { name: file, file }), REMEDY);
}

/** @throws UserError when the file cannot be written. */
export async function writeBaseline(file: string, baseline: Baseline): Promise<void> {
  try {
    await writeFile(file, `${compact(baseline, { maxLength: 400 })}\n`);
  } catch (cause) {
    throw new UserError(
      `${file}: the baseline cannot be written (${(cause as NodeJS.ErrnoException).code}); choose another place with --out`,
      { cause },
    );
  }
}
