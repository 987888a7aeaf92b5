/**
 * One measurement of speed at a time on a machine: two that run together share its processor, and measure each other. Every use case
 * that measures takes this lock. It stands in the system's folder for temporary files, which all users of a machine share on Linux;
 * RIGHTSIZE_LOCK_DIR names another folder.
 */
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describeError, UserError } from '../core/errors.js';
import { describeHolder, type Holder, type Lock, tryLock, waitForLock } from '../system/lock.js';
import type { World } from './world.js';

export interface MachineLockOptions {
  /** What to do while another process measures. */
  readonly whenBusy: 'refuse' | 'wait';
  /** Told once of each process that is waited for. */
  readonly onWait: (holder: Holder) => void;
}

/** @throws UserError when another process measures, or the lock cannot be made. */
export async function lockMachine(
  { cwd, environment, command, signal }: World,
  { whenBusy, onWait }: MachineLockOptions,
): Promise<Lock> {
  const { RIGHTSIZE_LOCK_DIR: named } = environment;
  const path = join(named ? resolve(cwd, named) : tmpdir(), 'rightsize-machine.lock');
  const called = command.join(' ');
  try {
    if (whenBusy === 'wait') return await waitForLock(path, { command: called, signal, onWait });
    const lock = await tryLock(path, called);
    if (lock.state === 'held') return lock;
    throw new UserError(
      `expected a machine on which nothing else measures, found ${describeHolder(lock.holder)}; wait for it with --wait, or stop it`,
    );
  } catch (cause) {
    if (cause instanceof UserError || signal.aborted) throw cause;
    throw new UserError(
      `${path}: the lock of this machine cannot be taken (${describeError(cause)}); remove the file, or name another folder with RIGHTSIZE_LOCK_DIR`,
      { cause },
    );
  }
}
