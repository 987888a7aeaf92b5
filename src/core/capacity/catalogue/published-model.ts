/** What the catalogue says of a published model, and where most of it was read. */
import type { StorageName } from '../storage.js';

export interface PublishedModel {
  readonly id: string;
  /** The repository on the Hugging Face hub. */
  readonly hub: string;
  /** Of the language model, without parts that see or hear and without a head that guesses further tokens. */
  readonly parameters: number;
  /** The parameters that one token uses, as the makers of a mixture of experts state them. */
  readonly active?: number;
  /** By the name that the hub has for it; null where no copy of its page states one. */
  readonly licence: string | null;
  /** How the makers store the weights, if not in 16 bits. */
  readonly storage?: StorageName;
  /** What the numbers were compared with, and on which day; null for an older entry that published measurements need and no copy shows. */
  readonly verified: { readonly source: string; readonly date: string } | null;
  /** Fields of its `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** The day on which entries were compared with their sources. */
export const VERIFIED = '2026-11-30';
/** A list of models with the figures that the hub gives: parameters in the files, licence, context, layers, heads, widths. */
export const HUB = 'the hub, as copied in llmfit 1.1.17';
