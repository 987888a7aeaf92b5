/**
 * Splits a stream into lines, at line feeds only. Node's readline also splits at U+2028 or at a lone carriage return,
 * depending on its version. JSON may hold both inside a string.
 */
import { StringDecoder } from 'node:string_decoder';
import { UserError } from '../core/errors.js';

/** All lines of one chunk. To wait for each single line would cost more time than to read it. */
export interface Lines {
  readonly texts: readonly string[];
  /** False for a last line that does not end in a line feed. Such a line comes alone. */
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
