/**
 * The lines of a stream, split at line feeds alone. Node's readline also splits at U+2028 and at lone carriage returns (which
 * of them depends on its version), and JSON may hold both inside a string.
 */
import { StringDecoder } from 'node:string_decoder';

/** The last line is given too when it does not end in a line feed; `complete` says whether it did. */
export interface Line {
  readonly text: string;
  readonly complete: boolean;
}

export async function* readLines(stream: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  const decoder = new StringDecoder('utf8');
  let rest: string[] = [];
  for await (const chunk of stream) {
    const text = decoder.write(chunk);
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      rest.push(text.slice(start, end));
      yield { text: rest.length === 1 ? rest[0]! : rest.join(''), complete: true };
      rest = [];
      start = end + 1;
    }
    if (start < text.length) rest.push(text.slice(start));
  }
  const last = rest.join('') + decoder.end();
  if (last !== '') yield { text: last, complete: false };
}
