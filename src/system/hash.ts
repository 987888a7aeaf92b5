/** SHA-256 of texts and files, in hexadecimal. Equal hashes prove that two runs had the same prompts and the same weights. */
import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';

export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

export function sha256OfBytes(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

export async function sha256OfFile(file: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) digest.update(chunk as Buffer);
  return digest.digest('hex');
}
