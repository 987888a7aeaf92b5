/** The process of a null server: it tells its endpoint, tells what it served when it is asked, and ends when its parent ends. */
import { type NullPace, startNullServer } from './null-server.js';

const server = await startNullServer(JSON.parse(process.argv[2]!) as NullPace);
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
process.on('message', () => process.send!(server.take()));
process.send!(server.endpoint);
