/** A process that tries a lock when it is told to, and says what it got. It keeps what it holds. */
import { tryLock } from '../../dist/system/lock.js';

process.on('message', async () => process.send((await tryLock(process.argv[2], 'contender')).state));
process.send('ready');
