/** The machines of a fleet, by their own words. */
import { machinesOf } from '../fleet/coordinator.js';
import type { MachineNotice } from '../fleet/messages.js';
import { connect } from '../fleet/redis.js';
import { KEY_VARIABLE, sealWith } from '../fleet/seal.js';
import { type World, worldOf } from './world.js';

/** @param url The address of the fleet's Redis. @throws UserError */
export async function fleetStatus(url: string, options: Partial<World> = {}): Promise<readonly MachineNotice[]> {
  const seal = sealWith(worldOf(options).environment[KEY_VARIABLE]);
  const connection = await connect(url, () => {});
  try {
    return await machinesOf(connection, seal);
  } finally {
    connection.redis.disconnect();
  }
}
