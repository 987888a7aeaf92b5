/**
 * Stop strings end an answer and are no part of it. They do not respect token boundaries: `\n\nQ:` may arrive as `\n`,
 * `\nQ`, `:`. So text that could still become a stop string is held back until it is one, or can no longer become one.
 */

export interface StopFilter {
  /** Takes the next text and returns the text that certainly belongs to the answer; `stopped` once a stop string is complete. */
  push(text: string): { readonly text: string; readonly stopped: boolean };
  /** The text still held back, for an answer that ended without completing a stop string. */
  end(): string;
}

/** @param stops non-empty strings; the one completed first ends the answer. */
export function createStopFilter(stops: readonly string[]): StopFilter {
  if (stops.length === 0) return NO_FILTER;
  const longest = Math.max(...stops.map((stop) => stop.length));
  let held = '';
  return {
    push(text) {
      const pending = held + text;
      const start = earliest(pending, stops);
      if (start !== null) {
        held = '';
        return { text: pending.slice(0, start), stopped: true };
      }
      const keep = heldBack(pending, stops, longest);
      held = pending.slice(pending.length - keep);
      return { text: pending.slice(0, pending.length - keep), stopped: false };
    },
    end() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

const NO_FILTER: StopFilter = { push: (text) => ({ text, stopped: false }), end: () => '' };

function earliest(text: string, stops: readonly string[]): number | null {
  const starts = stops.map((stop) => text.indexOf(stop)).filter((start) => start >= 0);
  return starts.length === 0 ? null : Math.min(...starts);
}

/** Length of the longest end of `text` that is the beginning of a stop string. */
function heldBack(text: string, stops: readonly string[], longest: number): number {
  for (let length = Math.min(longest - 1, text.length); length > 0; length--) {
    const end = text.slice(text.length - length);
    if (stops.some((stop) => stop.startsWith(end))) return length;
  }
  return 0;
}
