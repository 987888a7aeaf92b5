/** SHA-256 of texts and files, in hexadecimal. Equal hashes prove that two runs had the same prompts and the same weights. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
