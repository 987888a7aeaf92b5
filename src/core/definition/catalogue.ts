/**
 * Expands the entries of `models.json` into models, and selects models by name: `phi-3-mini` is the entry, `phi-3-mini:onnx` is
 * one variant, and `phi-3-mini:*` is the entry with all its variants. A variant is the entry with some fields changed.
 */
import { UserError } from '../errors.js';
import { type Catalogue, fieldsOf } from './model.js';

/** One unchecked model of the file, and its place in the file. */
export interface CatalogueEntry {
  readonly id: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly path: readonly PropertyKey[];
}

/** Returns every entry, followed by its variants. An entry without a backend is no model itself; only its variants are. */
export function entriesOf(catalogue: Catalogue): readonly CatalogueEntry[] {
  return catalogue.models.flatMap(({ variants = {}, ...base }, index) => {
    const path = ['models', index];
    const expanded = Object.entries(variants).map(([variant, changes]) => {
      const id = `${base.id}:${variant}`;
      return {
        id,
        fields: { ...inherited(base, changes.backend), ...changes, id },
        path: [...path, 'variants', variant],
      };
    });
    return 'backend' in base || expanded.length === 0 ? [{ id: base.id, fields: base, path }, ...expanded] : expanded;
  });
}

/** The fields that a variant inherits. A variant with another backend does not inherit the settings of the entry's backend. */
function inherited(base: Readonly<Record<string, unknown>>, backend: unknown): Readonly<Record<string, unknown>> {
  if (backend === undefined || backend === base.backend) return base;
  const [baseFields, variantFields] = [fieldsOf(base.backend), fieldsOf(backend)];
  return Object.fromEntries(
    Object.entries(base).filter(([field]) => variantFields.has(field) || !baseFields.has(field)),
  );
}

/** The entries of a file of one's own, and those of another whose ids it does not have. */
export function mergeEntries<Entry extends CatalogueEntry>(
  own: readonly Entry[],
  others: readonly Entry[],
): readonly Entry[] {
  const replaced = new Set(own.map(({ id }) => entryId(id)));
  return [...own, ...others.filter(({ id }) => !replaced.has(entryId(id)))];
}

function entryId(id: string): string {
  return id.split(':', 1)[0]!;
}

/** @throws UserError naming what there is when nothing answers to a selector. */
export function select<Entry extends CatalogueEntry>(
  entries: readonly Entry[],
  selectors: readonly string[],
): readonly Entry[] {
  const chosen = new Map<string, Entry>();
  for (const selector of selectors) {
    const all = selector.endsWith(':*') ? selector.slice(0, -':*'.length) : null;
    const matches = entries.filter(({ id }) =>
      all === null ? id === selector : id === all || id.startsWith(`${all}:`),
    );
    if (matches.length === 0) {
      const near = entries.filter(({ id }) => id.startsWith(`${selector}:`)).map(({ id }) => id);
      const names = near.length > 0 ? near : entries.map(({ id }) => id);
      throw new UserError(
        `expected a model of models.json, found "${selector}"; ${near.length > 0 ? 'choose one of its variants:' : 'choose one of'} ${shorten(names)} (see \`rightsize list models\`)`,
      );
    }
    for (const match of matches) chosen.set(match.id, match);
  }
  return [...chosen.values()];
}

function shorten(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ');
}
