/** The free space of a disk. */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Free bytes of the disk that a folder is on, or will be on; null if nobody knows. */
export async function freeDisk(folder: string): Promise<number | null> {
  for (let path = folder; ; path = dirname(path)) {
    const found = await statfs(path).catch(() => null);
    if (found !== null) return found.bavail * found.bsize;
    if (path === dirname(path)) return null;
  }
}
