/** Reading published files as they are shipped: plain or gzipped lines, JSON, and tar and zip archives. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import type { Folder, Row } from './check.js';

export function openFolder(path: string): Folder {
  const bytes = (name: string): Buffer => {
    const raw = readFileSync(join(path, name));
    return name.endsWith('.gz') ? gunzipSync(raw) : raw;
  };
  const text = (name: string) => bytes(name).toString('utf8');
  const lines = (name: string) => linesOf(text(name));
  return {
    has: (name) => existsSync(join(path, name)),
    text,
    lines,
    rows: (name) => rowsOf(text(name)),
    archive: (name) => (name.endsWith('.zip') ? readZip(bytes(name)) : readTar(bytes(name))),
  };
}

export function linesOf(text: string): readonly string[] {
  return text.replace(/\n$/, '').split('\n');
}

export function rowsOf(text: string): readonly Row[] {
  return linesOf(text)
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Row);
}

/** POSIX tar: a header of 512 bytes (name at 0, size in octal at 124, type at 156), then the file, padded to 512. */
function readTar(bytes: Buffer): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  let longName: string | undefined;
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0; ) {
    const field = (offset: number, length: number) =>
      bytes
        .subarray(at + offset, at + offset + length)
        .toString('utf8')
        .replace(/\0.*$/s, '');
    const size = Number.parseInt(field(124, 12), 8);
    const content = bytes.subarray(at + 512, at + 512 + size);
    const prefix = field(345, 155);
    const type = field(156, 1);
    if (type === 'L') longName = content.toString('utf8').replace(/\0.*$/s, '');
    else if (type === 'x') longName = /\d+ path=(.*)\n/.exec(content.toString('utf8'))?.[1] ?? longName;
    else {
      if (type === '0' || type === '')
        files.set(longName ?? (prefix ? `${prefix}/${field(0, 100)}` : field(0, 100)), content.toString('utf8'));
      longName = undefined;
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** ZIP by its central directory, which follows the files and says where each begins. */
function readZip(bytes: Buffer): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const method = bytes.readUInt16LE(at + 10);
    const size = bytes.readUInt32LE(at + 20);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const name = bytes.subarray(at + 46, at + 46 + nameLength).toString('utf8');
    const local = bytes.readUInt32LE(at + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const content = bytes.subarray(start, start + size);
    if (!name.endsWith('/')) files.set(name, (method === 0 ? content : inflateRawSync(content)).toString('utf8'));
    at += 46 + nameLength + extraLength + commentLength;
  }
  return files;
}
