/** Variants of one entry share a sentence: `small:q4` and `small:q8` become `small (q4, q8)`. */

export type NameOf = (model: string) => string;

/**
 * One description for each item, and one for all variants of a model whose descriptions are equal but for the name. `describe`
 * gets a function that names models.
 */
export function groupVariants<T extends { readonly model: string }>(
  items: readonly T[],
  describe: (item: T, nameOf: NameOf) => string,
): string[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const withoutVariant = describe(item, entryOf);
    groups.set(withoutVariant, [...(groups.get(withoutVariant) ?? []), item]);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    if (group.length === 1) return describe(first!, (model) => model);
    const together = nameTogether(group.map(({ model }) => model));
    return describe(first!, (model) => (entryOf(model) === entryOf(first!.model) ? together : entryOf(model)));
  });
}

/** One name for all variants of a model: `small (q4, q8)`. */
export function groupedNames(models: readonly string[]): string[] {
  const entries = new Map<string, string[]>();
  for (const model of models) entries.set(entryOf(model), [...(entries.get(entryOf(model)) ?? []), model]);
  return [...entries.values()].map((variants) => (variants.length === 1 ? variants[0]! : nameTogether(variants)));
}

/** `small (q4, q8)` */
function nameTogether(models: readonly string[]): string {
  const variants = models.flatMap((model) => (model.includes(':') ? [model.slice(model.indexOf(':') + 1)] : []));
  return variants.length === 0 ? models[0]! : `${entryOf(models[0]!)} (${variants.join(', ')})`;
}

function entryOf(model: string): string {
  const colon = model.indexOf(':');
  return colon < 0 ? model : model.slice(0, colon);
}
