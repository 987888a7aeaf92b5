/** IFEval: two models' responses with Evalverse's verdicts per instruction, strict and loose. */
import { ifeval as scorer } from '../src/core/score/scorers/ifeval.js';
import { type Check, type Folder, figure, flags, type Row } from './check.js';
import { argumentsFrom } from './ifeval-arguments.js';
import { judgeWith } from './scoring.js';

const MODELS = ['SOLAR-10.7B-Instruct-v1.0', 'Llama-2-7b-chat-hf'];

export const ifeval: Check = {
  folder: 'ifeval',
  title: 'IFEval, ifeval',
  *run(data) {
    const current = new Map(data.rows('input_data.jsonl').map((row) => [row.prompt as string, row]));
    for (const model of MODELS) yield* verdicts(data, model, current);
  },
};

function* verdicts(data: Folder, model: string, current: ReadonlyMap<string, Row>) {
  const judge = judgeWith(scorer);
  const [strict, loose] = ['strict', 'loose'].map((kind) =>
    data.rows(`evalverse_${model}_eval_results_${kind}.jsonl.gz`),
  );
  const pairs = new Map<string, [boolean, boolean][]>();
  let unread = 0;
  for (const [index, row] of strict!.entries()) {
    for (const [place, id] of (row.instruction_id_list as string[]).entries()) {
      const given = argumentsOf(row, id, place, current);
      if (given === null) {
        unread++;
        continue;
      }
      const { details } = judge({ output: row.response, fields: { instruction_id_list: [id], kwargs: [given] } });
      for (const [kind, published] of [
        ['strict', row],
        ['loose', loose![index]!],
      ] as const) {
        const name = `${kind} ${id}`;
        pairs.set(name, [
          ...(pairs.get(name) ?? []),
          [published.follow_instruction_list[place], details?.[kind] === true],
        ]);
      }
    }
  }
  for (const [name, list] of [...pairs].sort(([a], [b]) => (a < b ? -1 : 1))) yield flags(`${model} ${name}`, list);
  const total = strict!.reduce((sum, row) => sum + row.instruction_id_list.length, 0);
  yield figure(
    `${model}: instructions compared`,
    total - unread,
    total - unread,
    `of ${total}; of the others the published file does not carry the arguments`,
  );
}

function argumentsOf(row: Row, id: string, place: number, current: ReadonlyMap<string, Row>) {
  const same = current.get(row.prompt);
  if (same !== undefined && same.instruction_id_list[place] === id) return same.kwargs[place];
  return argumentsFrom(row.prompt, id);
}
