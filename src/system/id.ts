/**
 * Ids that no other process makes, on whatever machine, and that sort by the time they were made: UUIDs of version 7
 * (RFC 9562, section 5.7), 48 bits of milliseconds and 74 random ones.
 */
import { randomBytes } from 'node:crypto';

export function uniqueId(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
