/** Names of models that are variants of one entry: `small:q4` and `small:q8` are told together as `small (q4, q8)`. */

export type NameOf = (model: string) => string;

/**
 * What is said of each item, said once where variants of one model have the same said of them. `describe` gets what to call
 * each model it names.
 */
export function groupVariants<T extends { readonly model: string }>(
  items: readonly T[],
  describe: (item: T, nameOf: NameOf) => string,
): string[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const alike = describe(item, entryOf);
    groups.set(alike, [...(groups.get(alike) ?? []), item]);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    if (group.length === 1) return describe(first!, (model) => model);
    const together = nameTogether(group.map(({ model }) => model));
    return describe(first!, (model) => (entryOf(model) === entryOf(first!.model) ? together : entryOf(model)));
  });
}

/** `small (q4, q8)` */
function nameTogether(models: readonly string[]): string {
  const variants = models.flatMap((model) => (model.includes(':') ? [model.slice(model.indexOf(':') + 1)] : []));
  return variants.length === 0 ? models[0]! : `${entryOf(models[0]!)} (${variants.join(', ')})`;
}

function entryOf(model: string): string {
  const at = model.indexOf(':');
  return at < 0 ? model : model.slice(0, at);
}
