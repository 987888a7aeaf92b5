/**
 * IFEval: did the response follow instructions that a program can verify ("at least 300 words", "no commas")? The row has the
 * instructions (`instruction_id_list`) and their arguments (`kwargs`). A prompt counts if all its instructions were followed. The
 * loose verdict also tries the response without its first line, without its last line, without both, and without asterisks.
 */
import { z } from 'zod';
import { known, missing } from '../../quantity.js';
import { type Arguments, INSTRUCTIONS } from '../read/ifeval-instructions.js';
import { type Aggregate, SampleError, type Scorer, scored } from '../score.js';
import { strip } from '../text/text.js';

const options = z.strictObject({
  verdict: z.enum(['strict', 'loose']).default('strict').describe('Which verdict is the score; the details have both.'),
});

export const ifeval: Scorer<z.infer<typeof options>> = {
  summary: 'the response follows all its verifiable instructions (IFEval)',
  reference: 'google-research instruction_following_eval',
  options,
  score({ output, fields }, { verdict }) {
    const instructions = instructionsOf(fields);
    const variants = looseVariants(output);
    const followed = (responses: readonly string[]) =>
      instructions.map(({ check, given }) =>
        responses.some((response) => strip(response) !== '' && check(response, given)),
      );
    const verdicts = { strict: followed([output]), loose: followed(variants) };
    const details: Record<string, boolean> = {};
    for (const [kind, list] of Object.entries(verdicts)) {
      details[kind] = list.every(Boolean);
      for (const [index, { id }] of instructions.entries()) details[`${kind} ${index} ${id}`] = list[index]!;
    }
    return scored(verdicts[verdict].every(Boolean) ? 1 : 0, strip(output) === '' ? null : output, details);
  },
  aggregate: () => rates(),
};

function instructionsOf(fields: Readonly<Record<string, unknown>>) {
  const { instruction_id_list: ids, kwargs } = fields;
  if (!Array.isArray(ids) || ids.length === 0)
    throw new SampleError('expected a list instruction_id_list in the row, found none');
  return ids.map((id: unknown, index) => {
    const check = Object.hasOwn(INSTRUCTIONS, String(id)) ? INSTRUCTIONS[String(id)] : undefined;
    if (check === undefined) throw new SampleError(`expected one of the 25 instructions of IFEval, found "${id}"`);
    const given: unknown = Array.isArray(kwargs) ? kwargs[index] : undefined;
    return { id: String(id), check, given: (given ?? {}) as Arguments };
  });
}

function looseVariants(response: string): readonly string[] {
  const lines = response.split('\n');
  const variants = [response, lines.slice(1), lines.slice(0, -1), lines.slice(1, -1)].map((one) =>
    typeof one === 'string' ? one : strip(one.join('\n')),
  );
  return [...variants, ...variants.map((variant) => variant.replaceAll('*', ''))];
}

/** The shares of prompts and of instructions, strict and loose, and the shares of each kind of instruction. */
function rates(): Aggregate {
  const counts = new Map<string, { followed: number; n: number }>();
  const add = (name: string, followed: boolean) => {
    const current = counts.get(name) ?? { followed: 0, n: 0 };
    counts.set(name, { followed: current.followed + (followed ? 1 : 0), n: current.n + 1 });
  };
  for (const name of ['promptStrict', 'promptLoose', 'instructionStrict', 'instructionLoose'])
    counts.set(name, { followed: 0, n: 0 });
  return {
    add({ score }) {
      if (score.state !== 'scored') return;
      for (const [key, value] of Object.entries(score.details ?? {})) {
        const [kind, , id] = key.split(' ');
        const name = kind === 'strict' ? 'Strict' : 'Loose';
        add(id === undefined ? `prompt${name}` : `instruction${name}`, value === true);
        if (id !== undefined) add(`${kind} ${id}`, value === true);
      }
    },
    metrics: () =>
      Object.fromEntries(
        Array.from(counts, ([name, { followed, n }]) => [
          name,
          n === 0 ? missing('no response was scored') : known(followed / n),
        ]),
      ),
  };
}
