/** What progress is written to: lines that stay and, on a terminal, one below them that is written over. */
import { plain, shorten } from '../core/report/text.js';
import type { Terminal } from './terminal.js';

/** What progress is written to, and its clock. */
export interface Screen {
  /** Whether a line can be written over. */
  readonly rewritable: boolean;
  readonly columns: () => number;
  readonly write: (text: string) => void;
  /** Seconds. */
  readonly now: () => number;
}

export function screenOn({ stderr, environment }: Pick<Terminal, 'stderr' | 'environment'>): Screen {
  return {
    rewritable: stderr.isTTY === true && !environment.CI && environment.TERM !== 'dumb',
    columns: () => stderr.columns ?? 80,
    write: (text) => stderr.write(text),
    now: () => performance.now() / 1000,
  };
}

export interface Lines {
  /** Writes a line that stays. */
  say(text: string): void;
  /** Writes over the last line, where the screen can. The text is only made when it is written. */
  draw(text: () => string, when: 'now' | 'at times'): void;
  /** Seconds since something was written. */
  silence(): number;
  end(): void;
}

/** Seconds between two drawings of the line. */
const REDRAW = 0.1;
const ERASE = '\r\u001b[2K';
const MOST_OF_A_MESSAGE = 300;

export function linesOn({ rewritable, columns, write, now }: Screen): Lines {
  let last = Number.NEGATIVE_INFINITY;
  let line = '';
  return {
    say(text) {
      last = now();
      write(rewritable ? `${ERASE}${text}\n${line}` : `${text}\n`);
    },
    draw(text, when) {
      if (!rewritable || (when === 'at times' && now() - last < REDRAW)) return;
      last = now();
      line = shorten(text(), columns() - 1);
      write(`${ERASE}${line}`);
    },
    silence: () => now() - last,
    end() {
      if (rewritable) write(ERASE);
    },
  };
}

/** Text from a model or a server, without what steers a terminal. */
export function oneLine(text: string): string {
  return shorten(plain(text), MOST_OF_A_MESSAGE);
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
