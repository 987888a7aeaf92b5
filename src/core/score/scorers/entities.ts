/**
 * A list of entities, each with its type: by value (`{text, type}`), by place (`{start, end, type}`), or as the tags of tokens. Both
 * the type and the text or place must be right. The score of one answer is its F1; a cell adds seqeval's report.
 */
import { z } from 'zod';
import { type Entity, entitiesIn, entitiesOf } from '../read/entities.js';
import type { Json } from '../read/json-value.js';
import { LabelReport } from '../read/label-report.js';
import { SampleError, type Scorer, scored } from '../score.js';

const options = z.strictObject({
  match: z.enum(['value', 'span']).default('value').describe('What else must be right: the text, or start and end.'),
  ignoreCase: z.boolean().default(false).describe('Of texts. How many blanks stand in them never counts.'),
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
    // An answer in no form of entities is none where none is right, too: silence is not a list.
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
        // A model that failed has given none, and missed those that were right.
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

/** As often as both have it. */
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
