/**
 * Entries of `models.json` with their variants laid over them, and the models that a selection names:
 * `phi-3-mini` is the entry, `phi-3-mini:onnx` one variant, `phi-3-mini:*` the entry and every variant of it.
 */
import { UserError } from '../errors.js';
import { type Catalogue, fieldsOf } from './model.js';

/** One model as it stands in the file, not yet checked, and where. */
export interface CatalogueEntry {
  readonly id: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly path: readonly PropertyKey[];
}

/** Every entry and every variant, the entry itself first. An entry that names no backend exists only in its variants. */
export function entriesOf(catalogue: Catalogue): readonly CatalogueEntry[] {
  return catalogue.models.flatMap(({ variants = {}, ...base }, index) => {
    const path = ['models', index];
    const laid = Object.entries(variants).map(([variant, changes]) => {
      const id = `${base.id}:${variant}`;
      return {
        id,
        fields: { ...inherited(base, changes.backend), ...changes, id },
        path: [...path, 'variants', variant],
      };
    });
    return 'backend' in base || laid.length === 0 ? [{ id: base.id, fields: base, path }, ...laid] : laid;
  });
}

/** What a variant takes over: when it names another backend, the settings of the entry's own engine mean nothing to it. */
function inherited(base: Readonly<Record<string, unknown>>, backend: unknown): Readonly<Record<string, unknown>> {
  if (backend === undefined || backend === base.backend) return base;
  const [foreign, known] = [fieldsOf(base.backend), fieldsOf(backend)];
  return Object.fromEntries(Object.entries(base).filter(([field]) => known.has(field) || !foreign.has(field)));
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
      const known = near.length > 0 ? near : entries.map(({ id }) => id);
      throw new UserError(
        `expected a model of models.json, found "${selector}"; ${near.length > 0 ? 'it has the variants' : 'there are'} ${shorten(known)} (see \`rightsize list models\`)`,
      );
    }
    for (const match of matches) chosen.set(match.id, match);
  }
  return [...chosen.values()];
}

function shorten(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ');
}
