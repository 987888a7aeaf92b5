/**
 * The lines of a stream, split at line feeds alone. Node's readline also splits at U+2028 and at lone carriage returns (which
 * of them depends on its version), and JSON may hold both inside a string.
 */
import { StringDecoder } from 'node:string_decoder';
import { UserError } from '../core/errors.js';

/** As many as came at once: waiting for each line alone would cost more than reading it. */
export interface Lines {
  readonly texts: readonly string[];
  /** False of a last line, given by itself, that does not end in a line feed. */
  readonly complete: boolean;
}

/** Characters of a line: more than any row of data or record of a log has. */
const LONGEST_LINE = 64 * 2 ** 20;

/** @throws UserError for a line without end. */
export async function* readLines(stream: AsyncIterable<Buffer>): AsyncGenerator<Lines> {
  const decoder = new StringDecoder('utf8');
  let rest: string[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const text = decoder.write(chunk);
    const texts: string[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      rest.push(text.slice(start, end));
      texts.push(rest.length === 1 ? rest[0]! : rest.join(''));
      rest = [];
      start = end + 1;
    }
    if (start < text.length) {
      rest.push(text.slice(start));
      length = (texts.length > 0 ? 0 : length) + text.length - start;
    } else if (texts.length > 0) length = 0;
    if (length > LONGEST_LINE) {
      throw new UserError(
        `expected lines of at most ${LONGEST_LINE / 2 ** 20} MiB, found a longer one; is this a file of lines?`,
      );
    }
    if (texts.length > 0) yield { texts, complete: true };
  }
  const last = rest.join('') + decoder.end();
  if (last !== '') yield { texts: [last], complete: false };
}
