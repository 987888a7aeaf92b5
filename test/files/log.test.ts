import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Unfinished } from '../../src/core/errors.js';
import type { LogRecord } from '../../src/core/log/log.js';
import { openLog, readLog } from '../../src/files/log.js';
import { folderWith } from '../support/cli.js';

const END: LogRecord = { type: 'end', complete: true, reason: 'all trials were run' };
const all = async (file: string) => {
  const records: LogRecord[] = [];
  for await (const record of readLog(file)) records.push(record);
  return records;
};

test('what is appended is read back in order', async () => {
  const file = join(folderWith({}), 'log.jsonl');
  const log = openLog(file);
  log.append(END);
  log.append({ ...END, reason: 'zweites, mit Ümläuten und \u2028' });
  log.close();
  expect(await all(file)).toEqual([END, { ...END, reason: 'zweites, mit Ümläuten und \u2028' }]);
});

test('a last line without its newline is dropped on reading, and cut off before the next record is appended', async () => {
  const file = join(folderWith({}), 'log.jsonl');
  writeFileSync(file, `${JSON.stringify(END)}\n{"type":"end","comp`);
  expect(await all(file)).toEqual([END]);
  const log = openLog(file);
  log.append(END);
  log.close();
  expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(END)}\n`.repeat(2));
});

test('a log that holds nothing but a torn line is empty', async () => {
  const file = join(folderWith({ 'log.jsonl': '{"type":"ru' }), 'log.jsonl');
  expect(await all(file)).toEqual([]);
  openLog(file).close();
  expect(readFileSync(file, 'utf8')).toBe('');
});

test('a damaged line before the last is an error that names its line', async () => {
  const file = join(
    folderWith({ 'log.jsonl': `${JSON.stringify(END)}\n{"type"\n${JSON.stringify(END)}\n` }),
    'log.jsonl',
  );
  await expect(all(file)).rejects.toThrow(/log\.jsonl:2: expected a record of a log, found a damaged line/);
});

test('a log of another version is refused in words', async () => {
  const file = join(folderWith({ 'log.jsonl': '{"type":"run","version":99}\n' }), 'log.jsonl');
  await expect(all(file)).rejects.toThrow(/log\.jsonl:1: expected a log of version 2 or 1, found 99/);
});

test('a log that is not there is an error in words', async () => {
  await expect(all(join(folderWith({}), 'none.jsonl'))).rejects.toThrow(/none\.jsonl: there is no such file/);
});

/** A device that says at every write that the disk is full. */
const FULL = '/dev/full';

describe.skipIf(!existsSync(FULL))('on a full disk', () => {
  test('a record is refused with what is kept and how to go on, and so is every record after it', () => {
    const folder = join(folderWith({}), '');
    const file = join(folder, 'log.jsonl');
    symlinkSync(FULL, file);
    const log = openLog(file);
    for (const _ of [1, 2]) {
      expect(() => log.append(END)).toThrow(Unfinished);
      expect(() => log.append(END)).toThrow(
        /log\.jsonl: the disk is full; the trials that ended before are kept; make room, then finish the run with: rightsize run --resume \S+$/,
      );
    }
    log.close();
  });
});
