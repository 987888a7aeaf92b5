/**
 * A list of entities, each with its type: by value (`{text, type}`), by place (`{start, end, type}`), or as the tags of tokens. The
 * type must be right, and so must the text or the place. The score of one answer is its F1. A cell adds the report of seqeval.
 */
import { z } from 'zod';
import { type Entity, entitiesIn, entitiesOf } from '../read/entities.js';
import type { Json } from '../read/json-value.js';
import { LabelReport } from '../read/label-report.js';
import { SampleError, type Scorer, scored } from '../score.js';

const options = z.strictObject({
  match: z
    .enum(['value', 'span'])
    .default('value')
    .describe('What must be right beside the type: the text, or start and end.'),
  ignoreCase: z
    .boolean()
    .default(false)
    .describe('Whether the case of texts is ignored. The number of blanks never counts.'),
});

export const entities: Scorer<z.infer<typeof options>> = {
  summary: 'the entities are the right ones, by value or by place; a cell adds F1 per type',
  reference: 'seqeval classification_report (default mode)',
  options,
  score({ output, target }, settings) {
    const wanted = targetEntities(target, settings);
    const given = entitiesIn(output, settings);
    const right = matched(given ?? [], wanted);
    const all = (given?.length ?? 0) + wanted.length;
    // An answer that is no list is wrong even if the right list is empty.
    const value = given === null ? 0 : all === 0 ? 1 : (2 * right.length) / all;
    return scored(value, given === null ? null : JSON.stringify(given.map(({ type, key }) => `${key} (${type})`)), {
      given: types(given ?? []),
      wanted: types(wanted),
      right: types(right),
    });
  },
  aggregate(settings) {
    const report = new LabelReport();
    return {
      add({ score, input }) {
        if (score.state !== 'scored') return;
        // A model that failed has given no entity, and has missed the right ones.
        const missed = () => ({ given: '[]', right: '[]', wanted: types(targetEntities(input.target, settings)) });
        const details = score.details ?? missed();
        for (const kind of ['wanted', 'given', 'right'] as const)
          for (const type of JSON.parse(String(details[kind])) as readonly string[]) report.add(type, kind);
      },
      metrics: () => report.metrics(),
    };
  },
};

function types(found: readonly Entity[]): string {
  return JSON.stringify(found.map(({ type }) => type));
}

/** Each entity counts as often as both lists have it. */
function matched(given: readonly Entity[], wanted: readonly Entity[]): readonly Entity[] {
  const left = new Map<string, number>();
  const keyOf = ({ type, key }: Entity) => JSON.stringify([type, key]);
  for (const entity of wanted) left.set(keyOf(entity), (left.get(keyOf(entity)) ?? 0) + 1);
  return given.filter((entity) => {
    const count = left.get(keyOf(entity)) ?? 0;
    left.set(keyOf(entity), count - 1);
    return count > 0;
  });
}

function targetEntities(target: unknown, settings: z.infer<typeof options>): readonly Entity[] {
  const found =
    typeof target === 'string'
      ? entitiesIn(target, settings)
      : Array.isArray(target)
        ? entitiesOf(target as Json[], settings)
        : null;
  if (found !== null) return found;
  const form = settings.match === 'span' ? '{start, end, type} or tags' : '{text, type} or tags';
  throw new SampleError(
    `expected a list of entities as target, each as ${form}, found ${JSON.stringify(target) ?? 'nothing'}`,
  );
}
