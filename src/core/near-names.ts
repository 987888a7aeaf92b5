/** Names that an unknown one was meant to be. They are compared without case and separators: `chat_template` and `chatTemplate` are one. */

/** A name is near if it takes at most one edit for every four letters. */
const LETTERS_PER_EDIT = 4;

export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Whether so many edits still make a name of these letters. */
export function isNear(edits: number, name: string): boolean {
  return edits <= Math.max(1, name.length / LETTERS_PER_EDIT);
}

/** The Levenshtein distance. */
export function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
  }
  return row[b.length]!;
}

/** The family of `qwen3-4b` is told by its first letters. */
const FAMILY = 4;
const MOST = 4;

/** The names that are near, hold the name, or are of its family, nearest first; at most four. */
export function nearNames(name: string, names: readonly string[]): readonly string[] {
  const wanted = plainName(name);
  return names
    .map((known) => ({ known, letters: plainName(known), edits: editsBetween(wanted, plainName(known)) }))
    .filter(
      ({ letters, edits }) =>
        isNear(edits, wanted) ||
        (wanted.length >= FAMILY && (letters.includes(wanted) || letters.startsWith(wanted.slice(0, FAMILY)))),
    )
    .sort((a, b) => a.edits - b.edits)
    .slice(0, MOST)
    .map(({ known }) => known);
}
